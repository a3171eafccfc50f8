import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded } from '../../core/store/embedded.ts'
import { migrate } from '../../core/store/migrate.ts'
import { postgresDir } from '../../core/store/postgres-dir.ts'
import type { Idempotency } from '../../schemas/manifest.ts'
import { Client } from './client.ts'
import type { CaseName, Ending } from './expect.ts'
import { freePort, pause, type Service, startService } from './service.ts'
import { openStage, type Stage } from './stage.ts'
import { type Fate, STEPS } from './steps.ts'
import { STAGES } from './subjects.ts'
import { openTurnstile } from './turnstile.ts'

const CONFIG = join(import.meta.dirname, 'vorel.config.ts')
/** For a request that the provider goes on with late. */
const LATE_MS = 300

/** A service that can be killed, its database, and the providers that outlive it. */
export interface World {
  /** The providers of this moment. */
  stages: readonly Stage[]
  kills: number
  /** All providers anew, and the tenants connected to them. */
  openStages(): Promise<void>
  /** One create under a key of its own, the kill, and what is known when it is settled. */
  play(name: CaseName, key: string): Promise<Ending>
  end(): Promise<void>
}

export const openWorld = async (random: () => number): Promise<World> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'vorel-faults-'))
  await chmod(dataDir, 0o755) // PostgreSQL runs as another user where we are root
  const embedded = await startEmbedded(postgresDir({ dataDir }))
  await migrate(embedded.url)
  const turnstile = await openTurnstile(embedded.url)
  const port = await freePort()
  const start = ({ env }: Stage) => startService({ config: CONFIG, dataDir, port, env })
  let running: { service: Service; stage: Stage } | null = null

  /** A service knows where one set of providers is. */
  const serviceOn = async (stage: Stage): Promise<Service> => {
    if (running?.stage === stage) return running.service
    await running?.service.kill('SIGKILL') // asked to stop, it would end the database too
    running = { service: await start(stage), stage }
    return running.service
  }

  const closeStages = async (): Promise<void> => {
    await Promise.all(world.stages.map((stage) => stage.close()))
    world.stages = []
  }

  const world: World = {
    stages: [],
    kills: 0,
    openStages: async () => {
      await closeStages()
      for (const subjects of STAGES) world.stages = [...world.stages, await openStage(subjects, CONFIG, dataDir)]
    },
    play: async ({ player, step, healedBy }, key) => {
      const { subject, provider, stage, apiKey, idempotency } = player
      const service = await serviceOn(stage)
      const client = new Client(service.url, apiKey)
      const body = { object: subject.object, fields: await subject.fields(key, client), idempotency_key: key }
      const create = { tenant: subject.tenant, key, send: () => client.create(body) }
      const fate = fateOf(idempotency, random())
      const delayed: (() => void)[] = []
      const first = await STEPS[step]({ service, provider, turnstile, create, fate, later: (act) => delayed.push(act) })
      world.kills += 1
      running = { service: await start(stage), stage }
      if (healedBy === 'caller') await client.createUntilFinal(body)
      const { state, externalId } = await client.settled(key)
      for (const act of delayed) act()
      if (delayed.length > 0) await pause(LATE_MS)
      const [records, writes] = [provider.records(key), provider.writes(key)]
      const seconds = provider.seconds?.(key) ?? null
      return { wasAcknowledged: first?.status === 201, state, externalId, records, writes, seconds }
    },
    end: async () => {
      await turnstile.end()
      await running?.service.stop()
      await embedded.stop()
      await closeStages()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
  return world
}

/** Where repeats converge, they do so whichever comes last. */
const fateOf = (idempotency: Idempotency, at: number): Fate => {
  const fates: Fate[] = idempotency === 'native' ? ['go', 'drop', 'late'] : ['go', 'drop']
  return fates[Math.floor(at * fates.length)] ?? 'go'
}
