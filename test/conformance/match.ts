import type { Document, Operation } from './documents.ts'

interface Node {
  literals: Map<string, Node>
  parameter?: Node
  operations: Operation[]
}

const empty = (): Node => ({ literals: new Map(), operations: [] })
const isParameter = (segment: string) => /^\{[^}]+\}$/.test(segment)
export const segmentsOf = (path: string): string[] => path.split('/').slice(1)

/** A word that a document spells at some place is never taken for a parameter there: `settings` is no module. */
const insert = (root: Node, operation: Operation): void => {
  let node = root
  for (const segment of segmentsOf(operation.template)) {
    const next = (isParameter(segment) ? node.parameter : node.literals.get(segment)) ?? empty()
    if (isParameter(segment)) node.parameter = next
    else node.literals.set(segment, next)
    node = next
  }
  node.operations.push(operation)
}

/** A bare domain stands for the provider's hosts in every data centre: `lantern.com` for `www.lantern.eu`. */
export const isServed = (declared: string, host: string): boolean => {
  const [name, ...ending] = declared.split('.')
  if (host === declared) return true
  return ending.length === 1 && new RegExp(`(^|\\.)${name}(\\.[a-z]{2,3}){1,2}$`).test(host)
}

/** All that a provider's documents declare. */
export class Description {
  readonly documents: Document[]
  readonly #root = empty()
  readonly #signInPaths: Set<string>
  readonly #uncovered: readonly string[]

  /** `uncovered`: methods and paths that are known to be in no document. */
  constructor(documents: Document[], uncovered: readonly string[] = []) {
    this.documents = documents
    this.#uncovered = uncovered
    this.#signInPaths = new Set(documents.flatMap((document) => document.signInPaths()))
    for (const operation of documents.flatMap((document) => document.operations)) insert(this.#root, operation)
  }

  /** Operations of every method at this path. */
  at(path: string): Operation[] {
    let node: Node | undefined = this.#root
    for (const segment of segmentsOf(path)) node = node?.literals.get(segment) ?? node?.parameter
    return node?.operations ?? []
  }

  /** An address of the sign-in that is named and not described: the page of consent is for browsers, and some leave out the token. */
  isNamedOnly(path: string): boolean {
    return this.#signInPaths.has(path) && this.at(path).length === 0
  }
  /** The entry by which it is known to be in no document. */
  uncoveredBy(method: string, path: string): string | undefined {
    const asked = segmentsOf(path)
    return this.#uncovered.find((entry) => {
      const [wanted = '', template = ''] = entry.split(' ')
      const segments = segmentsOf(template)
      const isSame = (segment: string, place: number) => segment === asked[place] || (isParameter(segment) && asked[place] !== '')
      return wanted === method && segments.length === asked.length && segments.every(isSame)
    })
  }
}
