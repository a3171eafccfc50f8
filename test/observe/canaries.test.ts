import t from 'tap'
import { logStream } from '../../core/log-stream.ts'
import type { Fault, SandboxRequest } from '../../core/sandbox.ts'
import { answering, SECRET } from '../drivers/custom_webhook/endpoints.ts'
import { driverFolders } from '../support/driver-folders.ts'
import { type Answer, operatorToken, type Service, startSandbox, startService, token } from '../support/service.ts'
import { startCollector } from './collector.ts'

const PERSON = { name: 'Zebulon Kanarienvogel', email: 'zebulon.k@kanarien.example', phone: '+14155557391' }
const FIELDS = { ...PERSON, note: `${PERSON.name} ${PERSON.phone}` }
const KEY = 'canary-key-77120'

/** Everything that is written in the test's time, line by line. */
const taping = (t: { teardown(undo: () => void): void }) => {
  const lines: string[] = []
  const { write } = logStream
  logStream.write = (line) => void lines.push(line)
  t.teardown(() => {
    logStream.write = write
  })
  return lines
}

/** A text in the forms that JSON, URLs and queries may have it in. */
const formsOf = (canary: string) => [
  canary,
  encodeURIComponent(canary),
  canary.replaceAll(' ', '+'),
  Buffer.from(canary).toString('base64'),
]

const found = (canaries: string[], text: string) =>
  canaries.filter((canary) => formsOf(canary).some((form) => text.includes(form)))

/** Says back all that it heard, and fails in one of several ways. */
const echo = (answers: { status: number }) =>
  answering((request: SandboxRequest) => ({
    status: answers.status,
    body: {
      error: { message: `no: ${request.body} ${JSON.stringify(request.headers)}`, detail: FIELDS },
      errors: [request.body],
    },
  }))

const FAULTS: Fault[] = [
  'unauthorized',
  'rate_limited',
  'server_error',
  'reset_before',
  'reset_after',
  'truncated_json',
  'html_200',
  'wrong_types',
]

t.test(
  'no person, key or token in a log line, an error, a metric, a trace or the audit, whatever is asked and however it fails',
  async (t) => {
    const lines = taping(t)
    const collector = await startCollector(t)
    const { root, add } = await driverFolders(t)
    const leak = '$& if (input.phone) throw Object.assign(new Error(JSON.stringify(input)), { detail: JSON.stringify(input) })'
    await add('leaky', ['driver.ts', /async lookupCustomer\(.*input\) \{/, leak])
    const tracing = { url: `${collector.url}/v1/traces`, serviceName: 'vorel', share: 1, sendsToProviders: false }
    const own = new URL('../../drivers', import.meta.url).pathname
    const service = await startService(t, { logLevel: 'trace', tracing, driverFolders: [own, root], deadlineMs: 2_000 })
    const told: Answer[] = []
    const ask = async (asked: Promise<Answer>) => void told.push(await asked)

    const mode = { status: 400 }
    const hook = await startSandbox(t, echo(mode))
    const sandbox = await startSandbox(t)
    const leaky = await startSandbox(t)
    const keys = {
      acme: await service.tenant('acme', { provider: 'custom_webhook', sandbox: hook }),
      bolt: await service.tenant('bolt', { sandbox }),
      leak: await service.tenant('leak', { provider: 'leaky', sandbox: leaky }),
    }
    const agent = await token({ tenant_id: 'bolt', conversation_id: 'c1', turn_id: 't1' })
    const odd = await token({ tenant_id: 'bolt', conversation_id: `${PERSON.email}\u0000` })
    const operator = await operatorToken()
    const canaries = [
      ...Object.values(PERSON),
      KEY,
      ...Object.values(keys),
      agent,
      odd,
      operator,
      SECRET,
      ...Object.values(sandbox.credentials),
    ]

    await everyRoute(service, [keys.bolt, agent, odd, operator, `${keys.bolt}x`], ask)
    const verbs = async (key: string, n: string) => {
      await ask(service.post('/v1/crm/create-record', key, { object: 'contact', fields: FIELDS, idempotency_key: `${KEY}-${n}` }))
      await ask(service.post('/v1/crm/lookup-customer', key, { phone: PERSON.phone, email: PERSON.email }))
      await ask(service.post('/v1/crm/search-records', key, { object: 'contact', query: PERSON.name }))
      await ask(service.post('/v1/crm/update-record', key, { object: 'contact', external_id: '1', fields: FIELDS }))
    }
    for (const status of [400, 401, 404, 409, 422, 429, 500]) {
      mode.status = status
      await verbs(keys.acme, `hook-${status}`)
    }
    for (const fault of FAULTS) {
      sandbox.play(fault, { times: 2 })
      await verbs(keys.bolt, fault)
      sandbox.calm()
    }
    await verbs(keys.leak, 'leaky')
    const { pool } = service.app.database
    await pool.query("alter table crm_operation add constraint never check (reference = 'never') not valid")
    await verbs(keys.bolt, 'refused-by-the-database')
    await pool.query('alter table crm_operation rename to elsewhere')
    await verbs(keys.bolt, 'no-table')
    await pool.query('alter table elsewhere rename to crm_operation')

    const { rows } = await pool.query('select to_jsonb(a) as row from audit_log a')
    const metrics = (await service.get('/metrics')).body as string
    await service.app.close()
    const failed = told.filter(({ status }) => status >= 400)
    t.ok(failed.length > 80 && new Set(failed.map(({ body }) => body.code)).size > 8, 'failures of many kinds')
    t.ok(lines.some((line) => line.includes('"code":"internal"')) && collector.spans().length > 100 && rows.length > 30)

    const leaks = (place: string, texts: string[]) =>
      texts.flatMap((text) => (found(canaries, text).length ? [`${place}: ${text.slice(0, 600)}`] : []))
    t.same(leaks('log', lines), [])
    t.same(
      leaks(
        'answer',
        failed.map(({ body }) => JSON.stringify(body)),
      ),
      [],
    )
    t.same(leaks('metrics', [metrics]), [])
    t.same(leaks('trace', collector.bodies), [])
    t.same(
      leaks(
        'audit',
        rows.map(({ row }) => JSON.stringify(row)),
      ),
      [],
    )
  },
)

t.test('the search for canaries finds one in each form', async (t) => {
  for (const form of formsOf(PERSON.name)) t.same(found([PERSON.name, KEY], `{"a":"${form}"}`), [PERSON.name])
  t.same(found([PERSON.name], '{"a":"Ada"}'), [])
})

/** Each route as OpenAPI tells it, with bodies and addresses full of canaries, with every token. */
async function everyRoute(service: Service, tokens: string[], ask: (asked: Promise<Answer>) => Promise<void>): Promise<void> {
  const { paths } = (await service.get('/openapi.json')).body as { paths: Record<string, Record<string, unknown>> }
  const bodies = [
    {
      ...FIELDS,
      object: 'contact',
      fields: FIELDS,
      idempotency_key: KEY,
      provider: 'memory',
      entered: { api_key: KEY, url: 'x' },
    },
    `{"phone":"${PERSON.phone}", "email":"${PERSON.email}"`,
    { object: { name: PERSON.name }, fields: PERSON.email, phone: [PERSON.phone], rows: [PERSON], keys: PERSON },
  ]
  const filled = (path: string) => path.replace('{tenant_id}', 'bolt').replaceAll(/\{\w+\}/g, encodeURIComponent(PERSON.email))
  for (const [path, methods] of Object.entries(paths)) {
    if (path.includes('/records/')) continue // the id of a record at the CRM is in the audit: that is what was deleted
    for (const method of Object.keys(methods)) {
      for (const [at, token] of tokens.entries()) {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
        const body = bodies[at % bodies.length]
        const hasBody = method !== 'get' && method !== 'delete'
        const init = {
          method: method.toUpperCase(),
          headers,
          ...(hasBody && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        }
        await ask(answerOf(await fetch(`${service.url}${filled(path)}?query=${encodeURIComponent(PERSON.phone)}`, init)))
      }
    }
  }
  await ask(answerOf(await fetch(`${service.url}/oauth/callback/memory?code=${KEY}&state=${encodeURIComponent(PERSON.email)}`)))
  await ask(answerOf(await fetch(`${service.url}/${encodeURIComponent(PERSON.email)}`)))
}

const answerOf = async (response: Response): Promise<Answer> => {
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : { text } }
}
