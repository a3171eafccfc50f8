import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Schema {
  $ref?: string
  type?: string | string[]
  nullable?: boolean
  enum?: unknown[]
  required?: string[]
  properties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  items?: Schema
  allOf?: Schema[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  [keyword: string]: unknown
}

export type Content = Record<string, { schema?: Schema }>

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header' | 'cookie'
  required?: boolean
  explode?: boolean
  schema?: Schema
}

export interface Body {
  required?: boolean
  content: Content
}

/** What stands around the item that a document describes. */
export interface Envelope {
  kind: 'array' | 'page' | 'object' | 'integer-or-string'
  key?: string
}

interface Server {
  url: string
  variables?: Record<string, { default: string; enum?: string[] }>
}

/** As it stands in a document: parts may be references. */
interface RawOperation {
  parameters?: (Parameter | Reference)[]
  requestBody?: Body | Reference
  responses: Record<string, { content?: Content } | Reference>
  servers?: Server[]
  'x-vorel-envelope'?: Envelope
}
interface Reference {
  $ref: string
}
interface Flow {
  authorizationUrl?: string
  tokenUrl?: string
}

export interface OpenApi {
  servers?: Server[]
  paths: Record<string, Record<string, unknown> & { parameters?: (Parameter | Reference)[]; servers?: Server[] }>
  components?: { securitySchemes?: Record<string, { flows?: Record<string, Flow> }>; [kind: string]: unknown }
}

/** One operation of one document, its references followed. */
export interface Operation {
  document: Document
  method: string
  /** With the path of the server in front. */
  template: string
  /** None: the document names no server. */
  hosts: string[]
  parameters: Parameter[]
  body: Body | undefined
  answers: Record<string, { content?: Content }>
  envelope: Envelope | undefined
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

export class Document {
  readonly name: string
  readonly operations: Operation[]
  /** Whether it describes items and leaves out what is around them: then its types are not those on the wire either. */
  readonly isOfItems: boolean
  readonly #json: OpenApi

  constructor(name: string, json: OpenApi) {
    this.name = name
    this.#json = json
    this.operations = Object.entries(json.paths).flatMap(([path, item]) =>
      METHODS.flatMap((method) => (item[method] ? this.#operation(path, item, method, item[method] as RawOperation) : [])),
    )
    this.isOfItems = this.operations.some(({ envelope }) => envelope !== undefined)
  }

  /** What a reference leads to, however many there are on the way. */
  resolve<T extends object>(part: T | Reference): T {
    if (!('$ref' in part) || typeof part.$ref !== 'string') return part as T
    const steps = part.$ref.replace(/^#\//, '').split('/')
    const found = steps.reduce<unknown>(
      (at, step) =>
        (at as Record<string, unknown> | undefined)?.[decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')],
      this.#json,
    )
    if (!found) throw new Error(`${this.name}: nothing is at ${part.$ref}`)
    return this.resolve(found as T)
  }

  /** Paths of the addresses that its sign-in is said to use. */
  signInPaths(): string[] {
    const schemes = Object.values(this.#json.components?.securitySchemes ?? {})
    const flows = schemes.flatMap((scheme) => Object.values(scheme.flows ?? {}))
    const urls = flows.flatMap(({ authorizationUrl, tokenUrl }) => [authorizationUrl, tokenUrl])
    return urls.flatMap((url) => (url ? new URL(url).pathname : []))
  }

  #operation(path: string, item: OpenApi['paths'][string], method: string, raw: RawOperation): Operation[] {
    const servers = (raw.servers ?? item.servers ?? this.#json.servers ?? []).flatMap(addressesOf)
    const own = (raw.parameters ?? []).map((part) => this.resolve(part))
    const shared = (item.parameters ?? []).map((part) => this.resolve(part))
    const isOwn = (one: Parameter) => own.some((other) => other.name === one.name && other.in === one.in)
    const bases = servers.length === 0 ? [''] : [...new Set(servers.map(({ pathname }) => pathname.replace(/\/$/, '')))]
    return bases.map((base) => ({
      document: this,
      method: method.toUpperCase(),
      template: base + path,
      hosts: servers.filter(({ pathname }) => pathname.replace(/\/$/, '') === base).map(({ host }) => host),
      parameters: [...own, ...shared.filter((one) => !isOwn(one))],
      body: raw.requestBody && this.resolve(raw.requestBody),
      answers: Object.fromEntries(Object.entries(raw.responses).map(([status, part]) => [status, this.resolve(part)])),
      envelope: raw['x-vorel-envelope'],
    }))
  }
}

/** One address for each value that a variable of it may have. */
const addressesOf = ({ url, variables = {} }: Server): URL[] => {
  const urls = Object.entries(variables).reduce(
    (made, [name, { default: value, enum: values = [value] }]) =>
      made.flatMap((one) => (one.includes(`{${name}}`) ? values.map((each) => one.replaceAll(`{${name}}`, each)) : [one])),
    [url],
  )
  return urls.flatMap((each) => URL.parse(each) ?? [])
}

/** A provider's own documents: the files of a folder that begin with its slug. */
export const documentsOf = (folder: string, slug: string): Document[] =>
  readdirSync(folder)
    .filter((file) => file.startsWith(`${slug}-`) && file.endsWith('.json'))
    .map((file) => new Document(file, JSON.parse(readFileSync(join(folder, file), 'utf8'))))
