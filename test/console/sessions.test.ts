import t from 'tap'
import { createOperator, disableOperator, setPassword } from '../../core/operators/accounts.ts'
import { Browser, PASSWORD, signedIn } from '../support/browser.ts'
import { type Service, startService } from '../support/service.ts'

const ACTOR = { actorType: 'system', actorId: 'test' } as const
const isIn = async (browser: Browser) => (await browser.get('/console/tenants')).status === 200
const audited = async ({ app }: Service) =>
  (
    await app.database.pool.query(
      "select action, actor_id, code from audit_log where action like 'operator.%' and phase = 'outcome' order by seq",
    )
  ).rows.map(({ action, actor_id, code }) => `${action} ${actor_id} ${code}`)

t.test('a session ends an hour after it was last used, and 12 hours after it began', async (t) => {
  const service = await startService(t)
  const browser = await signedIn(service)
  const { pool } = service.app.database
  const set = (column: string, ago: string) => pool.query(`update operator_session set ${column} = now() - $1::interval`, [ago])
  await set('seen_at', '59 minutes')
  t.ok(await isIn(browser))
  await set('created_at', '11 hours 59 minutes')
  t.ok(await isIn(browser))
  await set('seen_at', '61 minutes')
  t.notOk(await isIn(browser), 'unused for an hour')
  await set('seen_at', '1 minute')
  await set('created_at', '12 hours 1 minute')
  t.notOk(await isIn(browser), 'begun 12 hours ago')
})

t.test('the database knows no session that anybody could use, and no password', async (t) => {
  const service = await startService(t)
  const browser = await signedIn(service)
  const { rows } = await service.app.database.pool.query(
    'select to_jsonb(s) || to_jsonb(a) as row from operator_session s join operator_account a on a.name = s.account',
  )
  const text = JSON.stringify(rows)
  t.match(text, /ada/)
  for (const [, value] of browser.cookies) t.notMatch(text, value)
  t.notMatch(text, PASSWORD)
})

t.test('a sign-in begins a session of its own: whoever gave the browser its id before has nothing', async (t) => {
  const service = await startService(t)
  await signedIn(service)
  const victim = new Browser(service.url)
  const id = 'A'.repeat(43)
  victim.cookies.set('vorel_console', id)
  await victim.signIn('ada')
  t.ok(await isIn(victim))
  t.not(victim.cookies.get('vorel_console'), id)
  const attacker = new Browser(service.url)
  attacker.cookies.set('vorel_console', id)
  t.notOk(await isIn(attacker))
})

t.test('a disabled account is signed out at once, and so is one whose password was set anew', async (t) => {
  const service = await startService(t)
  const { pipeline, database } = service.app
  const browser = await signedIn(service)
  await disableOperator(pipeline, database.pool, ACTOR, 'ada')
  t.notOk(await isIn(browser))
  t.equal((await browser.signIn('ada')).status, 401)
  await setPassword(pipeline, database.pool, ACTOR, { name: 'ada', password: 'another good password' })
  t.equal((await browser.signIn('ada')).status, 401, 'the old password')
  t.equal((await browser.signIn('ada', 'another good password')).status, 303)
  await setPassword(pipeline, database.pool, ACTOR, { name: 'ada', password: 'a third good password' })
  t.notOk(await isIn(browser))
  t.same(await audited(service), [
    'operator.created test ok',
    'operator.signed_in ada ok',
    'operator.disabled test ok',
    'operator.sign_in_failed ada unauthenticated',
    'operator.password_set test ok',
    'operator.sign_in_failed ada unauthenticated',
    'operator.signed_in ada ok',
    'operator.password_set test ok',
  ])
})

t.test('a name that is no account is not kept: somebody may have typed a password there', async (t) => {
  const service = await startService(t)
  await new Browser(service.url).signIn('my secret password')
  t.same(await audited(service), ['operator.sign_in_failed unknown unauthenticated'])
})

t.test('guesses are limited by account, whatever the outcome, and others are not held up', async (t) => {
  const service = await startService(t)
  const browser = await signedIn(service)
  await signedIn(service, 'eve')
  const statuses: number[] = []
  for (let guess = 0; guess < 5; guess += 1)
    statuses.push((await new Browser(service.url).signIn('ada', 'a wrong password')).status)
  t.same(statuses, [401, 401, 401, 401, 429])
  const last = await new Browser(service.url).signIn('ada')
  t.equal(last.status, 429, 'the right password, too')
  t.match(last.headers.get('retry-after'), /^\d+$/)
  t.equal((await new Browser(service.url).signIn('eve')).status, 303)
  t.ok(await isIn(browser))
})

t.test('over https the cookie is bound to the host and never sent in the clear', async (t) => {
  const service = await startService(t, { publicUrl: 'https://vorel.example' })
  const { headers } = await new Browser(service.url).get('/console/sign-in')
  t.match(headers.get('set-cookie'), /^__Host-vorel_console=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
})

t.test('where there is no account yet, the first page says how to make one', async (t) => {
  const service = await startService(t)
  const said = async () => (await new Browser(service.url).get('/console/sign-in')).html
  t.match(await said(), 'operators create')
  await signedIn(service)
  t.notMatch(await said(), 'operators create')
})

t.test('passwords are of 12 characters at least, and names of few kinds', async (t) => {
  const { app } = await startService(t)
  const create = (name: string, password: string) => createOperator(app.pipeline, app.database.pool, ACTOR, { name, password })
  await t.rejects(create('ada', 'elevenchars'), { code: 'invalid_request', message: /at least 12/ })
  await t.rejects(create('Ada Lovelace', PASSWORD), { code: 'invalid_request' })
  await create('ada', PASSWORD)
  await t.rejects(create('ada', PASSWORD), { message: /exists already/ })
})
