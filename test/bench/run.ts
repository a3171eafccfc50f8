/** What Vorel costs, beside calling the provider directly and beside a bare route that forwards; everything on this one machine. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import autocannon, { type Result } from 'autocannon'
import { postgresDir } from '../../core/store/postgres-dir.ts'
import { runningServer } from '../../core/store/postmaster.ts'
import { freePort, startService } from '../faults/service.ts'
import { type Scenario, scenariosOf } from './scenarios.ts'
import { type BenchTenant, makeTenants } from './tenants.ts'
import { cpuSeconds, memoryMb, treeCpuSeconds } from './usage.ts'

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    only: { type: 'string' },
    profile: { type: 'string' },
  },
})
const seconds = Number(args.seconds)
const rounds = Number(args.rounds)
const connections = Number(args.connections)
const TENANTS = 400
const WARM_UP_SECONDS = 2

interface Measured {
  rps: number
  p50: number
  p99: number
  cpuPer1000: number | null
  databaseCpuPer1000: number | null
  memoryMb: number | null
}

const tell = (line: string) => args.json || process.stdout.write(`${line}\n`)

const child = async (file: string, ...argv: string[]): Promise<{ process: ChildProcess; url: string; pid: number }> => {
  const started = fork(join(import.meta.dirname, file), argv)
  const [port] = (await Promise.race([once(started, 'message'), once(started, 'exit').then(() => [null])])) as [number | null]
  if (port === null) throw new Error(`${file} did not start.`)
  return { process: started, url: `http://127.0.0.1:${port}`, pid: started.pid ?? 0 }
}

/** Each connection has tenants of its own, all of them in turn. */
const load = async ({ url, call, requestOf }: Scenario, tenants: BenchTenant[], duration: number): Promise<Result> => {
  let taken = 0
  const share = Math.ceil(tenants.length / connections)
  const result = await autocannon({
    url,
    connections,
    duration,
    idReplacement: call === 'create',
    setupClient: (client) => {
      const from = (taken++ * share) % tenants.length
      client.setRequests(tenants.slice(from, from + share).map(requestOf))
    },
  })
  const lost = result.non2xx + result.errors + result.timeouts
  if (lost > 0 || result['2xx'] === 0)
    throw new Error(
      `${lost} requests got no 2xx (${result.non2xx} other answers, ${result.errors} errors, ${result.timeouts} late).`,
    )
  return result
}

const measure = async (scenario: Scenario, tenants: BenchTenant[], pid: number, databasePid: number): Promise<Measured> => {
  const before = [cpuSeconds(pid), treeCpuSeconds(databasePid)] as const
  const { '2xx': answered, duration, latency } = await load(scenario, tenants, seconds)
  const per1000 = (from: number | null, to: number | null) =>
    from !== null && to !== null ? ((to - from) * 1000) / answered : null
  return {
    rps: answered / duration,
    p50: latency.p50,
    p99: latency.p99,
    cpuPer1000: per1000(before[0], cpuSeconds(pid)),
    databaseCpuPer1000: scenario.who === 'vorel' ? per1000(before[1], treeCpuSeconds(databasePid)) : null,
    memoryMb: memoryMb(pid),
  }
}

const median = (values: (number | null)[]): number | null => {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

const medianOf = (measured: Measured[]) => {
  const of = (what: keyof Measured, digits: number) => {
    const value = median(measured.map((one) => one[what]))
    return value === null ? null : Number(value.toFixed(digits))
  }
  return {
    rps: of('rps', 0) ?? 0,
    p50: of('p50', 1),
    p99: of('p99', 1),
    cpuPer1000: of('cpuPer1000', 3),
    databaseCpuPer1000: of('databaseCpuPer1000', 3),
    memoryMb: of('memoryMb', 0),
  }
}

const dataDir = await mkdtemp(join(tmpdir(), 'vorel-bench-'))
await chmod(dataDir, 0o755) // PostgreSQL runs as another user where we are root
const config = join(import.meta.dirname, 'vorel.config.ts')
const ends: (() => Promise<unknown> | unknown)[] = [() => rm(dataDir, { recursive: true, force: true })]

const bench = async () => {
  const upstream = await child('upstream.ts')
  ends.unshift(() => upstream.process.kill())
  const flags = args.profile ? ['--cpu-prof', `--cpu-prof-dir=${args.profile}`] : []
  const service = await startService({ config, dataDir, port: await freePort(), flags, logTo: 'ignore' })
  ends.unshift(() => service.stop())
  const { tenants, jwtSecret } = await makeTenants(TENANTS, { config, dataDir, upstream: upstream.url })
  const floor = await child('floor.ts', upstream.url, jwtSecret)
  ends.unshift(() => floor.process.kill())
  const databasePid = (await runningServer(postgresDir({ dataDir })))?.pid ?? 0
  const pids = { direct: upstream.pid, floor: floor.pid, vorel: service.pid }
  const scenarios = scenariosOf({ direct: upstream.url, floor: floor.url, vorel: service.url }).filter(
    ({ name }) => !args.only || name.includes(args.only),
  )
  const measured = new Map<Scenario, Measured[]>(scenarios.map((scenario) => [scenario, []]))
  for (const scenario of scenarios) await load(scenario, tenants, WARM_UP_SECONDS)
  for (let round = 1; round <= rounds; round++)
    for (const [scenario, results] of measured) {
      const result = await measure(scenario, tenants, pids[scenario.who], databasePid)
      results.push(result)
      tell(`round ${round}/${rounds}  ${scenario.name.padEnd(15)} ${result.rps.toFixed(0).padStart(7)} requests/s`)
    }
  return [...measured].map(([{ name, call, who }, results]) => ({ name, call, who, ...medianOf(results) }))
}

const finish = async (): Promise<void> => {
  for (const end of ends.splice(0)) await end()
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void finish().finally(() => process.exit(1)))

try {
  const results = await bench()
  const rps = (call: Scenario['call'], who: Scenario['who']) =>
    results.find((result) => result.call === call && result.who === who)?.rps ?? Number.NaN
  const ratio = (call: Scenario['call']) => Number((rps(call, 'vorel') / rps(call, 'floor')).toFixed(3))
  const ratios = { lookup: ratio('lookup'), create: ratio('create') }
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}, ${process.platform}`
  const about = `${connections} connections, ${TENANTS} tenants, medians of ${rounds} rounds of ${seconds} s; client, upstream, floor, service and PostgreSQL share the machine`
  if (args.json) process.stdout.write(`${JSON.stringify({ machine, about, results, ratios }, null, 2)}\n`)
  else {
    process.stdout.write(`\n${machine}\n${about}\n\n`)
    process.stdout.write(
      '| | requests/s | p50 ms | p99 ms | CPU s per 1000 | of PostgreSQL | memory MB |\n|---|---|---|---|---|---|---|\n',
    )
    for (const { name, rps, p50, p99, cpuPer1000, databaseCpuPer1000, memoryMb } of results)
      process.stdout.write(
        `| ${[name, rps, p50, p99, cpuPer1000, databaseCpuPer1000, memoryMb].map((cell) => cell ?? '').join(' | ')} |\n`,
      )
    process.stdout.write(`\nVorel to floor: lookup ${ratios.lookup}, create ${ratios.create}\n`)
  }
} finally {
  await finish()
}
