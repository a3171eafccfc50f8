/**
 * Kills the service at each step of a create, starts it again, and counts records at the provider. No product code knows of it: the provider lives
 * here and holds requests, a lock queue in PostgreSQL holds single statements, and a stopped process has committed without replying.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Client } from './client.ts'
import { type CaseName, type Ending, faultsOf } from './expect.ts'
import { startProvider } from './provider.ts'
import { freePort, startService } from './service.ts'
import { hasStep, STEPS, stepNames } from './steps.ts'
import { CLASSES, connectTenants, databaseUrlOf } from './tenants.ts'
import { openTurnstile } from './turnstile.ts'

interface Result extends CaseName {
  ending: Ending | null
  faults: string[]
  seconds: number
}

const { values: args } = parseArgs({
  options: {
    short: { type: 'boolean' },
    seed: { type: 'string' },
    repeats: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
})
const seed = Number(args.seed ?? Date.now() % 1_000_000)
const SHORT = 9

const random = (() => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
})()

const shuffled = <T>(list: T[]): T[] =>
  list
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)

const every = Array.from({ length: Number(args.repeats) }, () =>
  CLASSES.flatMap((tenant) =>
    stepNames
      .filter((step) => hasStep(tenant, step))
      .flatMap((step) => (['caller', 'sweeper'] as const).map((healedBy): CaseName => ({ tenant, step, healedBy }))),
  ),
).flat()

/** A few of them, with every step and every class among them. */
const aFew = (): CaseName[] => {
  const left = shuffled(every)
  const perStep = shuffled(stepNames).map((step, index) => {
    const tenant = CLASSES[index % CLASSES.length]
    const of = left.filter((name) => name.step === step)
    return of.find((name) => name.tenant === tenant) ?? of[0]
  })
  const chosen = perStep.filter((name) => name !== undefined)
  return [...chosen, ...left.filter((name) => !chosen.includes(name))].slice(0, SHORT)
}

const isWanted = ({ tenant, step, healedBy }: CaseName) => `${tenant} ${step} ${healedBy}`.includes(args.only ?? '')
const cases = (args.short ? aFew() : every).filter(isWanted)
const config = join(import.meta.dirname, 'vorel.config.ts')
const dataDir = await mkdtemp(join(tmpdir(), 'vorel-faults-'))
await chmod(dataDir, 0o755) // PostgreSQL runs as another user where we are root
const port = await freePort()
const provider = await startProvider()
const start = () => startService({ config, dataDir, port })
let service = await start()
const keys = await connectTenants(config, dataDir, provider.url)
const turnstile = await openTurnstile(await databaseUrlOf(dataDir))
let kills = 0

const runCase = async (name: CaseName, key: string): Promise<Ending> => {
  const client = new Client(service.url, keys[name.tenant])
  const create = { tenant: name.tenant, key, send: () => client.create(key) }
  const fate = random() < 0.5 ? 'go' : 'drop'
  const first = await STEPS[name.step]({ service, provider, turnstile, create, fate })
  kills += 1
  service = await start()
  if (name.healedBy === 'caller') await client.createUntilFinal(key)
  const { state, externalId } = await client.settled(key)
  const records = provider.records(key).map(({ id }) => String(id))
  return { wasAcknowledged: first?.status === 201, state, externalId, records, writes: provider.writes(key) }
}

const attempted = async (name: CaseName, index: number): Promise<Result> => {
  const begun = Date.now()
  const done = (ending: Ending | null, faults: string[]): Result => ({
    ...name,
    ending,
    faults,
    seconds: (Date.now() - begun) / 1000,
  })
  try {
    const ending = await runCase(name, `case-${index}`)
    return done(ending, faultsOf(name, ending))
  } catch (error) {
    return done(null, [String(error instanceof Error ? error.message : error)])
  }
}

const lineOf = ({ tenant, step, healedBy, ending, faults, seconds }: Result): string => {
  const told = ending ? `${ending.state}, records ${ending.records.length}, sent ${ending.writes}` : ''
  const verdict = faults.length ? `not ok  ${faults.join('; ')}` : 'ok'
  return `${tenant.padEnd(7)} ${step.padEnd(32)} ${healedBy.padEnd(8)} ${told.padEnd(38)} ${seconds.toFixed(1).padStart(5)} s  ${verdict}`
}

const end = async (): Promise<void> => {
  await turnstile.end()
  await service.stop()
  await provider.close()
  await rm(dataDir, { recursive: true, force: true })
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end().finally(() => process.exit(1)))

process.stdout.write(`${cases.length} cases, seed ${seed}\n`)
const results: Result[] = []
try {
  for (const [index, name] of cases.entries()) {
    const result = await attempted(name, index)
    results.push(result)
    process.stdout.write(`${String(index + 1).padStart(3)}/${cases.length}  ${lineOf(result)}\n`)
    if (!result.ending) break // the stage itself is broken, and the next case would stand on it
  }
} finally {
  await end()
}

const table = CLASSES.map((tenant) => {
  const of = results.filter((result) => result.tenant === tenant)
  const ended = (state: string) => of.filter(({ ending }) => ending?.state === state).length
  return {
    class: tenant,
    kills: of.length,
    done: ended('done'),
    outcome_unknown: ended('outcome_unknown'),
    'not sent': ended('failed') + ended('absent'),
    lost: of.filter(({ ending }) => ending?.wasAcknowledged && ending.records.length === 0).length,
    twice: of.filter(({ ending }) => ending && ending.records.length > 1).length,
  }
})
process.stdout.write(`\nSIGKILLs: ${kills}\n`)
console.table(table)
const failed = results.filter(({ faults }) => faults.length > 0).length + (cases.length - results.length)
process.stdout.write(`${cases.length - failed} passed, ${failed} failed\n`)
process.exitCode = failed ? 1 : 0
