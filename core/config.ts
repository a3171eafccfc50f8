import { dirname, resolve } from 'node:path'
import { developmentSecrets } from './development-secrets.ts'
import {
  auditSinkOf,
  databaseUrlOf,
  type Env,
  encryptionKeysOf,
  endpointsOf,
  hasSecrets,
  jwtOf,
  kmsOf,
  oauthAppsOf,
  oneOf,
  portOf,
  publicUrlOf,
  rangesOf,
  redisUrlOf,
  signingKeyOf,
  tracingOf,
} from './environment.ts'
import type { OAuthApps } from './oauth/app.ts'
import type { TracingConfig } from './observe/tracer.ts'
import { foldersOf, readOperatorConfig } from './operator-config.ts'
import { type ConsoleConfig, consoleOf } from './operators/console-config.ts'
import type { Endpoints } from './outbound/endpoint.ts'

export { defineConfig, type OperatorConfig } from './operator-config.ts'

export interface KmsConfig {
  keyId: string
  olderKeyIds: string[]
  region: string
  endpoint?: string
  /** From the environment; without them its client looks where AWS clients do. */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  /** It seals new values; else it only opens. */
  seals: boolean
}

export interface Config {
  mode: 'development' | 'production'
  file: string
  host: string
  port: number
  publicUrl: string
  dataDir: string
  /** Null: the embedded PostgreSQL under `dataDir`. */
  databaseUrl: string | null
  redisUrl: string | null
  /** Null: a key service seals, and no key is given here. */
  encryptionKey: Buffer | null
  olderEncryptionKeys: Buffer[]
  /** Null: no key service is used. */
  kms: KmsConfig | null
  /** Seed of the Ed25519 key. */
  signingKey: Buffer
  /** Where the audit's seals go besides the database: a file, `stdout`, or null. */
  auditSink: string | null
  jwt: { secret: string } | { jwksUrl: string }
  jwtIssuer: string | null
  jwtAudience: string | null
  logLevel: string
  driverFolders: string[]
  providers: Record<string, boolean>
  perKeyPerMinute: number
  perToolPerMinute: number
  allowAddresses: string[]
  /** The platform's own apps at providers, by slug. */
  oauthApps: OAuthApps
  /** Where requests go in place of a provider's own host, by slug. */
  endpoints: Endpoints
  deadlineMs: number
  /** Null: nothing is traced. */
  tracing: TracingConfig | null
  /** How operators sign in to the console. */
  console: ConsoleConfig
  demoProvider: string | null
}

export class ConfigError extends Error {
  readonly faults: string[]

  constructor(faults: string[]) {
    super(
      `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    )
    this.name = 'ConfigError'
    this.faults = faults
  }
}

const LOOPBACK = ['127.0.0.0/8', '::1/128']
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** Reads the environment and the operator's file; throws one ConfigError with every fault of both. */
export const loadConfig = async (given: Env = process.env, cwd = process.cwd()): Promise<Config> => {
  const faults: string[] = []
  // What is set to nothing, as in a compose file, is not set.
  const env: Env = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''))
  const file = resolve(cwd, env.VOREL_CONFIG ?? 'vorel.config.ts')
  const operator = await readOperatorConfig(file, env.VOREL_CONFIG !== undefined, faults)
  const mode = env.NODE_ENV === 'production' || env.DATABASE_URL ? 'production' : 'development'
  const dataDir = resolve(cwd, env.VOREL_DATA_DIR ?? '.vorel')
  const own = mode === 'development' && !hasSecrets(env) ? await developmentSecrets(dataDir, faults) : null
  const host = env.HOST ?? '127.0.0.1'
  const port = portOf(env.PORT, faults)
  const kms = kmsOf(operator, env)
  const config: Config = {
    mode,
    file,
    host,
    port,
    dataDir,
    publicUrl: publicUrlOf(env, mode, `http://${host}:${port}`, faults),
    databaseUrl: databaseUrlOf(env, mode, faults),
    redisUrl: redisUrlOf(env, mode, faults),
    ...encryptionKeysOf(env, own?.encryptionKey, kms?.seals === true, faults),
    kms,
    signingKey: signingKeyOf(env, own?.signingKey, faults),
    auditSink: auditSinkOf(env, mode, cwd, dataDir, faults),
    jwt: jwtOf(env, mode, own?.jwtSecret, faults),
    jwtIssuer: env.JWT_ISSUER ?? null,
    jwtAudience: env.JWT_AUDIENCE ?? null,
    logLevel: oneOf('LOG_LEVEL', env.LOG_LEVEL ?? 'info', LOG_LEVELS, faults),
    driverFolders: await foldersOf(operator, dirname(file), faults),
    providers: operator.providers ?? {},
    perKeyPerMinute: operator.limits?.perKeyPerMinute ?? 200,
    perToolPerMinute: operator.limits?.perToolPerMinute ?? 50,
    allowAddresses: rangesOf(operator.outbound?.allowAddresses ?? (mode === 'development' ? LOOPBACK : []), faults),
    oauthApps: oauthAppsOf(env),
    endpoints: endpointsOf(env, mode, faults),
    deadlineMs: operator.deadlineMs ?? 10_000,
    tracing: tracingOf(env, operator.tracing, faults),
    console: consoleOf(operator.console, env, mode, faults),
    demoProvider: mode === 'development' && operator.demo ? operator.demo.provider : null,
  }
  if (faults.length) throw new ConfigError(faults)
  return config
}
