import { defineSandbox, type SandboxAnswer, type SandboxRequest } from '../../core/sandbox.ts'
import { manifest } from './manifest.ts'
import { TableColumns } from './sandbox-columns.ts'

interface Row extends Record<string, unknown> {
  id: number
  created: number
  modified: number
  reference?: string
}

const API_KEY = 'memory-sandbox-key'
const natives = Object.values(manifest.objects).map(({ native }) => native)
const ok = (body: unknown, status = 200): SandboxAnswer => ({ status, body })
const missing = ok({ error: 'no such row' }, 404)

/** A small CRM of rows in tables: ids count up, times are in seconds, a reference names a row once. */
export default defineSandbox(() => {
  const tables = new Map<string, Map<number, Row>>(natives.map((native) => [native, new Map()]))
  const columns = new Map([...tables].map(([native, table]) => [native, new TableColumns(native, table)]))
  let lastId = 0
  const now = () => Math.floor(Date.now() / 1000)

  const insert = (table: Map<number, Row>, fields: object, reference?: string): Row => {
    lastId += 1
    const row: Row = { ...fields, id: lastId, created: now(), modified: now(), ...(reference && { reference }) }
    table.set(row.id, row)
    return row
  }

  const upsert = (table: Map<number, Row>, reference: string, fields: object): SandboxAnswer => {
    const known = [...table.values()].find((row) => row.reference === reference)
    return known ? ok(known) : ok(insert(table, fields, reference), 201)
  }

  const list = (table: Map<number, Row>, query: URLSearchParams): SandboxAnswer => {
    const limit = Number(query.get('limit') ?? 50)
    const rows = [...table.values()].filter((row) => matches(row, query)).sort((a, b) => b.modified - a.modified || b.id - a.id)
    return ok({ rows: rows.slice(0, limit) })
  }

  const one = (table: Map<number, Row>, id: number, { method, body }: SandboxRequest): SandboxAnswer => {
    const row = table.get(id)
    if (!row) return missing
    if (method === 'DELETE') table.delete(id)
    if (method === 'PATCH') Object.assign(row, JSON.parse(body), { modified: now() })
    return method === 'DELETE' ? { status: 204 } : ok(row)
  }

  return {
    handle(request) {
      const [native = '', second, third] = request.path.split('/').slice(1).map(decodeURIComponent)
      if (request.headers.authorization !== `Bearer ${API_KEY}`) return this.unauthorized(request)
      if (native === 'account') return ok({ account: 'In-memory sandbox' })
      const table = tables.get(native)
      const known = columns.get(native)
      if (!table || !known) return missing
      if (second === 'columns') return known.handle(request, third)
      const refusal = isWriting(request) && known.refusalOf(JSON.parse(request.body))
      if (refusal) return refusal
      if (second === 'by-reference' && third) return upsert(table, third, JSON.parse(request.body))
      return second === undefined ? list(table, request.query) : one(table, Number(second), request)
    },
    unauthorized: () => ok({ error: 'bad key' }, 401),
    rateLimited: () => ({ ...ok({ error: 'slow down' }, 429), headers: { 'retry-after': '1' } }),
    isWrite: ({ method }) => method !== 'GET',
    records: (object) => [...(tables.get(manifest.objects[object as keyof typeof manifest.objects].native)?.values() ?? [])],
    settings: (url) => ({ url }),
    credentials: { api_key: API_KEY },
  }
})

const isWriting = ({ method }: SandboxRequest): boolean => method === 'PUT' || method === 'PATCH'

const digits = (value: unknown): string => String(value ?? '').replaceAll(/\D/g, '')

const matches = (row: Row, query: URLSearchParams): boolean => {
  const [phone, email, q, since] = ['phone', 'email', 'q', 'since'].map((name) => query.get(name))
  if (phone && !digits(row.phone).endsWith(digits(phone).slice(-7))) return false
  if (email && String(row.email ?? '').toLowerCase() !== email.toLowerCase()) return false
  if (since && row.modified < Number(since)) return false
  return (
    !q ||
    [row.name, row.email, row.phone].some((value) =>
      String(value ?? '')
        .toLowerCase()
        .includes(q.toLowerCase()),
    )
  )
}
