import { Webhook } from 'standardwebhooks'
import t from 'tap'
import type { SandboxRequest, StartSandbox } from '../../core/sandbox.ts'
import driver from '../../drivers/custom_webhook/driver.ts'
import sandbox from '../../drivers/custom_webhook/sandbox.ts'
import { type Crm, connect, reference } from '../contract/connect.ts'
import { codeOf } from '../contract/driver.ts'
import { ada, byGet, changed, create, endpoint, failureOf, SECRET, since, variant } from './custom_webhook/endpoints.ts'

const WANTED = [{ field: 'move, in "é" & 😀', type: 'string' }] as const

const everyVerb = async (crm: Crm) => {
  await driver.testConnection(crm.call())
  const { external_id } = await create(crm)
  await driver.lookupCustomer(crm.call(), { phone: ada.phone, email: ada.email })
  await driver.searchRecords(crm.call(), { object: 'contact', query: 'Ada & Zoë +1 %', limit: 5, read: { contact: WANTED } })
  await driver.describeObject?.(crm.call(), { object: 'contact' })
  await driver.listRecent(crm.call(), { object: 'contact', since, limit: 5 })
  await driver.updateRecord(crm.call(), { object: 'contact', external_id, fields: { note: 'Grüße 你好 😀' } })
  await driver.deleteRecord?.(crm.call(), { object: 'contact', external_id })
}

const isSigned = (secret: string, content: string, headers: Record<string, string>) => {
  try {
    new Webhook(secret).verify(content, headers, { jsonParse: false })
    return true
  } catch {
    return false
  }
}

const idOf = (request: SandboxRequest | undefined) => String(request?.headers['webhook-id'])

for (const [label, start] of [
  ['POST', sandbox],
  ['GET', byGet(sandbox)],
] as const) {
  t.test(`reading by ${label}: the stock library verifies every request, and none with a character changed`, async (t) => {
    const crm = await connect(t, driver, start)
    crm.sandbox.requests.length = 0
    await everyVerb(crm)
    const isGood = ({ headers }: SandboxRequest, content: string) =>
      isSigned(crm.sandbox.credentials.secret ?? '', content, headers as Record<string, string>)
    const verified = crm.sandbox.requests.map((request) => {
      const content = request.method === 'GET' ? request.query.toString() : request.body
      return isGood(request, content) && !isGood(request, content.replace('tenant-1', 'tenant-2'))
    })
    const forms = label === 'GET' ? 2 : 1
    t.equal(verified.filter((is) => !is).length, forms, 'only the forgeries of the connection test fail')
    t.equal(verified.length, 8 + 2 * forms)
    t.equal(crm.sandbox.requests.filter(({ method }) => method === 'GET').length, label === 'GET' ? 7 : 0)
  })
}

t.test('a request says what it wants inside what is signed', async (t) => {
  const crm = await connect(t, driver, sandbox)
  await create(crm)
  const request = crm.sandbox.requests.at(-1)
  const body = JSON.parse(request?.body ?? '')
  t.match(body, {
    type: 'crm.record.create',
    timestamp: /^\d{4}-\d\d-\d\dT[\d:.]+Z$/,
    data: { version: 1, tenant_id: 'tenant-1', object: 'contact', fields: ada, idempotency_key: 'conv_1:turn_2' },
  })
  t.match(request?.headers, { 'content-type': 'application/json', 'user-agent': 'Vorel-CRM/1', 'webhook-timestamp': /^\d{10}$/ })
})

t.test('a create has the same webhook-id whenever and wherever it is repeated, and another for another reference', async (t) => {
  const crm = await connect(t, driver, sandbox)
  const ref = reference()
  for (const one of [ref, ref, reference()]) await create(crm, one)
  const [first, second, other] = crm.sandbox.writes().map(idOf)
  t.match(first, /^msg_[a-z2-7]{27}$/)
  t.equal(second, first)
  t.not(other, first)
  t.equal(crm.sandbox.records('contact').length, 2)
})

t.test('an endpoint that forgets webhook-ids makes a record for each repeat, although each had the same', async (t) => {
  const crm = await connect(t, driver, variant('dedupeless'))
  const ref = reference()
  await create(crm, ref)
  await create(crm, ref)
  t.equal(new Set(crm.sandbox.writes().map(idOf)).size, 1)
  t.equal(crm.sandbox.records('contact').length, 2)
})

t.test('a read sent again within its call is the same to the byte, and the next call is another', async (t) => {
  for (const start of [sandbox, byGet(sandbox)]) {
    const crm = await connect(t, driver, start)
    crm.sandbox.requests.length = 0
    crm.sandbox.play('reset_before')
    await driver.lookupCustomer(crm.call(), { email: ada.email })
    await driver.lookupCustomer(crm.call(), { email: ada.email })
    const [lost, again, next] = crm.sandbox.requests
    t.strictSame(again, lost)
    t.not(idOf(next), idOf(again))
  }
})

t.test('a change has an id of its call and of what it does', async (t) => {
  const crm = await connect(t, driver, sandbox)
  const ids = [(await create(crm)).external_id, (await create(crm)).external_id, (await create(crm)).external_id]
  const call = crm.call()
  crm.sandbox.requests.length = 0
  const update = (ctx: ReturnType<Crm['call']>, note: string) =>
    driver.updateRecord(ctx, { object: 'contact', external_id: ids[0] ?? '', fields: { note } })
  await update(call, 'one')
  await update(call, 'one')
  await update(call, 'two')
  await update(crm.call(), 'one')
  await Promise.all(ids.slice(1).map((external_id) => driver.deleteRecord?.(call, { object: 'contact', external_id })))
  const [one, same, two, later, ...deletes] = crm.sandbox.requests.map(idOf)
  t.match(one, /^msg_[a-z2-7]{26}$/)
  t.equal(same, one)
  t.equal(new Set([one, two, later, ...deletes]).size, 5)
  t.equal(JSON.parse(crm.sandbox.requests[0]?.body ?? '').data.idempotency_key, one)
})

t.test(
  'while the secret is changed over, an endpoint with the old one and an endpoint with the new one both accept',
  async (t) => {
    const rotated = changed(sandbox, ({ credentials }) => ({
      credentials: { secret: SECRET, previous_secret: credentials.secret ?? '' },
    }))
    const crm = await connect(t, driver, rotated)
    await create(crm)
    t.equal(crm.sandbox.records('contact').length, 1, 'the endpoint still has the old secret')
    const request = crm.sandbox.requests.at(-1)
    t.match(request?.headers['webhook-signature'], /^v1,[\w+/]{43}= v1,[\w+/]{43}=$/)
    t.ok(new Webhook(SECRET).verify(request?.body ?? '', request?.headers as Record<string, string>))
    t.match(await driver.testConnection(crm.call({ credentials: { previous_secret: '' } })).catch((error) => error), {
      code: 'auth_error',
    })
  },
)

t.test('a secret that cannot sign is said to be so before anything is sent, and is not repeated', async (t) => {
  const crm = await connect(t, driver, sandbox)
  crm.sandbox.requests.length = 0
  const short = `whsec_${Buffer.alloc(23, 9).toString('base64')}`
  for (const credentials of [{ secret: short }, { previous_secret: short }] as Record<string, string>[]) {
    const error = await failureOf(driver.searchRecords(crm.call({ credentials }), { object: 'contact', query: 'Ada', limit: 1 }))
    t.match(error, { code: 'auth_error', message: /secret holds 23 bytes/ })
    t.notMatch(String(error), short.slice(6))
    t.equal(await codeOf(driver.testConnection(crm.call({ credentials }))), 'auth_error')
  }
  t.equal(crm.sandbox.requests.length, 0)
})

t.test('an endpoint that takes a wrong signature passes with a warning, one that does not passes without', async (t) => {
  for (const [start, warned] of [
    [variant('unverified'), true],
    [byGet(variant('unverified')), true],
    [sandbox, false],
    [byGet(sandbox), false],
  ] as const) {
    const crm = await connect(t, driver, start)
    const tested = await driver.testConnection(crm.call())
    t.equal(tested.ok, true)
    t.equal('warning' in tested, warned)
  }
})

t.test('an endpoint that verifies bodies and not queries is warned of where reads go by GET', async (t) => {
  const start = endpoint(({ method, query, headers, body }) => {
    const { challenge } = method === 'GET' ? Object.fromEntries(query) : JSON.parse(body).data
    const isForged = method === 'POST' && !isSigned(SECRET, body, headers as Record<string, string>)
    return isForged ? { status: 401 } : { status: 200, body: { ok: true, challenge } }
  })
  const warned = async (start: StartSandbox) => {
    const crm = await connect(t, driver, start)
    return 'warning' in (await driver.testConnection(crm.call()))
  }
  t.equal(await warned(start), false)
  t.equal(await warned(byGet(start)), true)
})

t.test('an endpoint that does not give the challenge back does not pass', async (t) => {
  const start = endpoint(() => ({ status: 200, body: { ok: true, challenge: 'of my own' } }))
  const crm = await connect(t, driver, start)
  t.match(await driver.testConnection(crm.call()), { ok: false, reason: /challenge/ })
})

t.test('a question too long for a query string is refused before it is sent', async (t) => {
  const crm = await connect(t, driver, byGet(sandbox))
  crm.sandbox.requests.length = 0
  const search = (query: string) => driver.searchRecords(crm.call(), { object: 'contact', query, limit: 5 })
  t.equal(await codeOf(search('ü'.repeat(1000))), 'invalid_request')
  t.equal(crm.sandbox.requests.length, 0)
  t.equal(await codeOf(search('x'.repeat(1500))), 'no error')
})
