import type { FastifyInstance } from 'fastify'
import { SignJWT } from 'jose'
import type { Test } from 'tap'
import { connectTenant } from '../../core/admin/connections.ts'
import { createKey } from '../../core/admin/keys.ts'
import { createTenant } from '../../core/admin/tenants.ts'
import { type AppConfig, buildApp } from '../../core/app.ts'
import type { Sandbox, StartSandbox } from '../../core/sandbox.ts'
import memorySandbox from '../../drivers/memory/sandbox.ts'
import { OPERATOR_ROLE } from '../../schemas/scopes.ts'
import { freshDatabase } from './database.ts'

export const JWT_SECRET = 'a test secret of enough random bytes 0123456789'
const OPERATOR = { actorType: 'platform_operator', actorId: 'test' } as const

export interface Service {
  app: FastifyInstance
  url: string
  /** POSTs JSON (or a text as it stands) and gives status, headers and body. */
  post(path: string, token: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
  get(path: string, token?: string): Promise<Answer>
  delete(path: string, token: string): Promise<Answer>
  /** A tenant with a key of all scopes, connected to the sandbox. */
  tenant(
    id: string,
    options?: { provider?: string; sandbox?: Sandbox; scopes?: string[]; onUnmapped?: 'refuse' | 'skip' },
  ): Promise<string>
}

// biome-ignore lint/suspicious/noExplicitAny: bodies are looked at field by field in tests
export type Answer = { status: number; headers: Headers; body: any }

/** The whole service on a real socket and a fresh database. */
export const startService = async (t: Test, overrides: Partial<AppConfig> = {}): Promise<Service> => {
  const databaseUrl = overrides.databaseUrl ?? (await freshDatabase(t))
  const app = await buildApp({
    mode: 'development',
    file: '',
    host: '127.0.0.1',
    port: 0,
    publicUrl: 'http://127.0.0.1',
    dataDir: '',
    redisUrl: null,
    encryptionKey: Buffer.alloc(32, 'test key'),
    olderEncryptionKeys: [],
    kms: null,
    signingKey: Buffer.alloc(32, 'a signing key of a test'),
    auditSink: null,
    jwt: { secret: JWT_SECRET },
    jwtIssuer: null,
    jwtAudience: null,
    logLevel: 'silent',
    driverFolders: [new URL('../../drivers', import.meta.url).pathname],
    providers: {},
    perKeyPerMinute: 10_000,
    perToolPerMinute: 10_000,
    allowAddresses: ['127.0.0.0/8'],
    oauthApps: {},
    endpoints: {},
    deadlineMs: 10_000,
    tracing: null,
    console: { hasPasswords: true, oidc: null },
    demoProvider: null,
    ...overrides,
    databaseUrl,
  })
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: overrides.port ?? 0 })
  const read = async (response: Response): Promise<Answer> => {
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : text }
  }
  return {
    app,
    url,
    post: async (path, token, body, headers = {}) =>
      read(
        await fetch(url + path, {
          method: 'POST',
          headers: { ...(token && { authorization: `Bearer ${token}` }), 'content-type': 'application/json', ...headers },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
      ),
    get: async (path, token) => read(await fetch(url + path, token ? { headers: { authorization: `Bearer ${token}` } } : {})),
    delete: async (path, token) =>
      read(await fetch(url + path, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } })),
    tenant: async (id, { provider = 'memory', sandbox, scopes = ['crm:read', 'crm:write'], onUnmapped = 'refuse' } = {}) => {
      await createTenant(app.pipeline, app.database, OPERATOR, { id, name: id, region: 'US' })
      if (sandbox) {
        const entered = { ...sandbox.settings, ...sandbox.credentials }
        await connectTenant(app.pipeline, app.database, { ...OPERATOR, tenantId: id, provider, entered, onUnmapped })
      }
      return (await createKey(app.pipeline, app.database, { ...OPERATOR, tenantId: id, scopes })).key
    },
  }
}

export const startSandbox = async (t: Test, start: StartSandbox = memorySandbox): Promise<Sandbox> => {
  const sandbox = await start()
  t.teardown(() => sandbox.close())
  return sandbox
}

/** An agent's token. */
export const token = (
  claims: Record<string, unknown>,
  { secret = JWT_SECRET, expiresIn = '1h' as string | number } = {},
): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime(expiresIn).sign(Buffer.from(secret))

/** An operator's token. */
export const operatorToken = (claims: Record<string, unknown> = {}): Promise<string> =>
  token({ sub: 'ada', role: OPERATOR_ROLE, ...claims })
