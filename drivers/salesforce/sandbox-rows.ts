import { setTimeout as sleep } from 'node:timers/promises'
import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { ApiError, badJson, noJsonBody, noResource, noType, wrongMethod } from './sandbox-errors.ts'
import { described } from './sandbox-fields.ts'
import { longId } from './sandbox-ids.ts'
import type { Org, Row } from './sandbox-org.ts'
import { checkSelected, shown } from './sandbox-query.ts'

const COMMIT_MS = 20

const bodyOf = ({ headers, body }: SandboxRequest): object => {
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) throw noJsonBody()
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    throw badJson('Unexpected character')
  }
  throw badJson('Cannot deserialize the request body')
}

const done: SandboxAnswer = { status: 204 }
const saved = (status: number, { Id }: Row, more: object = {}): SandboxAnswer => ({
  status,
  body: { id: Id, success: true, errors: [], ...more },
})

/** `/sobjects`: rows by id and by an external id, and what an object is made of. */
export class Rows {
  readonly #org: Org
  /** Keys that an upsert is about to create. */
  readonly #underWay = new Set<string>()

  constructor(org: Org) {
    this.#org = org
  }

  async handle(request: SandboxRequest, [given = '', second, third, ...more]: string[]): Promise<SandboxAnswer> {
    if (more.length > 0) throw noResource()
    const object = this.#objectOf(given)
    if (second === undefined) return this.#create(object, request)
    if (second === 'describe' && third === undefined) return this.#describe(object, request)
    if (third !== undefined) return this.#byKey(object, second, third, request)
    return this.#byId(object, second, request)
  }

  /** In paths an object that is not there is a resource that is not. */
  #objectOf(given: string): string {
    try {
      return this.#org.object(given).name
    } catch (error) {
      if (error instanceof ApiError && error.errorCode === noType('').errorCode) throw noResource()
      throw error
    }
  }

  #create(object: string, request: SandboxRequest): SandboxAnswer {
    if (request.method !== 'POST') throw wrongMethod(request.method)
    return saved(201, this.#org.insert(object, bodyOf(request)))
  }

  #describe(object: string, { method }: SandboxRequest): SandboxAnswer {
    if (method !== 'GET') throw wrongMethod(method)
    const fields = Object.entries(this.#org.object(object).fields).map(([name, field]) => described(name, field))
    return { status: 200, body: { name: object, label: object, createable: true, queryable: true, custom: false, fields } }
  }

  #byId(object: string, id: string, request: SandboxRequest): SandboxAnswer {
    if (longId(id) === null)
      throw new ApiError(404, 'NOT_FOUND', 'Provided external ID field does not exist or is not accessible: Id')
    switch (request.method) {
      case 'GET':
        return { status: 200, body: this.#shown(object, this.#org.row(object, id), request) }
      case 'PATCH':
        this.#org.update(object, id, bodyOf(request))
        return done
      case 'DELETE':
        this.#org.remove(object, id)
        return done
      default:
        throw wrongMethod(request.method)
    }
  }

  #shown(object: string, row: Row, { query }: SandboxRequest): object {
    const asked = query.get('fields')?.split(',') ?? Object.keys(this.#org.object(object).fields)
    checkSelected(this.#org, object, asked)
    return shown(this.#org, object, asked, row)
  }

  async #byKey(object: string, field: string, value: string, request: SandboxRequest): Promise<SandboxAnswer> {
    const name = this.#keyField(object, field)
    const found = this.#org.rows(object).filter((row) => row[name] === value)
    if (found.length > 1) return { status: 300, body: found.map(({ Id }) => `/services/data/v67.0/sobjects/${object}/${Id}`) }
    const [row] = found
    if (request.method === 'PATCH')
      return row ? this.#overwrite(object, row, request) : this.#insertKeyed(object, name, value, request)
    if (!row) throw noResource()
    return this.#byId(object, row.Id, request)
  }

  #keyField(object: string, given: string): string {
    const fields = Object.entries(this.#org.object(object).fields)
    const found = fields.find(([name, { isExternalId }]) => isExternalId && name.toLowerCase() === given.toLowerCase())
    if (!found) throw noResource()
    return found[0]
  }

  #overwrite(object: string, { Id }: Row, request: SandboxRequest): SandboxAnswer {
    return saved(200, this.#org.update(object, Id, bodyOf(request)), { created: false })
  }

  /** Of two that create under one key at once, the second meets the first's row when it commits. */
  async #insertKeyed(object: string, name: string, value: string, request: SandboxRequest): Promise<SandboxAnswer> {
    const body = bodyOf(request)
    if (Object.keys(body).some((field) => field.toLowerCase() === name.toLowerCase()))
      throw new ApiError(400, 'INVALID_FIELD', `The ${name} field should not be specified in the sobject data.`)
    if (request.query.get('updateOnly') === 'true') throw noResource()
    const key = `${object}/${name}/${value}`
    if (this.#underWay.has(key)) await sleep(2 * COMMIT_MS)
    this.#underWay.add(key)
    await sleep(COMMIT_MS)
    try {
      return saved(201, this.#org.insert(object, { ...body, [name]: value }), { created: true })
    } finally {
      this.#underWay.delete(key)
    }
  }
}
