import { setTimeout as sleep } from 'node:timers/promises'
import { Checks, tally } from './check.ts'
import type { Answer, World } from './world.ts'

export interface Outcome {
  checks: Checks
  told: string
}

const EACH = 50

const crowd = (world: World, key: string, each = EACH): Promise<Answer[]> =>
  Promise.all(world.services.flatMap((service) => Array.from({ length: each }, () => world.call(service, key))))

const codes = (answers: Answer[]) => tally(answers.map(({ code }) => code))
const areAll = (answers: Answer[], ...wanted: string[]) => answers.every(({ code }) => wanted.includes(code))

/** A token that has expired, met by everybody at once; the token endpoint takes its time. */
export const storm = async (world: World, tenant: string, delayMs: number): Promise<Outcome> => {
  const checks = new Checks()
  const { provider } = world
  const key = await world.tenant(tenant)
  const warm = await crowd(world, key, 2)
  checks.ok(areAll(warm, 'ok'), `before: ${codes(warm)}`)
  const before = await world.stored(tenant)
  const calls = () => provider.sandbox.oauth?.tokenRequests().length ?? 0
  const callsBefore = calls()
  if (provider.sandbox.oauth) provider.sandbox.oauth.delayMs = delayMs
  provider.server.expireTokens()
  const answers = await crowd(world, key)
  checks.equal(answers.length, EACH * world.services.length, 'answers')
  // A call cannot wait for longer than its own deadline; the renewal goes on without it.
  if (delayMs < 8_000) checks.ok(areAll(answers, 'ok'), codes(answers))
  else checks.ok(areAll(answers, 'ok', 'provider_timeout'), codes(answers))
  if (delayMs >= 8_000) await sleep(delayMs - 8_000)
  const after = await crowd(world, key, 5)
  checks.ok(areAll(after, 'ok'), `afterwards: ${codes(after)}`)
  checks.equal(calls() - callsBefore, 1, 'token calls')
  const stored = await world.stored(tenant)
  checks.equal(stored.version, before.version + 1, 'token_version')
  checks.equal(stored.refreshed - before.refreshed, 1, 'audit rows')
  checks.ok(stored.rotatedAt > before.rotatedAt, 'rotated_at did not move')
  checks.ok(!stored.sealed.subarray(8, 21).equals(before.sealed.subarray(8, 21)), 'the IV is the same')
  checks.ok(!stored.sealed.subarray(37).equals(before.sealed.subarray(37)), 'the ciphertext is the same')
  checks.ok(provider.server.hasLiveGrant, 'the grant is dead')
  if (provider.sandbox.oauth) provider.sandbox.oauth.delayMs = 0
  const slowest = Math.max(...answers.map(({ ms }) => ms))
  return { checks, told: `${codes(answers)}; token calls ${calls() - callsBefore}; slowest ${Math.round(slowest)} ms` }
}

/** Many connections whose tokens end in the same second. */
export const many = async (world: World, tenants: number, each: number): Promise<Outcome> => {
  const checks = new Checks()
  const keys: string[] = []
  for (let n = 0; n < tenants; n += 1) keys.push(await world.tenant(`many-${n}`))
  const before = world.provider.issued()
  world.provider.server.expireTokens()
  const services = world.services
  const answers = await Promise.all(
    keys.flatMap((key, index) =>
      Array.from({ length: each }, (_, n) => world.call(services[(index + n) % services.length] as (typeof services)[0], key)),
    ),
  )
  checks.ok(areAll(answers, 'ok'), codes(answers))
  checks.equal(world.provider.issued() - before, tenants, 'token calls')
  return { checks, told: `${codes(answers)}; token calls ${world.provider.issued() - before}` }
}

/** What one process renewed, the next start uses. */
export const restarted = async (world: World, tenant: string): Promise<Outcome> => {
  const checks = new Checks()
  const key = await world.tenant(tenant)
  world.provider.server.expireTokens()
  checks.equal((await world.call(world.services[0] as World['services'][0], key)).code, 'ok', 'the renewing call')
  const before = world.provider.issued()
  await world.services[0]?.kill('SIGKILL')
  const service = await world.restart(0)
  checks.equal((await world.call(service, key)).code, 'ok', 'the call after the restart')
  checks.equal(world.provider.issued() - before, 0, 'token calls after the restart')
  return { checks, told: `token calls after the restart ${world.provider.issued() - before}` }
}

/** Somebody uninstalled the app. */
export const revoked = async (world: World, tenant: string, watchMs: number): Promise<Outcome> => {
  const checks = new Checks()
  const key = await world.tenant(tenant)
  const calls = () => world.provider.sandbox.oauth?.tokenRequests().length ?? 0
  world.provider.server.revokeGrants()
  const before = calls()
  const answers = await crowd(world, key)
  checks.ok(areAll(answers, 'auth_error', 'connection_not_active'), codes(answers))
  checks.ok(
    answers.some(({ code }) => code === 'auth_error'),
    'nobody was told auth_error',
  )
  const stored = await world.stored(tenant)
  checks.equal(stored.status, 'reauth_required', 'status')
  checks.ok(/^invalid_grant/.test(stored.reason ?? ''), `the reason is ${stored.reason}`)
  checks.equal(stored.reauths, 1, 'audit rows')
  for (const end = Date.now() + watchMs; Date.now() < end; await sleep(Math.min(1_000, watchMs / 10))) {
    const later = await crowd(world, key, 1)
    checks.ok(areAll(later, 'connection_not_active'), `later: ${codes(later)}`)
  }
  checks.equal(calls() - before, 1, 'token calls')
  checks.equal((await world.stored(tenant)).reauths, 1, 'audit rows in the end')
  return { checks, told: `${codes(answers)}; token calls ${calls() - before} in ${Math.round(watchMs / 1000)} s` }
}
