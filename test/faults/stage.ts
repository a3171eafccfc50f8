import type { Sandbox } from '../../core/sandbox.ts'
import { recordsOf } from '../../core/verbs/objects.ts'
import type { Idempotency, Manifest } from '../../schemas/manifest.ts'
import { type Provider, startProvider } from './provider.ts'
import type { Subject } from './subjects.ts'
import { type NewTenant, openOperator } from './tenants.ts'

/** A subject whose tenant is connected, and its provider. */
export interface Player {
  subject: Subject
  stage: Stage
  provider: Provider
  apiKey: string
  idempotency: Idempotency
  /** How long the provider may keep a new record from being found. */
  searchLagMs: number
}

/** The providers of some subjects, in this process. */
export interface Stage {
  /** Leads a service to them. */
  env: Record<string, string>
  players: Player[]
  close(): Promise<void>
}

export const openStage = async (subjects: Subject[], config: string, dataDir: string): Promise<Stage> => {
  const own = await startProvider()
  const sandboxes = await startSandboxes(subjects)
  const env = Object.assign({}, ...[...sandboxes].map(([slug, sandbox]) => envOf(slug, sandbox)))
  const close = async () => {
    await Promise.all([own, ...sandboxes.values()].map((provider) => provider.close()))
  }
  const stage: Stage = { env, players: [], close }
  const operator = await openOperator(config, dataDir, env)
  try {
    for (const subject of subjects) {
      const { tenant, slug, object } = subject
      const sandbox = sandboxes.get(slug)
      const entered: NewTenant['entered'] = sandbox ? { ...sandbox.settings, ...sandbox.credentials } : { url: own.url }
      const { driver, apiKey, idempotency } = await operator.connect({ tenant, slug, object, entered })
      const provider = sandbox ? asProvider(sandbox, subject, driver.manifest) : own
      stage.players.push({ subject, stage, provider, apiKey, idempotency, searchLagMs: driver.manifest.searchLagMs ?? 0 })
    }
    return stage
  } catch (error) {
    await close()
    throw error
  } finally {
    await operator.close()
  }
}

/** One for each provider. */
const startSandboxes = async (subjects: Subject[]): Promise<Map<string, Sandbox>> => {
  const sandboxes = new Map<string, Sandbox>()
  for (const { slug, sandbox } of subjects)
    if (sandbox && !sandboxes.has(slug)) sandboxes.set(slug, await sandbox.start({ variant: sandbox.variant }))
  return sandboxes
}

/** A provider whose hosts are its own is found by the endpoint in their place; one whose tenants name theirs needs none. */
const envOf = (slug: string, { url, oauth, settings }: Sandbox): Record<string, string> => {
  const app = `VOREL_OAUTH_${slug.toUpperCase()}_CLIENT`
  const { id, secret } = oauth?.server.client ?? {}
  const isNamed = Object.values(settings).includes(url)
  return {
    ...(!isNamed && { [`VOREL_ENDPOINT_${slug.toUpperCase()}`]: url }),
    ...(oauth && { [`${app}_ID`]: `${id}`, [`${app}_SECRET`]: `${secret}` }),
  }
}

/** A sandbox, seen by cases. */
const asProvider = (sandbox: Sandbox, subject: Subject, manifest: Manifest): Provider => {
  const { object, toldBy, second } = subject
  const idOf = (record: Record<string, unknown>) => String(record[subject.sandbox?.idOf ?? 'id'])
  const having = (key: string, of: string, slot: string) => {
    const column = manifest.objects[of]?.fields[slot]?.field ?? ''
    return sandbox.records(recordsOf(manifest, of)).filter((record) => record[column] === key)
  }
  const firsts = (key: string) => having(key, object, toldBy)
  const seconds =
    ({ object: of, toldBy: slot, tiesOf }: NonNullable<typeof second>) =>
    (key: string) => {
      const ties = firsts(key).flatMap(tiesOf)
      return having(key, of, slot).map((record) => ({ isTied: ties.includes(idOf(record)) }))
    }
  return {
    places: ['arrived', 'stored'],
    holdNext: (at) => {
      if (at === 'connected') throw new Error('A sandbox holds requests, and no connections.')
      return sandbox.holdNext(at)
    },
    records: (key) => firsts(key).map(idOf),
    writes: (key) => sandbox.writes().filter(({ body }) => body.includes(key)).length,
    ...(second && { seconds: seconds(second) }),
  }
}
