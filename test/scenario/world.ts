import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { createKey } from '../../core/admin/keys.ts'
import { createTenant } from '../../core/admin/tenants.ts'
import { loadConfig } from '../../core/config.ts'
import { discover } from '../../core/discover.ts'
import { type Service, startService } from '../../core/main.ts'
import type { Sandbox, StartSandbox } from '../../core/sandbox.ts'
import type { Manifest } from '../../schemas/manifest.ts'
import { OPERATOR_ROLE } from '../../schemas/scopes.ts'
import { waysTo } from '../support/connect-as.ts'
import { freePort } from '../support/port.ts'

const CONFIG = join(import.meta.dirname, 'vorel.config.ts')
const ACTOR = { actorType: 'platform_operator', actorId: 'scenario' } as const

// biome-ignore lint/suspicious/noExplicitAny: bodies are looked at field by field
export type Answer = { status: number; headers: Headers; body: any }

/** One provider: its sandbox, and a tenant that is to be connected to it. */
export interface Party {
  manifest: Manifest
  sandbox: Sandbox
  /** As the tenant's own server calls. */
  call(verb: string, body: object): Promise<Answer>
  /** As an operator of the platform does. */
  operate(method: string, path: string, body?: object): Promise<Answer>
}

export interface World {
  parties: Party[]
  end(): Promise<void>
}

/** The whole service on an embedded database of its own, and the sandboxes of all providers that are available. */
export const openWorld = async (only: string[]): Promise<World> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'vorel-scenario-'))
  await chmod(dataDir, 0o755) // PostgreSQL runs as another user where we are root
  const env = { VOREL_CONFIG: CONFIG, VOREL_DATA_DIR: dataDir, PORT: String(await freePort()), LOG_LEVEL: 'silent' }
  const config = await loadConfig(env)
  const sandboxes = await startSandboxes(config.driverFolders, only)
  const service = await startService({ ...config, ...waysTo(sandboxes) })
  const parties = await Promise.all(Object.entries(sandboxes).map(([slug, sandbox]) => partyOf(service, slug, sandbox)))
  const end = async () => {
    await service.close()
    await Promise.all(Object.values(sandboxes).map((sandbox) => sandbox.close()))
    await rm(dataDir, { recursive: true, force: true })
  }
  return { parties, end }
}

const startSandboxes = async (folders: string[], only: string[]): Promise<Record<string, Sandbox>> => {
  const sandboxes: Record<string, Sandbox> = {}
  for (const found of await discover(folders)) {
    const { slug, status } = found.manifest as Manifest
    if (status !== 'available' || (only.length > 0 && !only.includes(slug))) continue
    sandboxes[slug] = await ((await found.importSandbox()) as StartSandbox)()
  }
  return sandboxes
}

const partyOf = async ({ app, url, config }: Service, slug: string, sandbox: Sandbox): Promise<Party> => {
  const { pipeline, database } = app
  const tenantId = slug
  await createTenant(pipeline, database, ACTOR, { id: tenantId, name: slug, region: 'US' })
  const { key } = await createKey(pipeline, database, { ...ACTOR, tenantId, scopes: ['crm:read', 'crm:write'] })
  const secret = 'secret' in config.jwt ? config.jwt.secret : ''
  const operator = await new SignJWT({ sub: 'scenario', role: OPERATOR_ROLE })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(Buffer.from(secret))
  const send = async (method: string, path: string, token: string, body?: object): Promise<Answer> => {
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) }
    const answer = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    return { status: answer.status, headers: answer.headers, body: await answer.json() }
  }
  return {
    manifest: pipeline.registry().get(slug).manifest,
    sandbox,
    call: (verb, body) => send('POST', `/v1/crm/${verb}`, key, body),
    operate: (method, path, body) => send(method, `/api/tenants/${tenantId}/${path}`, operator, body),
  }
}
