/**
 * Renewals of sign-ins under load and under blows, with the real service in processes of its own, the real database and a provider whose refresh
 * tokens work once. `--short`: a few of them, chosen by `--seed`.
 */
import { parseArgs } from 'node:util'
import { startRedis } from '../support/redis.ts'
import { type Blow, STEPS, type Step, struck } from './kills.ts'
import { many, type Outcome, restarted, revoked, storm } from './storms.ts'
import { openWorld, type World, type WorldOptions } from './world.ts'

const { values: args } = parseArgs({
  options: { short: { type: 'boolean' }, seed: { type: 'string' }, only: { type: 'string', default: '' } },
})
const seed = Number(args.seed ?? Date.now() % 1_000_000)

interface Scenario {
  name: string
  run(world: World, tenant: string): Promise<Outcome>
}

const DELAYS_MS = [10, 1_500, 11_000]
const BLOWS: Blow[] = ['SIGKILL', 'database restart']

const storms = (label: string): Scenario[] =>
  DELAYS_MS.map((delayMs) => ({
    name: `storm, token endpoint ${delayMs} ms, ${label}`,
    run: (world, tenant) => storm(world, tenant, delayMs),
  }))

const quiet = (watchMs: number): Scenario[] => [
  { name: '100 connections in one second, 10 calls each', run: (world) => many(world, 100, 10) },
  { name: 'renewed, then restarted', run: restarted },
  { name: 'revoked grant', run: (world, tenant) => revoked(world, tenant, watchMs) },
]

const blows = (rotates: boolean): Scenario[] =>
  BLOWS.flatMap((blow) =>
    STEPS.map((step: Step) => ({
      name: `${blow} ${step}, ${rotates ? 'rotating' : 'lasting'} refresh tokens`,
      run: (world: World, tenant: string) => struck(world, tenant, step, blow, rotates),
    })),
  )

/** By the seed, the same every time. */
const some = <T>(list: T[], count: number): T[] =>
  list
    .map((item, index) => ({ item, at: Math.imul(seed + index * 7_919 + 1, 2_654_435_761) >>> 0 }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ item }) => item)

const stage = async (options: WorldOptions, scenarios: Scenario[]): Promise<Result[]> => {
  const wanted = scenarios.filter(({ name }) => name.includes(args.only))
  if (wanted.length === 0) return []
  const world = await openWorld(options)
  const results: Result[] = []
  try {
    for (const [index, { name, run }] of wanted.entries()) {
      const begun = Date.now()
      const { checks, told } = await run(world, `tenant-${index}`)
      const seconds = (Date.now() - begun) / 1000
      results.push({ name, faults: checks.faults })
      const verdict = checks.faults.length ? `not ok  ${checks.faults.join('; ')}` : 'ok'
      process.stdout.write(`${name.padEnd(66)} ${seconds.toFixed(1).padStart(6)} s  ${verdict}\n    ${told}\n`)
    }
  } finally {
    await world.end()
  }
  return results
}

interface Result {
  name: string
  faults: string[]
}

process.stdout.write(`seed ${seed}\n`)
const teardowns: (() => unknown)[] = []
const redis = await startRedis({ teardown: (end: () => unknown) => void teardowns.push(end) } as Parameters<typeof startRedis>[0])
const results: Result[] = []
try {
  if (args.short) {
    results.push(...(await stage({ processes: 2 }, [...some(storms('without Redis').slice(0, 2), 1), ...quiet(5_000)])))
    results.push(...(await stage({ processes: 2 }, some(blows(true), 3))))
  } else {
    results.push(...(await stage({ processes: 3 }, [...storms('without Redis'), ...quiet(300_000)])))
    if (redis) results.push(...(await stage({ processes: 3, redisUrl: redis.url }, storms('with Redis'))))
    else process.stdout.write('redis-server is not installed: the storms with Redis were left out\n')
    for (const rotates of [true, false]) results.push(...(await stage({ processes: 2, rotates }, blows(rotates))))
  }
} finally {
  for (const end of teardowns) await end()
}
const failed = results.filter(({ faults }) => faults.length > 0)
process.stdout.write(`\n${results.length} scenarios, ${failed.length} failed\n`)
process.exitCode = failed.length || results.length === 0 ? 1 : 0
