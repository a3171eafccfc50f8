/** The environment's settings, one function each: its value, or a sentence in `faults` that says what to do. */
import { join, resolve } from 'node:path'
import ipaddr from 'ipaddr.js'
import type { Config } from './config.ts'
import type { OAuthApp, OAuthApps } from './oauth/app.ts'
import type { TracingConfig } from './observe/tracer.ts'
import type { OperatorConfig } from './operator-config.ts'
import type { Endpoints } from './outbound/endpoint.ts'
import { parseKey } from './vault/keyring.ts'

export type Env = Record<string, string | undefined>

export const portOf = (text: string | undefined, faults: string[]): number => {
  const port = Number(text ?? 3000)
  if (!/^\d{1,5}$/.test(text ?? '3000') || port > 65_535) faults.push(`PORT is '${text}'. Set a number from 0 to 65535.`)
  return port
}

export const oneOf = (name: string, value: string, known: string[], faults: string[]): string => {
  if (!known.includes(value)) faults.push(`${name} is '${value}'. Set one of: ${known.join(', ')}.`)
  return value
}

export const isLocal = ({ hostname }: URL): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)

export const publicUrlOf = (env: Env, mode: Config['mode'], fallback: string, faults: string[]): string => {
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

export const databaseUrlOf = (env: Env, mode: Config['mode'], faults: string[]): string | null => {
  const url = env.DATABASE_URL
  if (!url && mode === 'production') faults.push('DATABASE_URL is missing. Set postgres://user:password@host:port/database.')
  if (url && !/^postgres(ql)?:$/.test(URL.parse(url)?.protocol ?? '')) faults.push('DATABASE_URL is no postgres:// address.')
  return url || null
}

export const redisUrlOf = (env: Env, mode: Config['mode'], faults: string[]): string | null => {
  const url = env.REDIS_URL
  if (!url && mode === 'production') faults.push('REDIS_URL is missing. Set redis://host:port; limits are shared through it.')
  if (url && !/^rediss?:$/.test(URL.parse(url)?.protocol ?? '')) faults.push('REDIS_URL is no redis:// or rediss:// address.')
  return url || null
}

const MAKE_KEY = 'Make one: openssl rand -base64 32'

export const encryptionKeysOf = (
  env: Env,
  own: string | undefined,
  isOptional: boolean,
  faults: string[],
): Pick<Config, 'encryptionKey' | 'olderEncryptionKeys'> => {
  const text = env.CRM_CREDENTIAL_ENCRYPTION_KEY ?? own
  const key = text ? parseKey(text) : null
  if (!text) {
    if (!isOptional) faults.push(`CRM_CREDENTIAL_ENCRYPTION_KEY is missing. ${MAKE_KEY}`)
  } else if (!key) faults.push(`CRM_CREDENTIAL_ENCRYPTION_KEY is not base64 of 32 bytes. ${MAKE_KEY}`)
  else if (new Set(key).size < 8) faults.push(`CRM_CREDENTIAL_ENCRYPTION_KEY is too regular to be random. ${MAKE_KEY}`)
  const older = (env.CRM_CREDENTIAL_ENCRYPTION_KEYS_OLD ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
    .map(parseKey)
  if (older.includes(null))
    faults.push('CRM_CREDENTIAL_ENCRYPTION_KEYS_OLD holds an entry that is not base64 of 32 bytes. Separate entries with commas.')
  return { encryptionKey: key, olderEncryptionKeys: older.filter((bytes) => bytes !== null) }
}

/** The key service of the operator's file, with credentials where the environment has them. */
export const kmsOf = ({ vault }: OperatorConfig, env: Env): Config['kms'] => {
  if (!vault) return null
  const { keyId, region, endpoint, olderKeyIds = [] } = vault.kms
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env
  const credentials =
    accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } : null
  const seals = vault.sealWith !== 'key'
  return { keyId, olderKeyIds, region, seals, ...(endpoint && { endpoint }), ...(credentials && { credentials }) }
}

/** The seed of the Ed25519 key that signs audit seals and erasure certificates. */
export const signingKeyOf = (env: Env, own: string | undefined, faults: string[]): Buffer => {
  const text = env.VOREL_SIGNING_KEY ?? own
  const key = text ? parseKey(text) : null
  if (!text) faults.push(`VOREL_SIGNING_KEY is missing. ${MAKE_KEY}`)
  else if (!key || new Set(key).size < 8) faults.push(`VOREL_SIGNING_KEY is not base64 of 32 random bytes. ${MAKE_KEY}`)
  return key ?? Buffer.alloc(32)
}

/** Null: none. In production that has to be said. */
export const auditSinkOf = (env: Env, mode: Config['mode'], cwd: string, dataDir: string, faults: string[]): string | null => {
  const sink = env.VOREL_AUDIT_SINK
  if (sink === undefined && mode === 'production')
    faults.push("VOREL_AUDIT_SINK is missing. Set the file that gets the audit's seals, stdout, or none.")
  if (sink === undefined) return join(dataDir, 'audit-seals.jsonl')
  if (sink === 'none') return null
  return sink === 'stdout' ? sink : resolve(cwd, sink)
}

export const jwtOf = (env: Env, mode: Config['mode'], own: string | undefined, faults: string[]): Config['jwt'] => {
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

export const rangesOf = (ranges: string[], faults: string[]): string[] => {
  for (const range of ranges)
    if (!ipaddr.isValidCIDR(range)) faults.push(`outbound.allowAddresses holds '${range}'. Write ranges such as 10.1.0.0/16.`)
  return ranges
}

export const hasSecrets = (env: Env): boolean =>
  Boolean(env.CRM_CREDENTIAL_ENCRYPTION_KEY && env.VOREL_SIGNING_KEY && (env.JWT_SECRET || env.JWT_JWKS_URL))

type Mutable = { -readonly [K in keyof OAuthApp]: OAuthApp[K] } & { variants: Record<string, Partial<OAuthApp>> }

/** `VOREL_OAUTH_<SLUG>_CLIENT_ID` and `…_CLIENT_SECRET`, with `_<VARIANT>` behind where a region or environment has its own. */
export const oauthAppsOf = (env: Env): OAuthApps => {
  const apps: Record<string, Mutable> = {}
  for (const [name, value] of Object.entries(env)) {
    const [, slug, part, variant] = /^VOREL_OAUTH_([A-Z0-9_]+?)_CLIENT_(ID|SECRET)(?:_([A-Z0-9_]+))?$/.exec(name) ?? []
    if (!slug || !value) continue
    apps[slug.toLowerCase()] ??= { variants: {} }
    const app = apps[slug.toLowerCase()] as Mutable
    if (variant) app.variants[variant] ??= {}
    const at = variant ? app.variants[variant] : app
    Object.assign(at as object, part === 'ID' ? { clientId: value } : { clientSecret: value })
  }
  return apps
}

/** `VOREL_ENDPOINT_<SLUG>`: an origin. */
export const endpointsOf = (env: Env, mode: Config['mode'], faults: string[]): Endpoints => {
  const endpoints: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    const [, slug] = /^VOREL_ENDPOINT_([A-Z0-9_]+)$/.exec(name) ?? []
    if (!slug || !value) continue
    const url = URL.parse(value)
    if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.username)
      faults.push(`${name} is no origin. Set an address without a path, such as https://proxy.example.com.`)
    else if (mode === 'production' && url.protocol === 'http:' && !isLocal(url))
      faults.push(`${name} is plain http: tokens would go through it in the open. Set an https address.`)
    else endpoints[slug.toLowerCase()] = url.origin
  }
  return endpoints
}

/** Off unless there is a place to send spans to. */
export const tracingOf = (env: Env, operator: OperatorConfig['tracing'], faults: string[]): TracingConfig | null => {
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT ?? operator?.endpoint
  if (!endpoint) return null
  const url = URL.parse(endpoint)
  if (!url || !/^https?:$/.test(url.protocol))
    faults.push(
      'OTEL_EXPORTER_OTLP_ENDPOINT (or tracing.endpoint) is no http or https address. Set the OTLP/HTTP address of a collector.',
    )
  return {
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    serviceName: env.OTEL_SERVICE_NAME ?? 'vorel',
    share: operator?.share ?? 1,
    sendsToProviders: operator?.sendToProviders ?? false,
  }
}
