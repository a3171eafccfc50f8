import { until } from '../faults/turnstile.ts'
import { Checks, tally } from './check.ts'
import type { Outcome } from './storms.ts'
import type { Answer, World } from './world.ts'

/** The steps of a renewal, each reached and held, by what can be held from outside: the provider's answers and rows in the database. */
export const STEPS = [
  'before the claim',
  'before the token call',
  'after the provider renewed',
  'before the tokens are stored',
  'after the tokens are stored',
] as const
export type Step = (typeof STEPS)[number]
export type Blow = 'SIGKILL' | 'database restart'

const PATIENCE_MS = 40_000
const WAITING = `select from pg_stat_activity where application_name = 'vorel' and wait_event_type = 'Lock' and query like '%tenant_credentials%'`

const reachWaiting = (world: World): Promise<void> =>
  until(async () => {
    const { rowCount } = await world.db.query(WAITING)
    return (rowCount ?? 0) > 0
  }, 'no statement of the service waits for the row')

/** Brings a renewal to the step; gives what lets it go on where it still lives. */
const bringTo = async (world: World, tenant: string, step: Step, call: () => Promise<Answer>): Promise<() => Promise<void>> => {
  const { provider } = world
  const open = async () => provider.open()
  switch (step) {
    case 'before the claim': {
      const release = await world.holdTokens(tenant)
      void call()
      await reachWaiting(world)
      return release
    }
    case 'before the token call':
    case 'after the provider renewed': {
      const { reached } = provider.close(step === 'before the token call' ? 'token asked' : 'token given')
      void call()
      await reached
      return open
    }
    case 'before the tokens are stored': {
      const { reached } = provider.close('token given')
      void call()
      await reached
      const release = await world.holdTokens(tenant)
      provider.open()
      await reachWaiting(world)
      return release
    }
    case 'after the tokens are stored': {
      const { version } = await world.stored(tenant)
      const first = provider.close('token given')
      void call()
      await first.reached
      provider.open()
      const { reached } = provider.close('api asked')
      await reached
      await until(async () => (await world.stored(tenant)).version === version + 1, 'the tokens were not stored')
      return open
    }
  }
}

/** One blow at one step, and what stands afterwards. */
export const struck = async (world: World, tenant: string, step: Step, blow: Blow, rotates: boolean): Promise<Outcome> => {
  const checks = new Checks()
  const [first, second] = world.services as [World['services'][0], World['services'][0]]
  const key = await world.tenant(tenant)
  world.provider.server.expireTokens()
  const proceed = await bringTo(world, tenant, step, () => world.call(first, key))
  if (blow === 'SIGKILL') {
    await first.kill('SIGKILL')
    if (step === 'before the token call') world.provider.open({ abandoned: true })
    await proceed()
  } else {
    await world.crashDatabase()
    await proceed()
  }
  const begun = performance.now()
  const answers = await untilSettled(world, second, key)
  const healedMs = performance.now() - begun
  if (blow === 'SIGKILL') await world.restart(0)
  const stored = await world.stored(tenant)
  // Where the process that alone knew the new tokens is gone, and the old ones are dead, nobody can go on; then the true reason is said.
  const mayBeLost =
    blow === 'SIGKILL' && rotates && (step === 'after the provider renewed' || step === 'before the tokens are stored')
  const last = answers.at(-1)?.code
  if (stored.status === 'reauth_required') {
    checks.ok(mayBeLost, `the grant was lost (${stored.reason})`)
    checks.ok(/^invalid_grant.*interrupted/.test(stored.reason ?? ''), `the reason is ${stored.reason}`)
    checks.equal(stored.reauths, 1, 'audit rows')
  } else {
    checks.equal(last, 'ok', 'the last answer')
    world.provider.server.expireTokens()
    const again = await world.call(second, key)
    checks.ok(again.code === 'ok' || again.code === 'auth_error', `renewed once more: ${again.code}`)
  }
  return { checks, told: `${stored.status}; ${tally(answers.map(({ code }) => code))}; settled after ${Math.round(healedMs)} ms` }
}

const untilSettled = async (world: World, service: World['services'][0], key: string): Promise<Answer[]> => {
  const answers: Answer[] = []
  for (const begun = Date.now(); Date.now() - begun < PATIENCE_MS; ) {
    const answer = await world.call(service, key)
    answers.push(answer)
    if (['ok', 'connection_not_active', 'auth_error'].includes(answer.code)) return answers
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return answers
}
