import t, { type Test } from 'tap'
import type { SandboxRequest, StartSandbox } from '../../core/sandbox.ts'
import athenahealth from '../../drivers/athenahealth/sandbox.ts'
import webhook from '../../drivers/custom_webhook/sandbox.ts'
import hubspot from '../../drivers/hubspot/sandbox.ts'
import memory from '../../drivers/memory/sandbox.ts'
import odoo from '../../drivers/odoo/sandbox.ts'
import salesforce from '../../drivers/salesforce/sandbox.ts'
import zoho from '../../drivers/zoho/sandbox.ts'
import { mappingDesk } from './desk.ts'

interface Case {
  slug: string
  start: StartSandbox
  variant?: string
  object: string
  fields: Record<string, unknown>
  /** How many records the create is of. */
  records?: number
}

const PERSON = { first_name: 'Ada', last_name: 'Lovelace', email: 'ada@example.test', phone: '+14155550100' }

const CASES: Case[] = [
  { slug: 'memory', start: memory, object: 'lead', fields: { name: 'Ada', budget_max: '500000' } },
  { slug: 'hubspot', start: hubspot, object: 'contact', fields: PERSON },
  { slug: 'hubspot', start: hubspot, object: 'lead', fields: { ...PERSON, title: 'Engine', amount: 5 }, records: 2 },
  { slug: 'salesforce', start: salesforce, object: 'lead', fields: { ...PERSON, company: 'Analytical & Sons' } },
  { slug: 'odoo', start: odoo, object: 'lead', fields: { name: 'Ada <Lovelace>', email: 'ada@example.test' } },
  { slug: 'odoo', start: odoo, variant: '14', object: 'lead', fields: { name: 'Ada <Lovelace>', email: 'ada@example.test' } },
  { slug: 'zoho', start: zoho, object: 'lead', fields: { ...PERSON, company: 'Engines' } },
  { slug: 'custom_webhook', start: webhook, object: 'lead', fields: { name: 'Ada', email: 'ada@example.test' } },
  { slug: 'athenahealth', start: athenahealth, object: 'patient', fields: { ...PERSON, date_of_birth: '1990-12-10' } },
]

/** A create's request, less what stands for the create, the credentials and the moment: as text, decoded as far as a form is. */
const bare = (text: string, secrets: string[]): string => {
  let plain = text
    .replaceAll(/v[a-z2-7]{26}/g, '<reference>')
    .replaceAll(/preview:[0-9a-f-]{36}|"k1(:\w+)?"/g, '<key>')
    .replaceAll('"<key>', '<key>')
  plain = plain
    .replaceAll(/<key>(:\w+)?"?/g, '<key>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<now>')
    .replaceAll(/"timestamp":\d+/g, '<now>')
  for (const secret of secrets) plain = plain.replaceAll(secret, '[secret]')
  return plain
}

const bodyOf = ({ headers, body }: SandboxRequest): unknown => {
  const type = headers['content-type'] ?? ''
  if (type.includes('x-www-form-urlencoded')) return [...new URLSearchParams(body)]
  return type.includes('json') ? JSON.parse(body) : body
}

const proves = async (t: Test, { slug, start, variant, object, fields, records = 1 }: Case): Promise<void> => {
  const sandbox = await start({ variant })
  t.teardown(() => sandbox.close())
  const desk = await mappingDesk(t, { [slug]: sandbox })
  const acme = await desk.tenant('acme', { slug, sandbox })
  const secrets = Object.values(sandbox.credentials)
  const stored = () => ['contact', 'lead', 'deal', object].map((one) => countOf(() => sandbox.records(one).length))
  const [before, writes] = [stored(), sandbox.writes().length]

  const { status, body } = await acme.test(object, fields)
  t.equal(status, 200, JSON.stringify(body))
  t.match(body, { would_be_refused: null })
  t.equal(body.requests.length, records)
  t.same([stored(), sandbox.writes().length], [before, writes], 'the CRM got no write')
  for (const secret of secrets) t.notMatch(JSON.stringify(body), secret)

  const made = await acme.create(object, fields)
  t.equal(made.status, 201, JSON.stringify(made.body))
  const sent = sandbox.writes().slice(writes)
  const shown = (body.requests as { method: string; path: string; content_type: string | null; body: unknown }[]).map(
    ({ method, path, content_type, body }) => bare(JSON.stringify([method, path, content_type, body]), secrets),
  )
  const really = sent.slice(0, records).map((request) => {
    const query = request.query.size ? `?${request.query}` : ''
    const type = request.headers['content-type'] ?? null
    return bare(JSON.stringify([request.method, request.path + query, type, bodyOf(request)]), secrets)
  })
  t.same(shown, really, 'what was shown is what was sent')
  t.ok(
    shown.every((text) => /Ada|Engine/.test(text)),
    'with the values',
  )
}

const countOf = (count: () => number): number => {
  try {
    return count()
  } catch {
    return 0
  }
}

for (const one of CASES)
  t.test(`${one.slug}${one.variant ? ` ${one.variant}` : ''}: a ${one.object} is shown as it is sent, and nothing is sent`, (t) =>
    proves(t, one),
  )
