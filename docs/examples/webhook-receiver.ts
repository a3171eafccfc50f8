/** A whole endpoint for the custom webhook, its records in memory. It needs Node and `npm install standardwebhooks`. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'

type Fields = Record<string, unknown>
type Data = Record<string, string> & { fields: Fields }
type Row = { external_id: string; object: string; fields: Fields; changed: string; since: number }
const isWrite = /^crm\.record\.(create|update|delete)$/
type Answer = [status: number, body: unknown]

/** Optional: the fields there are, for whoever maps them. Of other objects Vorel takes the usual ones, and any that is mapped. */
const FIELDS: Record<string, { name: string; [more: string]: unknown }[]> = {
  contact: [
    { name: 'name', label: 'Full name', required: true },
    { name: 'email' },
    { name: 'phone' },
    { name: 'budget_max', label: 'Budget up to', type: 'number' },
    { name: 'move_in', type: 'date' },
    { name: 'interest', type: 'option', options: ['rent', { value: 'buy', label: 'Buys' }] },
  ],
}

const digits = (text: unknown) => String(text ?? '').replace(/\D/g, '')
/** Also where the country code was left out when it was typed; Vorel puts those last whose number is another after all. */
const isPhone = (stored: unknown, asked: string) => digits(stored).length > 6 && digits(asked).endsWith(digits(stored))

const refused = (status: number, code: string): Answer => [status, { error: { code } }]

export const receiver = (secret: string): Server => {
  const webhook = new Webhook(secret)
  const done = new Map<string, unknown>() // answers by webhook-id; a real endpoint stores each in the transaction that does the work
  let rows: Row[] = []
  let made = 0

  const newest = (is: (row: Row) => unknown) => rows.filter(is).sort((a, b) => b.changed.localeCompare(a.changed))
  const own = ({ object, external_id }: Data) => rows.find((row) => row.object === object && row.external_id === external_id)
  const says = (row: Row, word = '') => JSON.stringify(Object.values(row.fields)).toLowerCase().includes(word.toLowerCase())
  const put = (row: Omit<Row, 'changed' | 'since'>) => {
    const since = rows.find(({ external_id }) => external_id === row.external_id)?.since ?? made++
    const others = rows.filter(({ external_id }) => external_id !== row.external_id)
    rows = [{ ...row, since, changed: new Date().toISOString() }, ...others]
    return { external_id: row.external_id }
  }

  const verbs: Record<string, (data: Data) => unknown> = {
    'crm.connection.test': ({ challenge }) => ({ ok: true, challenge }),
    'crm.customer.lookup': ({ phone, email, external_id }) => {
      const by = (is: (row: Row) => unknown) =>
        rows.filter((row) => row.object === 'contact' && is(row)).sort((a, b) => a.since - b.since) // the oldest first
      return {
        matches: [
          ...by(({ fields }) => phone && isPhone(fields.phone, phone)),
          ...by(({ fields }) => email && String(fields.email).toLowerCase() === email.toLowerCase()),
          ...by((row) => row.external_id === external_id),
        ],
      }
    },
    'crm.record.search': ({ object, query, phone, limit }) => {
      const is = (row: Row) => says(row, query) || (phone && isPhone(row.fields.phone, phone))
      return { records: newest((row) => row.object === object && is(row)).slice(0, Number(limit)) }
    },
    'crm.object.describe': ({ object = '' }) => FIELDS[object] && { fields: FIELDS[object], open: true },
    'crm.record.list_recent': ({ object, since = '', limit }) => ({
      records: newest((row) => row.object === object && row.changed >= since).slice(0, Number(limit)),
    }),
    'crm.record.create': ({ object = '', fields }) => put({ external_id: crypto.randomUUID(), object, fields }),
    'crm.record.update': (data) => {
      const row = own(data)
      return row && put({ ...row, fields: { ...row.fields, ...data.fields } })
    },
    'crm.record.delete': (data) => {
      const row = own(data)
      rows = rows.filter((other) => other !== row)
      return row && { deleted: true, hard_deleted: true }
    },
  }

  const serve = async (request: IncomingMessage): Promise<Answer> => {
    const headers = request.headers as Record<string, string>
    const isQuery = request.method === 'GET'
    const signed = isQuery ? (request.url ?? '').replace(/^[^?]*\?/, '') : await text(request) // as it came, never written anew
    try {
      webhook.verify(signed, headers, { jsonParse: false })
    } catch {
      return refused(401, 'bad_signature')
    }
    const { type, data } = isQuery ? fromQuery(signed) : JSON.parse(signed)
    const verb = verbs[type]
    if (!verb) return refused(501, 'unsupported')
    const id = headers['webhook-id'] ?? ''
    const body = done.get(id) ?? verb(data)
    if (body && isWrite.test(type)) done.set(id, body) // only what was done: a refusal may be tried again
    return body ? [200, body] : refused(404, 'not_found')
  }

  return createServer(async (request, response) => {
    const [status, body] = await serve(request).catch(() => refused(500, 'broken'))
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
}

const fromQuery = (query: string) => {
  const { type = '', ...data } = Object.fromEntries(new URLSearchParams(query))
  return { type, data: data as Data }
}

if (import.meta.main) receiver(process.env.WEBHOOK_SECRET ?? '').listen(8080)
