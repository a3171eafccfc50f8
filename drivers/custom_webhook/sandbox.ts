import { Webhook } from 'standardwebhooks'
import { samePhone } from '../../core/driver.ts'
import { defineSandbox, type SandboxAnswer, type SandboxRequest } from '../../core/sandbox.ts'
import { manifest } from './manifest.ts'

const SECRET = 'whsec_VGhlIHNhbmRib3gncyBvd24gc2VjcmV0LCA0OCBieXRlcyBsb25nLCBubyBtb3Jl'
const WRITES = ['crm.record.create', 'crm.record.update', 'crm.record.delete']

interface Stored {
  external_id: string
  object: string
  fields: Record<string, unknown>
  changed: number
}
type Data = Record<string, string> & { fields: Record<string, unknown> }
interface Envelope {
  type: string
  data: Data
}

const refused = (status: number, code: string): SandboxAnswer => ({
  status,
  body: { error: { code, message: `refused: ${code}` } },
})
const ok = (body: unknown): SandboxAnswer => ({ status: 200, body })
const shown = ({ external_id, fields }: Stored) => ({ external_id, fields, record_url: urlOf(external_id) })
const urlOf = (id: string) => `https://crm.example.test/records/${id}`

/** The characters that a request's signature covers. */
const signedContent = ({ method, query, body }: SandboxRequest): string => (method === 'GET' ? query.toString() : body)

const envelope = ({ method, query, body }: SandboxRequest): Envelope => {
  if (method !== 'GET') return JSON.parse(body)
  const { type = '', timestamp: _, ...data } = Object.fromEntries(query)
  return { type, data: data as Data }
}

const isVerified = (request: SandboxRequest): boolean => {
  try {
    new Webhook(SECRET).verify(signedContent(request), request.headers as Record<string, string>, { jsonParse: false })
    return true
  } catch {
    return false
  }
}

const REGION = 'US'
const isPhone = (phone: string | undefined, { fields }: Stored): boolean =>
  phone !== undefined && samePhone(String(fields.phone), phone, REGION)

const describe = ({ object = '' }: Data): SandboxAnswer => {
  const { fields } = manifest.objects[object as keyof typeof manifest.objects]
  const usual = Object.values(fields).map(({ field, type }) => ({ name: field, type }))
  const stamps = ['created_at', 'updated_at'].map((name) => ({ name, type: 'datetime', writable: false }))
  return ok({ fields: [...usual, ...stamps], open: true })
}

/** A tenant's endpoint. Variants: `unverified` takes any signature, `dedupeless` forgets what it has done, `describeless` does not tell its fields. */
export default defineSandbox((variant) => {
  const records: Stored[] = []
  const done = new Map<string, SandboxAnswer>()
  let lastId = 0

  const newest = (object: string) => records.filter((record) => record.object === object).sort((a, b) => b.changed - a.changed)
  const find = (object: string, id: string) => records.find((record) => record.object === object && record.external_id === id)
  const touch = (record: Stored): void => {
    record.changed = Math.max(Date.now(), ...records.map(({ changed }) => changed + 1))
    record.fields.updated_at = new Date(record.changed).toISOString()
  }

  /** The oldest first, as they were stored. */
  const lookup = ({ phone, email, external_id }: Data): SandboxAnswer => {
    const contacts = records.filter(({ object }) => object === 'contact')
    const hasEmail = ({ fields }: Stored) => email && String(fields.email).toLowerCase() === email.toLowerCase()
    const matches = [
      ...contacts.filter((record) => isPhone(phone, record)),
      ...contacts.filter(hasEmail),
      ...contacts.filter((record) => record.external_id === external_id),
    ]
    return ok({ matches: [...new Set(matches)].map(shown) })
  }

  const search = ({ object = '', query = '', phone, limit }: Data): SandboxAnswer => {
    const has = (value: unknown) => String(value).toLowerCase().includes(query.toLowerCase())
    const hits = newest(object).filter(
      (record) => isPhone(phone, record) || [record.fields.name, record.fields.email, record.fields.phone].some(has),
    )
    return ok({ records: hits.slice(0, Number(limit)).map(shown) })
  }

  const listRecent = ({ object = '', since = '', limit }: Data): SandboxAnswer => {
    const recent = newest(object).filter(({ changed }) => changed >= Date.parse(since))
    return ok({ records: recent.slice(0, Number(limit)).map(shown) })
  }

  const create = ({ object = '', fields }: Data): SandboxAnswer => {
    lastId += 1
    const record = {
      external_id: String(lastId),
      object,
      fields: { ...fields, created_at: new Date().toISOString() },
      changed: 0,
    }
    touch(record)
    records.push(record)
    return ok({ external_id: record.external_id, record_url: urlOf(record.external_id) })
  }

  const update = ({ object = '', external_id = '', fields }: Data): SandboxAnswer => {
    const record = find(object, external_id)
    if (!record) return refused(404, 'not_found')
    Object.assign(record.fields, fields)
    touch(record)
    return ok({ external_id, record_url: urlOf(external_id) })
  }

  const remove = ({ object = '', external_id = '' }: Data): SandboxAnswer => {
    const record = find(object, external_id)
    if (!record) return refused(404, 'not_found')
    records.splice(records.indexOf(record), 1)
    return ok({ deleted: true })
  }

  const verbs: Record<string, (data: Data) => SandboxAnswer> = {
    'crm.connection.test': ({ challenge }) => ok({ ok: true, challenge }),
    'crm.customer.lookup': lookup,
    'crm.record.search': search,
    'crm.record.list_recent': listRecent,
    'crm.record.create': create,
    'crm.record.update': update,
    'crm.record.delete': remove,
    ...(variant !== 'describeless' && { 'crm.object.describe': describe }),
  }

  /** A write done before is answered again and not done again; what was refused may be tried again. */
  const once = (id: string, run: () => SandboxAnswer): SandboxAnswer => {
    const known = done.get(id)
    if (known) return known
    const answer = run()
    if (answer.status < 300 && variant !== 'dedupeless') done.set(id, answer)
    return answer
  }

  return {
    handle(request) {
      if (variant !== 'unverified' && !isVerified(request)) return this.unauthorized(request)
      const { type, data } = envelope(request)
      const verb = verbs[type]
      if (!verb) return refused(501, 'unsupported')
      return WRITES.includes(type) ? once(String(request.headers['webhook-id']), () => verb(data)) : verb(data)
    },
    unauthorized: () => refused(401, 'bad_signature'),
    rateLimited: () => ({ ...refused(429, 'slow_down'), headers: { 'retry-after': '1' } }),
    isWrite: (request) => request.method === 'POST' && WRITES.includes(envelope(request).type),
    records: (object) => newest(object).map(({ external_id, fields }) => ({ external_id, ...fields })),
    settings: (url) => ({ url: `${url}/vorel` }),
    credentials: { secret: SECRET },
  }
})
