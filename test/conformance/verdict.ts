import type { Exchange, SandboxRequest } from '../../core/sandbox.ts'
import { answerFaults } from './answer.ts'
import type { Operation } from './documents.ts'
import type { Description } from './match.ts'
import { requestFaults } from './request.ts'

export interface Verdict {
  requests: number
  answers: number
  /** Answers of a status that no document describes. */
  undescribed: number
  /** Exchanges of the sign-in at addresses that documents name and do not describe. */
  namedOnly: number
  /** Exchanges that are known to be in no document. */
  uncovered: number
  violations: string[]
}

interface Judged {
  violations: string[]
  isAnswerDescribed: boolean
}

/** What was asked and answered, held against the provider's own documents: requests strictly, answers loosely. */
export const verdictOn = (description: Description, exchanges: Exchange[]): Verdict => {
  const named = exchanges.filter(({ request }) => !description.isNamedOnly(request.path))
  const described = named.filter(({ request }) => !isUncovered(description, request))
  const judged = described.map((exchange) => judge(description, exchange))
  const answers = judged.filter(({ isAnswerDescribed }) => isAnswerDescribed).length
  const nothing = described.length === 0 ? ['nothing was checked: no request came'] : []
  return {
    requests: described.length,
    answers,
    undescribed: described.length - answers,
    namedOnly: exchanges.length - named.length,
    uncovered: named.length - described.length,
    violations: [...nothing, ...counted(judged.flatMap(({ violations }) => violations))],
  }
}

const isUncovered = (description: Description, { method, path }: SandboxRequest): boolean =>
  declaredAt(description, { method, path }).length === 0 && description.uncoveredBy(method, path) !== undefined

const declaredAt = (description: Description, { method, path }: { method: string; path: string }): Operation[] =>
  description.at(path).filter((operation) => operation.method === method)

export const summary = ({ requests, answers, undescribed, namedOnly, uncovered }: Verdict, documents: number): string =>
  [
    `${requests} requests and ${answers} answers checked against ${documents} documents`,
    ...(undescribed > 0 ? [`${undescribed} answers of a status that none describes`] : []),
    ...(namedOnly > 0 ? [`${namedOnly} requests to addresses of the sign-in that none describes`] : []),
    ...(uncovered > 0 ? [`${uncovered} requests known to be in none of them`] : []),
  ].join(', ')

/** Several documents may describe the same: it is enough to keep to one. */
const judge = (description: Description, { request, answer }: Exchange): Judged => {
  const here = description.at(request.path)
  const declared = declaredAt(description, request)
  if (declared.length === 0) return { violations: [undeclared(request, here)], isAnswerDescribed: false }
  const judged = declared.map((operation) => judgeBy(operation, { request, answer }))
  const best = judged.reduce((best, one) => (one.violations.length < best.violations.length ? one : best))
  const entry = description.uncoveredBy(request.method, request.path)
  return entry
    ? { ...best, violations: [`${entry}: is listed as uncovered, and a document describes it`, ...best.violations] }
    : best
}

const judgeBy = (operation: Operation, { request, answer }: Exchange): Judged => {
  const asked = `${operation.method} ${operation.template}`
  const wrong = answerFaults(operation, answer)
  return {
    violations: [
      ...requestFaults(operation, request).map((fault) => `${asked}: ${fault}`),
      ...(wrong ?? []).map((fault) => `${asked}, answered ${answer.status}: ${fault}`),
    ],
    isAnswerDescribed: wrong !== null,
  }
}

const undeclared = ({ method, path }: SandboxRequest, here: Operation[]): string => {
  const methods = here.map((operation) => operation.method).join(', ')
  return `${method} ${masked(path)}: ${methods ? `the method is not declared, ${methods} is` : 'the path is not declared'}`
}

/** Words and versions stay; what may be an id, a phone or an address does not. */
const masked = (path: string): string =>
  path
    .split('/')
    .map((segment) => (/^([a-z][a-z_-]*|v\d+|r\d+|20\d\d-\d\d)$/i.test(segment) ? segment : segment && '…'))
    .join('/')

const counted = (violations: string[]): string[] => {
  const times = Map.groupBy(violations, (violation) => violation)
  return [...times].map(([violation, all]) => (all.length > 1 ? `${violation} (${all.length} times)` : violation))
}
