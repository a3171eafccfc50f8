import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import ipaddr from 'ipaddr.js'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { shapeFaults } from './shape-faults.ts'
import { parseKey } from './vault/keyring.ts'

/** What an operator may set in `vorel.config.ts`. */
export const OperatorConfig = Type.Object(
  {
    drivers: Type.Optional(
      Type.Object(
        { folders: Type.Array(Type.String(), { description: 'Folders whose subfolders are drivers' }) },
        { additionalProperties: false },
      ),
    ),
    providers: Type.Optional(
      Type.Record(Type.String(), Type.Boolean(), { description: 'By slug; a driver found and not named is on' }),
    ),
    limits: Type.Optional(
      Type.Object(
        {
          perKeyPerMinute: Type.Optional(Type.Integer({ minimum: 1 })),
          perToolPerMinute: Type.Optional(Type.Integer({ minimum: 1 })),
        },
        { additionalProperties: false },
      ),
    ),
    outbound: Type.Optional(
      Type.Object(
        {
          allowAddresses: Type.Array(Type.String(), { description: 'Address ranges of your own network that tenants may name' }),
        },
        { additionalProperties: false },
      ),
    ),
    deadlineMs: Type.Optional(Type.Integer({ minimum: 100, maximum: 120_000 })),
    demo: Type.Optional(
      Type.Union([Type.Literal(false), Type.Object({ provider: Type.String() }, { additionalProperties: false })]),
    ),
  },
  { additionalProperties: false },
)
export type OperatorConfig = Static<typeof OperatorConfig>

/** Gives `vorel.config.ts` its types. */
export const defineConfig = (config: OperatorConfig): OperatorConfig => config

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
  encryptionKey: Buffer
  olderEncryptionKeys: Buffer[]
  jwt: { secret: string } | { jwksUrl: string }
  jwtIssuer: string | null
  jwtAudience: string | null
  logLevel: string
  driverFolders: string[]
  providers: Record<string, boolean>
  perKeyPerMinute: number
  perToolPerMinute: number
  allowAddresses: string[]
  deadlineMs: number
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

const shape = Compile(OperatorConfig)
const LOOPBACK = ['127.0.0.0/8', '::1/128']
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

export type Env = Record<string, string | undefined>

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
  const config: Config = {
    mode,
    file,
    host,
    port,
    dataDir,
    publicUrl: publicUrlOf(env, mode, `http://${host}:${port}`, faults),
    databaseUrl: databaseUrlOf(env, mode, faults),
    redisUrl: redisUrlOf(env, mode, faults),
    ...encryptionKeysOf(env, own?.encryptionKey, faults),
    jwt: jwtOf(env, mode, own?.jwtSecret, faults),
    jwtIssuer: env.JWT_ISSUER ?? null,
    jwtAudience: env.JWT_AUDIENCE ?? null,
    logLevel: oneOf('LOG_LEVEL', env.LOG_LEVEL ?? 'info', LOG_LEVELS, faults),
    driverFolders: await foldersOf(operator, dirname(file), faults),
    providers: operator.providers ?? {},
    perKeyPerMinute: operator.limits?.perKeyPerMinute ?? 200,
    perToolPerMinute: operator.limits?.perToolPerMinute ?? 50,
    allowAddresses: rangesOf(operator.outbound?.allowAddresses ?? (mode === 'development' ? LOOPBACK : []), faults),
    deadlineMs: operator.deadlineMs ?? 10_000,
    demoProvider: mode === 'development' && operator.demo ? operator.demo.provider : null,
  }
  if (faults.length) throw new ConfigError(faults)
  return config
}

const readOperatorConfig = async (file: string, isNamed: boolean, faults: string[]): Promise<OperatorConfig> => {
  const info = await stat(file).catch(() => null)
  if (!info) {
    if (isNamed) faults.push(`VOREL_CONFIG names ${file}, which does not exist. Correct the path.`)
    return {}
  }
  try {
    const { default: config } = (await import(`${pathToFileURL(file).href}?version=${info.mtimeMs}-${info.size}`)) as {
      default?: unknown
    }
    if (shape.Check(config)) return config
    if (config === undefined) faults.push(`${file} has no default export. Write \`export default defineConfig({ … })\`.`)
    else
      for (const { field, reason } of shapeFaults(shape.Errors(config), 'the default export'))
        faults.push(`${file}: ${field} ${reason}.`)
  } catch (error) {
    faults.push(`${file} cannot be read: ${String(error instanceof Error ? error.message : error).split('\n')[0]}`)
  }
  return {}
}

interface DevelopmentSecrets {
  encryptionKey: string
  jwtSecret: string
}

const hasSecrets = (env: Env): boolean => Boolean(env.CRM_CREDENTIAL_ENCRYPTION_KEY && (env.JWT_SECRET || env.JWT_JWKS_URL))

/** Made once and kept in the data folder, so that a restart can read what was stored. */
const developmentSecrets = async (dataDir: string, faults: string[]): Promise<DevelopmentSecrets | null> => {
  const file = join(dataDir, 'development.json')
  try {
    await makeSecrets(file)
    return JSON.parse(await readFile(file, 'utf8')) as DevelopmentSecrets
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    faults.push(
      `${file} cannot be ${code ? `made or read (${code}). Mend the folder or set VOREL_DATA_DIR` : 'read. Mend or remove it'}.`,
    )
    return null
  }
}

/** Whoever links first is right, and what is linked is whole: another process may be starting at this moment. */
const makeSecrets = async (file: string): Promise<void> => {
  if (await stat(file).catch(() => null)) return
  const secrets = { encryptionKey: randomBytes(32).toString('base64'), jwtSecret: randomBytes(32).toString('base64url') }
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  await mkdir(dirname(file), { recursive: true })
  await writeFile(draft, JSON.stringify(secrets), { mode: 0o600, flag: 'wx' })
  try {
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft)
  }
}

const foldersOf = async ({ drivers }: OperatorConfig, base: string, faults: string[]): Promise<string[]> => {
  const folders = (drivers?.folders ?? ['./drivers']).map((folder) => resolve(base, folder))
  for (const folder of drivers ? folders : [])
    if (!(await stat(folder).catch(() => null))?.isDirectory())
      faults.push(
        `drivers.folders names ${folder}, which is no folder. Correct the path; it is read from where the config file is.`,
      )
  return folders
}

const portOf = (text: string | undefined, faults: string[]): number => {
  const port = Number(text ?? 3000)
  if (!/^\d{1,5}$/.test(text ?? '3000') || port > 65_535) faults.push(`PORT is '${text}'. Set a number from 0 to 65535.`)
  return port
}

const oneOf = (name: string, value: string, known: string[], faults: string[]): string => {
  if (!known.includes(value)) faults.push(`${name} is '${value}'. Set one of: ${known.join(', ')}.`)
  return value
}

const isLocal = ({ hostname }: URL): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)

const publicUrlOf = (env: Env, mode: Config['mode'], fallback: string, faults: string[]): string => {
  const url = env.PUBLIC_URL
  if (!url) {
    if (mode === 'production') faults.push('PUBLIC_URL is missing. Set the https address under which callers reach this service.')
    return fallback
  }
  const parsed = URL.parse(url)
  if (!parsed || !/^https?:$/.test(parsed.protocol)) faults.push('PUBLIC_URL is no http or https address.')
  else if (mode === 'production' && parsed.protocol === 'http:' && !isLocal(parsed))
    faults.push('PUBLIC_URL is plain http. Set an https address.')
  return url.replace(/\/+$/, '')
}

const databaseUrlOf = (env: Env, mode: Config['mode'], faults: string[]): string | null => {
  const url = env.DATABASE_URL
  if (!url && mode === 'production') faults.push('DATABASE_URL is missing. Set postgres://user:password@host:port/database.')
  if (url && !/^postgres(ql)?:$/.test(URL.parse(url)?.protocol ?? '')) faults.push('DATABASE_URL is no postgres:// address.')
  return url || null
}

const redisUrlOf = (env: Env, mode: Config['mode'], faults: string[]): string | null => {
  const url = env.REDIS_URL
  if (!url && mode === 'production') faults.push('REDIS_URL is missing. Set redis://host:port; limits are shared through it.')
  if (url && !/^rediss?:$/.test(URL.parse(url)?.protocol ?? '')) faults.push('REDIS_URL is no redis:// or rediss:// address.')
  return url || null
}

const MAKE_KEY = 'Make one: openssl rand -base64 32'

const encryptionKeysOf = (
  env: Env,
  own: string | undefined,
  faults: string[],
): Pick<Config, 'encryptionKey' | 'olderEncryptionKeys'> => {
  const text = env.CRM_CREDENTIAL_ENCRYPTION_KEY ?? own
  const key = text ? parseKey(text) : null
  if (!text) faults.push(`CRM_CREDENTIAL_ENCRYPTION_KEY is missing. ${MAKE_KEY}`)
  else if (!key) faults.push(`CRM_CREDENTIAL_ENCRYPTION_KEY is not base64 of 32 bytes. ${MAKE_KEY}`)
  else if (new Set(key).size < 8) faults.push(`CRM_CREDENTIAL_ENCRYPTION_KEY is too regular to be random. ${MAKE_KEY}`)
  const older = (env.CRM_CREDENTIAL_ENCRYPTION_KEYS_OLD ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
    .map(parseKey)
  if (older.includes(null))
    faults.push('CRM_CREDENTIAL_ENCRYPTION_KEYS_OLD holds an entry that is not base64 of 32 bytes. Separate entries with commas.')
  return { encryptionKey: key ?? Buffer.alloc(32), olderEncryptionKeys: older.filter((bytes) => bytes !== null) }
}

const jwtOf = (env: Env, mode: Config['mode'], own: string | undefined, faults: string[]): Config['jwt'] => {
  if (env.JWT_JWKS_URL) {
    const url = URL.parse(env.JWT_JWKS_URL)
    if (!url || !/^https?:$/.test(url.protocol)) faults.push('JWT_JWKS_URL is no http or https address.')
    else if (mode === 'production' && url.protocol === 'http:' && !isLocal(url))
      faults.push('JWT_JWKS_URL is plain http: whoever is on the way could sign tokens. Set an https address.')
    return { jwksUrl: env.JWT_JWKS_URL }
  }
  const secret = env.JWT_SECRET ?? own
  if (!secret)
    faults.push('JWT_SECRET or JWT_JWKS_URL is missing. Set the secret that signs agent tokens, or where its public keys are.')
  else if (Buffer.byteLength(secret) < 32 || new Set(secret).size < 8)
    faults.push('JWT_SECRET is weak: it needs at least 32 random bytes. Make one: openssl rand -base64 32')
  return { secret: secret ?? '' }
}

const rangesOf = (ranges: string[], faults: string[]): string[] => {
  for (const range of ranges)
    if (!ipaddr.isValidCIDR(range)) faults.push(`outbound.allowAddresses holds '${range}'. Write ranges such as 10.1.0.0/16.`)
  return ranges
}
