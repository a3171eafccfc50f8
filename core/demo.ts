import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { connectTenant } from './admin/connections.ts'
import { createKey } from './admin/keys.ts'
import { ensureTenant } from './admin/tenants.ts'
import { hashApiKey } from './api-key.ts'
import { discover } from './discover.ts'
import type { StartSandbox } from './sandbox.ts'

export interface Demo {
  tenantId: string
  apiKey: string
  /** Names the create that the banner shows, anew on each start. */
  idempotencyKey: string
  close(): Promise<void>
}

const ACTOR = { actorType: 'system', actorId: 'demo' } as const
const TENANT = { id: 'demo', name: 'Demo tenant', region: 'US' }

/** A tenant connected to a provider's sandbox, so that the first call works without any account anywhere; none where the provider is off. */
export const startDemo = async (app: FastifyInstance, provider: string, dataDir: string): Promise<Demo | null> => {
  const listed = app.drivers.registry().loaded(provider)?.listed
  if (listed?.state !== 'on') {
    app.log.warn(`no demo tenant: its provider '${provider}' is not switched on`)
    return null
  }
  if (listed.manifest?.auth.kind === 'oauth2')
    throw new Error(
      `The demo's provider '${provider}' asks somebody to sign in. Name another in vorel.config.ts, or set demo: false.`,
    )
  const { folder } = listed
  const [found] = (await discover([join(folder, '..')])).filter((driver) => driver.folder === folder)
  const start = (await found?.importSandbox()) as StartSandbox | undefined
  if (!start)
    throw new Error(`The demo's provider '${provider}' has no sandbox. Name another in vorel.config.ts, or set demo: false.`)
  const sandbox = await start({ keepRequests: false })
  await ensureTenant(app.pipeline, app.database, ACTOR, TENANT)
  // A demo tenant that was connected to something else stays there.
  const known = await app.pipeline.access.byTenant(TENANT.id)
  if (!known?.connection || known.connection.provider === provider)
    await connectTenant(app.pipeline, app.database, {
      ...ACTOR,
      tenantId: TENANT.id,
      provider,
      entered: { ...sandbox.settings, ...sandbox.credentials },
    })
  const apiKey = await demoKey(app, dataDir)
  return { tenantId: TENANT.id, apiKey, idempotencyKey: `demo-${randomUUID().slice(0, 8)}`, close: () => sandbox.close() }
}

/** Made once and kept in the data folder. */
const demoKey = async (app: FastifyInstance, dataDir: string): Promise<string> => {
  const file = join(dataDir, 'demo-key')
  const kept = await readFile(file, 'utf8').catch(() => null)
  if (kept && (await app.pipeline.access.byKeyHash(hashApiKey(kept)))) return kept
  const { key } = await createKey(app.pipeline, app.database, {
    ...ACTOR,
    tenantId: TENANT.id,
    scopes: ['crm:read', 'crm:write', 'leads:write'],
  })
  await writeFile(file, key, { mode: 0o600 })
  return key
}
