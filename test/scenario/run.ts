/** One and the same scenario at every provider's sandbox, through the service's own HTTP interface. */
import { parseArgs } from 'node:util'
import { type Person, STEPS } from './steps.ts'
import { openWorld, type Party } from './world.ts'

const { values: args } = parseArgs({ options: { json: { type: 'boolean' }, only: { type: 'string', multiple: true } } })

interface Told {
  isGood: boolean
  ms: number
  word: string
}

/** Where a provider has it otherwise than the rest: an object that is made of two, and what nobody is registered without. */
const OBJECTS: Record<string, string> = { hubspot: 'lead' }
const BESIDES: Record<string, Person['fields']> = { athenahealth: { date_of_birth: '1990-12-10' } }

const personAt = ({ manifest: { slug, objects } }: Party): Person => {
  const [first = 'contact'] = Object.entries(objects).flatMap(([name, { fields }]) => ('phone' in fields ? name : []))
  const object = OBJECTS[slug] ?? first
  const known = objects[object]?.fields ?? {}
  const all = {
    ...('name' in known ? { name: 'Ada Lovelace' } : { first_name: 'Ada', last_name: 'Lovelace' }),
    email: 'ada@example.test',
    phone: '+14155550100',
    ...('title' in known && objects[object]?.standsFor ? { title: 'Analytical engine', amount: 500_000 } : {}),
    ...BESIDES[slug],
  }
  return { object, fields: all, own: { slot: '', field: '', value: null }, externalId: '' }
}

const play = async (party: Party): Promise<Record<string, Told>> => {
  const person = personAt(party)
  const told: Record<string, Told> = {}
  for (const [name, step] of Object.entries(STEPS)) {
    const from = performance.now()
    const end = (isGood: boolean, word = '') => {
      told[name] = { isGood, ms: Math.round(performance.now() - from), word }
    }
    try {
      end(true, await step(party, person))
    } catch (error) {
      end(false, String(error instanceof Error ? error.message : error))
      break // what follows stands on it
    }
  }
  return told
}

const world = await openWorld(args.only ?? [])
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void world.end().finally(() => process.exit(1)))
const results: Record<string, Record<string, Told>> = {}
try {
  for (const party of world.parties) {
    const { slug } = party.manifest
    if (!args.json) process.stderr.write(`${slug} …\n`)
    results[slug] = await play(party)
  }
} finally {
  await world.end()
}

const cellOf = (told: Told | undefined): string => {
  if (!told) return '-'
  return [told.isGood ? 'ok' : 'NOT OK', `${told.ms} ms`, told.isGood ? told.word : ''].filter(Boolean).join(', ')
}
const steps = Object.keys(STEPS)
if (args.json) process.stdout.write(`${JSON.stringify(results)}\n`)
else
  console.table(
    Object.fromEntries(
      Object.entries(results).map(([slug, told]) => [slug, Object.fromEntries(steps.map((step) => [step, cellOf(told[step])]))]),
    ),
  )
const faults = Object.entries(results).flatMap(([slug, told]) =>
  Object.entries(told).flatMap(([step, { isGood, word }]) => (isGood ? [] : `${slug}, ${step}: ${word}`)),
)
for (const fault of faults) process.stderr.write(`${fault}\n`)
const passed = Object.values(results).filter((told) => steps.every((step) => told[step]?.isGood)).length
process.stderr.write(`${passed} of ${Object.keys(results).length} providers passed\n`)
process.exitCode = passed > 0 && passed === Object.keys(results).length ? 0 : 1
