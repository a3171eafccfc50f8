import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { parseCoql } from './sandbox-coql.ts'
import { faultBody, noSuchUrl, notSuchId, wrongMethod, ZohoError } from './sandbox-errors.ts'
import { picked, runQuery, type StoredRow } from './sandbox-query.ts'
import { matcherOf } from './sandbox-search.ts'
import type { Store, Written } from './sandbox-store.ts'
import type { Traits } from './sandbox-variant.ts'

const MOST_RECORDS = 100
const MOST_PER_PAGE = 200
const MOST_FIELDS = 50
const MOST_IDS = 100
const TRIGGERS = ['workflow', 'approval', 'blueprint', 'pathfinder', 'orchestration']
const EMPTY: SandboxAnswer = { status: 204 }

interface Body {
  data?: unknown
  trigger?: unknown
  duplicate_check_fields?: unknown
}

const bodyOf = <T>({ headers, body }: SandboxRequest): T => {
  if (!/^application\/json\b/.test(headers['content-type'] ?? ''))
    throw new ZohoError(415, 'UNSUPPORTED_MEDIA_TYPE', 'The media type is not supported')
  try {
    return JSON.parse(body)
  } catch {
    throw new ZohoError(400, 'INVALID_DATA', 'body', { expected_data_type: 'jsonobject' })
  }
}

const recordsIn = ({ data, trigger }: Body): Record<string, unknown>[] => {
  if (data === undefined) throw new ZohoError(400, 'MANDATORY_NOT_FOUND', 'required field not found', { api_name: 'data' })
  if (!Array.isArray(data) || data.length === 0 || data.length > MOST_RECORDS)
    throw new ZohoError(400, 'INVALID_DATA', 'invalid data', { api_name: 'data', expected_data_type: 'jsonarray' })
  if (trigger !== undefined && !(Array.isArray(trigger) && trigger.every((one) => TRIGGERS.includes(one))))
    throw new ZohoError(400, 'INVALID_DATA', 'invalid data', { api_name: 'trigger', expected_data_type: 'jsonarray' })
  return data
}

/** One module's records. */
export class Records {
  readonly #store: Store
  readonly #traits: Traits

  constructor(store: Store, traits: Traits) {
    this.#store = store
    this.#traits = traits
  }

  handle(module: string, rest: string[], request: SandboxRequest): SandboxAnswer {
    const { method } = request
    const [second, third] = rest
    if (third !== undefined) throw noSuchUrl()
    if (second === undefined && method === 'GET') return this.#list(module, request)
    if (second === undefined && method === 'POST')
      return this.#write(request, 201, (record) => this.#store.insert(module, record))
    if (second === 'upsert' && method === 'POST') return this.#upsert(module, request)
    if (second === 'search' && method === 'GET') return this.#search(module, request.query)
    if (second === undefined || !/^\d{1,20}$/.test(second)) throw second === undefined ? wrongMethod() : noSuchUrl()
    return this.#one(module, second, request)
  }

  query(request: SandboxRequest): SandboxAnswer {
    const { select_query } = bodyOf<{ select_query?: unknown }>(request)
    if (typeof select_query !== 'string')
      throw new ZohoError(400, 'MANDATORY_NOT_FOUND', 'required field not found', { api_name: 'select_query' })
    const query = parseCoql(select_query, this.#traits.quoting)
    if (!(query.module in this.#store.modules))
      throw new ZohoError(400, 'INVALID_QUERY', 'column given seems to be invalid', { module: query.module })
    const rows = runQuery(query, this.#store.fields(query.module), this.#store.rows(query.module), this.#traits)
    return rows.length ? { status: 200, body: { data: rows, info: { count: rows.length, more_records: false } } } : EMPTY
  }

  #one(module: string, id: string, request: SandboxRequest): SandboxAnswer {
    switch (request.method) {
      case 'GET':
        return this.#read(module, id, request.query)
      case 'PUT':
        return this.#write(request, 200, (record) => this.#store.update(module, id, record))
      case 'DELETE':
        return this.#outcomes(200, [() => this.#deleted(module, id)])
      default:
        throw wrongMethod()
    }
  }

  #read(module: string, id: string, query: URLSearchParams): SandboxAnswer {
    const row = this.#store.find(module, id)
    if (!row && this.#traits.refusesMissing) throw notSuchId()
    return row ? this.#page(module, [row], query, 1) : EMPTY
  }

  #list(module: string, { query, headers }: SandboxRequest): SandboxAnswer {
    if (!query.get('fields'))
      throw new ZohoError(400, 'REQUIRED_PARAM_MISSING', 'One of the expected parameter is missing', { param_name: 'fields' })
    const after = Date.parse(String(headers['if-modified-since'] ?? '')) || 0
    const sortBy = query.get('sort_by') ?? 'id'
    if (!['id', 'Created_Time', 'Modified_Time'].includes(sortBy))
      throw new ZohoError(400, 'INVALID_DATA', 'invalid data', { param_name: 'sort_by' })
    const ids = query.get('ids')?.split(',')
    if (ids && ids.length > MOST_IDS)
      throw new ZohoError(400, 'LIMIT_EXCEEDED', 'limit exceeded', { param_name: 'ids', limit: MOST_IDS })
    const rows = this.#store
      .rows(module)
      .filter((row) => Date.parse(String(row.Modified_Time)) > after - 1 && (ids?.includes(row.id) ?? true))
    if (rows.length === 0) return after ? { status: 304 } : EMPTY
    const direction = query.get('sort_order') === 'asc' ? 1 : -1
    rows.sort((a, b) => (String(a[sortBy]) < String(b[sortBy]) ? -direction : direction))
    return this.#page(module, rows, query)
  }

  #search(module: string, query: URLSearchParams): SandboxAnswer {
    const matches = matcherOf(query, this.#store.fields(module), this.#traits)
    return this.#page(module, this.#store.search(module, matches), query)
  }

  #page(module: string, rows: StoredRow[], query: URLSearchParams, fallback = MOST_PER_PAGE): SandboxAnswer {
    this.#checkFields(module, query.get('fields')?.split(',') ?? [])
    if (rows.length === 0) return EMPTY
    const perPage = Number(query.get('per_page') ?? fallback)
    if (!(perPage >= 1 && perPage <= MOST_PER_PAGE))
      throw new ZohoError(400, 'INVALID_DATA', 'invalid data', { param_name: 'per_page' })
    const page = Number(query.get('page') ?? 1)
    const shown = rows.slice((page - 1) * perPage, page * perPage)
    const names = query.get('fields')?.split(',')
    const data = names ? shown.map((row) => picked(row, names, this.#store.fields(module))) : shown
    const more_records = rows.length > page * perPage
    const info = { per_page: perPage, count: shown.length, page, more_records, next_page_token: null, previous_page_token: null }
    return { status: 200, body: { data, info } }
  }

  #checkFields(module: string, names: string[]): void {
    if (names.length > MOST_FIELDS)
      throw new ZohoError(400, 'LIMIT_EXCEEDED', 'limit exceeded', { param_name: 'fields', limit: MOST_FIELDS })
    const known = new Set(['id', ...this.#store.fields(module).map(({ api_name }) => api_name)])
    const unknown = names.find((name) => !known.has(name))
    if (unknown !== undefined && this.#traits.refusesUnknownFields)
      throw new ZohoError(400, 'INVALID_DATA', 'invalid data', { api_name: unknown, param_name: 'fields' })
  }

  #upsert(module: string, request: SandboxRequest): SandboxAnswer {
    const { duplicate_check_fields: named } = bodyOf<Body>(request)
    // Left out, the system's own come first: a stranger with the same address would be overwritten.
    const checked = Array.isArray(named) ? named.map(String) : [module === 'Deals' ? 'Deal_Name' : 'Email']
    return this.#write(request, 201, (record) => this.#store.upsert(module, record, checked))
  }

  #write(request: SandboxRequest, status: number, write: (record: Record<string, unknown>) => Written): SandboxAnswer {
    const records = recordsIn(bodyOf<Body>(request))
    return this.#outcomes(
      status,
      records.map((record) => () => success(write(record))),
    )
  }

  #deleted(module: string, id: string) {
    this.#store.delete(module, id)
    return { code: 'SUCCESS', details: { id }, message: 'record deleted', status: 'success' }
  }

  #outcomes(good: number, works: (() => object)[]): SandboxAnswer {
    const faults: number[] = []
    const data = works.map((work) => {
      try {
        return work()
      } catch (error) {
        if (!(error instanceof ZohoError)) throw error
        faults.push(error.fault.code === 'DUPLICATE_DATA' ? 202 : error.status)
        return faultBody(error.fault)
      }
    })
    if (faults.length === 0) return { status: this.#traits.isInBand ? 200 : good, body: { data } }
    if (faults.length < works.length) return { status: 207, body: { data } }
    const [first = 400] = faults
    return { status: this.#traits.isInBand ? (first === 202 ? 202 : 200) : Math.max(400, first), body: { data } }
  }
}

const success = ({ action, row, duplicateField }: Written) => ({
  code: 'SUCCESS',
  ...(duplicateField && { duplicate_field: duplicateField, action }),
  ...(!duplicateField && action === 'insert' && { duplicate_field: null, action }),
  details: {
    id: row.id,
    Created_Time: row.Created_Time,
    Modified_Time: row.Modified_Time,
    Created_By: row.Created_By,
    Modified_By: row.Modified_By,
    $approval_state: 'approved',
  },
  message: action === 'insert' ? 'record added' : 'record updated',
  status: 'success',
})
