import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import Deserializer from 'xmlrpc/lib/deserializer.js'
import { serializeMethodCall } from 'xmlrpc/lib/serializer.js'
import startSandbox from '../../drivers/odoo/sandbox.ts'
import { exceptionOf } from '../../drivers/odoo/xmlrpc.ts'

/** A folder of exchanges recorded at real servers, which the sandbox is held against: same requests, same answers. */
const folder = process.env.VOREL_ODOO_CAPTURES
const skip = folder ? false : 'set VOREL_ODOO_CAPTURES to a folder of recorded exchanges'

interface Exchange {
  name: string
  request: { method: string; path: string; headers: [string, string][]; body: string | null }
  response: { status_line: string; body: string }
}

/** What the sandbox leaves out: chatter, stages, users with fewer rights, and services beside the two. */
const LEFT_OUT = new Set([
  'message_post',
  'action_set_won',
  'read after won',
  'db.list',
  'method that returns None',
  'no access to the model',
  'no right to create',
  'load without the right',
])

/** The first ids that the recorded servers gave out, as far as a fresh database would give others. */
const FILES: { file: string; variant: string; last?: Record<string, number>; keep?: number }[] = [
  ...['14', '19'].flatMap((variant) =>
    ['common', 'partner', 'lead'].map((topic) => ({ file: `${variant}-xmlrpc-${topic}`, variant })),
  ),
  { file: '14-xmlrpc-faults', variant: '14', last: { 'res.partner': 13 }, keep: 1 },
  { file: '19-xmlrpc-faults', variant: '19', last: { 'res.partner': 12 }, keep: 1 },
  { file: '14-xmlrpc-custom-field', variant: '14', last: { 'res.partner': 17 } },
  { file: '19-xmlrpc-custom-field', variant: '19', last: { 'res.partner': 15 } },
  { file: '19-json2', variant: '19', last: { 'res.partner': 18, 'crm.lead': 4 }, keep: 2 },
  { file: '19-json2-errors', variant: '19', last: { 'res.partner': 12 }, keep: 3 },
]

const decode = (body: string): Promise<unknown> =>
  new Promise((resolve) => {
    const stream = Readable.from(Buffer.from(body), { objectMode: false })
    new Deserializer().deserializeMethodResponse(stream, (error, value) => {
      const fault = error as { faultCode?: number; faultString?: string } | null
      if (!fault) return resolve({ value })
      if (fault.faultCode !== 1) return resolve({ faultCode: fault.faultCode, faultString: fault.faultString })
      resolve({ faultCode: 1, ...exceptionOf(1, fault.faultString ?? '') })
    })
  })

/** Tracebacks and moments are the server's own. */
const comparable = async (path: string, status: number, body: string): Promise<unknown> => {
  const isHtml = body.trimStart().toLowerCase().startsWith('<!doctype')
  if (isHtml) return { status, html: true }
  const answer = path.startsWith('/xmlrpc')
    ? await decode(body)
    : JSON.parse(body, (name, value) => (name === 'debug' ? '' : value))
  const timeless = JSON.stringify(answer ?? null).replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'then')
  return { status, answer: JSON.parse(timeless) }
}

const send = async (url: string, { method, path, headers, body }: Exchange['request']) => {
  const kept = headers.filter(([name]) => /^(content-type|authorization|x-odoo-database)$/i.test(name))
  const response = await fetch(url + path, { method, headers: kept, ...(body && { body }) })
  return comparable(path, response.status, await response.text())
}

/** Creates rows until the next id is the one after `last`, and leaves `keep` of them. */
const advance = async (url: string, key: string, model: string, last: number, keep: number): Promise<void> => {
  const call = async (method: string, args: unknown[]) => {
    const body = serializeMethodCall('execute_kw', ['vorel_crm', 2, key, model, method, args, {}])
    const response = await fetch(`${url}/xmlrpc/2/object`, { method: 'POST', headers: { 'content-type': 'text/xml' }, body })
    return ((await decode(await response.text())) as { value: number }).value
  }
  let id = 0
  while (id < last) {
    id = await call('create', [{ name: 'Before' }])
    if (id <= last - keep) await call('unlink', [[id]])
  }
}

const replay = async (t: Test, file: string, variant: string, last: Record<string, number>, keep: number): Promise<void> => {
  const sandbox = await startSandbox({ variant })
  t.teardown(() => sandbox.close())
  for (const [model, id] of Object.entries(last)) await advance(sandbox.url, sandbox.credentials.api_key ?? '', model, id, keep)
  const { exchanges } = JSON.parse(readFileSync(join(folder ?? '', `${file}.json`), 'utf8')) as { exchanges: Exchange[] }
  for (const { name, request, response } of exchanges.filter(({ name }) => !LEFT_OUT.has(name))) {
    const status = Number(response.status_line.split(' ')[1])
    t.strictSame(await send(sandbox.url, request), await comparable(request.path, status, response.body), name)
  }
}

for (const { file, variant, last = {}, keep = 0 } of FILES)
  t.test(`the sandbox answers ${file} as the server did`, { skip }, (t) => replay(t, file, variant, last, keep))
