/**
 * Kills the service at each step of a create, starts it again, and counts records at the provider. No product code knows of it: the providers live
 * here and hold requests, a lock queue in PostgreSQL holds single statements, and a stopped process has committed without replying.
 */
import { parseArgs } from 'node:util'
import { aFew, everyCase, seeded } from './cases.ts'
import { type CaseName, type Ending, faultsOf } from './expect.ts'
import { lineOf, type Result, tableOf } from './report.ts'
import { openWorld } from './world.ts'

const { values: args } = parseArgs({
  options: {
    short: { type: 'boolean' },
    seed: { type: 'string' },
    repeats: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
})
const seed = Number(args.seed ?? Date.now() % 1_000_000)
const repeats = Number(args.repeats)
const random = seeded(seed)
const begun = performance.now()
const world = await openWorld(random)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void world.end().finally(() => process.exit(1)))

const isWanted = ({ player, step, healedBy }: CaseName): boolean =>
  `${player.idempotency} ${player.subject.tenant} ${step} ${healedBy}`.includes(args.only)

/** Those of one round, stage by stage. */
const casesNow = (): CaseName[] => {
  const every = everyCase(world.stages.flatMap(({ players }) => players))
  const stageOf = ({ player }: CaseName) => world.stages.indexOf(player.stage)
  return (args.short ? aFew(every, random) : every).filter(isWanted).sort((a, b) => stageOf(a) - stageOf(b))
}

const attempted = async (name: CaseName, key: string): Promise<Result> => {
  const from = performance.now()
  const done = (ending: Ending | null, faults: string[]): Result => ({
    ...name,
    ending,
    faults,
    seconds: (performance.now() - from) / 1000,
  })
  try {
    const ending = await world.play(name, key)
    return done(ending, faultsOf(name, ending))
  } catch (error) {
    return done(null, [String(error instanceof Error ? error.message : error)])
  }
}

const results: Result[] = []
let planned = 0
try {
  for (let round = 1; round <= repeats && results.every(({ ending }) => ending); round += 1) {
    await world.openStages()
    const cases = casesNow()
    planned += cases.length
    process.stdout.write(`${cases.length} cases, seed ${seed}, round ${round} of ${repeats}\n`)
    for (const [index, name] of cases.entries()) {
      const result = await attempted(name, `case-${round}-${String(index + 1).padStart(3, '0')}`)
      results.push(result)
      process.stdout.write(`${String(index + 1).padStart(3)}/${cases.length}  ${lineOf(result)}\n`)
      if (!result.ending) break // the stage itself is broken, and the next case would stand on it
    }
  }
} finally {
  await world.end()
}

process.stdout.write(`\nSIGKILLs: ${world.kills}, in ${Math.round((performance.now() - begun) / 1000)} s\n`)
console.table(tableOf(results))
const passed = results.filter(({ faults }) => faults.length === 0).length
process.stdout.write(`${passed} passed, ${planned - passed} failed\n`)
process.exitCode = passed > 0 && passed === planned ? 0 : 1
