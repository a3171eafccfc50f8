import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Config, ConfigError, loadConfig } from '../core/config.ts'
import type { Env } from '../core/environment.ts'

const KEY = randomBytes(32).toString('base64')
const OTHER_KEY = randomBytes(32).toString('base64')
const PRODUCTION: Env = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://vorel:db-secret-word@db.example:5432/vorel',
  REDIS_URL: 'redis://:redis-secret-word@redis.example:6379',
  CRM_CREDENTIAL_ENCRYPTION_KEY: KEY,
  VOREL_SIGNING_KEY: OTHER_KEY,
  VOREL_AUDIT_SINK: 'audit/seals.jsonl',
  JWT_SECRET: 'jwt-secret-word-0123456789-abcdefgh',
  PUBLIC_URL: 'https://crm.example.com/',
}

const folder = async (t: Pick<Test, 'teardown'>) => {
  const path = await mkdtemp(join(tmpdir(), 'vorel-config-'))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}

const faultsOf = async (loading: Promise<Config>): Promise<string[]> => {
  try {
    await loading
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

/** The faults of production with these changes. */
const production = async (t: Pick<Test, 'teardown'>, changes: Env) =>
  faultsOf(loadConfig({ ...PRODUCTION, ...changes }, await folder(t)))
/** The faults of an operator's file of this text. */
const operator = async (t: Pick<Test, 'teardown'>, text: string, env: Env = {}) => {
  const cwd = await folder(t)
  await writeFile(join(cwd, 'vorel.config.ts'), text)
  return faultsOf(loadConfig({ ...PRODUCTION, ...env }, cwd))
}

t.test('with nothing set it is development, with an embedded database and keys of its own', async (t) => {
  const cwd = await folder(t)
  t.match(await loadConfig({}, cwd), {
    mode: 'development',
    host: '127.0.0.1',
    port: 3000,
    publicUrl: 'http://127.0.0.1:3000',
    dataDir: join(cwd, '.vorel'),
    databaseUrl: null,
    auditSink: join(cwd, '.vorel/audit-seals.jsonl'),
    redisUrl: null,
    driverFolders: [join(cwd, 'drivers')],
    perKeyPerMinute: 200,
    perToolPerMinute: 50,
    deadlineMs: 10_000,
    allowAddresses: ['127.0.0.0/8', '::1/128'],
  })
})

t.test('what is set to nothing is not set', async (t) => {
  const cwd = await folder(t)
  const empty = Object.fromEntries(
    [...Object.keys(PRODUCTION), 'PORT', 'HOST', 'LOG_LEVEL', 'VOREL_CONFIG', 'VOREL_DATA_DIR'].map((name) => [name, '']),
  )
  t.same(await loadConfig(empty, cwd), await loadConfig({}, cwd))
})

t.test('production takes what it is given', async (t) => {
  const cwd = await folder(t)
  const config = await loadConfig(
    { ...PRODUCTION, PORT: '8080', HOST: '0.0.0.0', CRM_CREDENTIAL_ENCRYPTION_KEYS_OLD: `${OTHER_KEY}, ${KEY}` },
    cwd,
  )
  t.match(config, {
    mode: 'production',
    port: 8080,
    publicUrl: 'https://crm.example.com',
    allowAddresses: [],
    demoProvider: null,
    jwt: { secret: PRODUCTION.JWT_SECRET },
  })
  t.same(config.encryptionKey, Buffer.from(KEY, 'base64'))
  t.equal(config.olderEncryptionKeys.length, 2)
  t.equal(config.auditSink, join(cwd, 'audit/seals.jsonl'))
  await t.rejects(stat(join(cwd, '.vorel')), { code: 'ENOENT' }, 'it makes no keys of its own')
})

t.test('production refuses each missing setting by name, and a database address alone means production', async (t) => {
  for (const name of [
    'DATABASE_URL',
    'REDIS_URL',
    'CRM_CREDENTIAL_ENCRYPTION_KEY',
    'VOREL_SIGNING_KEY',
    'VOREL_AUDIT_SINK',
    'JWT_SECRET',
    'PUBLIC_URL',
  ])
    t.match(await production(t, { [name]: undefined }), [new RegExp(`^${name}( or JWT_JWKS_URL)? is missing\\. \\S`)], name)
  const all = await faultsOf(loadConfig({ NODE_ENV: 'production' }, await folder(t)))
  t.equal(all.length, 7, 'all at once')
  t.equal((await faultsOf(loadConfig({ DATABASE_URL: PRODUCTION.DATABASE_URL }, await folder(t)))).length, 6)
  t.same(await production(t, { JWT_SECRET: undefined, JWT_JWKS_URL: 'https://id.example/jwks' }), [])
  t.match(await production(t, { JWT_SECRET: undefined, JWT_JWKS_URL: 'http://id.example/jwks' }), [/plain http/])
})

t.test('weak or malformed keys and secrets stop the start', async (t) => {
  for (const key of [
    'short',
    KEY.slice(4),
    `${KEY}AAAA`,
    Buffer.alloc(32).toString('base64'),
    Buffer.alloc(32, 'ab').toString('base64'),
    randomBytes(32).toString('hex'),
  ])
    t.match(
      await production(t, { CRM_CREDENTIAL_ENCRYPTION_KEY: key }),
      [/^CRM_CREDENTIAL_ENCRYPTION_KEY is .*openssl rand -base64 32$/],
      key,
    )
  for (const old of ['nonsense', `${KEY};${OTHER_KEY}`, `${KEY},nonsense`])
    t.match(await production(t, { CRM_CREDENTIAL_ENCRYPTION_KEYS_OLD: old }), [/^CRM_CREDENTIAL_ENCRYPTION_KEYS_OLD holds/], old)
  for (const secret of ['secret', 'a'.repeat(64), 'abcabc'.repeat(10), 'x'.repeat(31)])
    t.match(await production(t, { JWT_SECRET: secret }), [/^JWT_SECRET is weak/], secret)
})

t.test('addresses, ports and levels that are none are refused', async (t) => {
  for (const [name, value] of [
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80a'],
    ['PORT', '1e3'],
    ['PORT', ' '],
    ['LOG_LEVEL', 'loud'],
    ['PUBLIC_URL', 'crm.example.com'],
    ['PUBLIC_URL', 'ftp://crm.example.com'],
    ['PUBLIC_URL', 'http://crm.example.com'],
    ['PUBLIC_URL', 'http://localhost.example.com'],
    ['DATABASE_URL', 'mysql://db'],
    ['DATABASE_URL', 'nonsense'],
    ['REDIS_URL', 'http://redis'],
    ['JWT_JWKS_URL', 'id.example'],
  ] as const)
    t.match(await production(t, { [name]: value }), [new RegExp(`^${name} is `)], `${name}=${value}`)
  t.same(await production(t, { PUBLIC_URL: 'http://localhost:3000' }), [])
})

t.test('every fault of environment and file comes in one error', async (t) => {
  const faults = await operator(t, "export default { deadlineMs: 1, providrs: {}, drivers: { folders: ['./nowhere'] } }", {
    PORT: 'x',
    JWT_SECRET: 'weak',
    CRM_CREDENTIAL_ENCRYPTION_KEY: 'short',
    REDIS_URL: undefined,
  })
  for (const fault of [
    /deadlineMs/,
    /providrs is not known/,
    /^PORT/,
    /^JWT_SECRET/,
    /^CRM_CREDENTIAL_ENCRYPTION_KEY/,
    /^REDIS_URL/,
  ])
    t.equal(faults.filter((text) => fault.test(text)).length, 1, String(fault))
  const error = new ConfigError(faults)
  for (const fault of faults) t.ok(error.message.includes(`  - ${fault}`))
})

t.test('broken secrets of development are one fault among the others', async (t) => {
  const cwd = await folder(t)
  await mkdir(join(cwd, '.vorel'))
  await writeFile(join(cwd, '.vorel/development.json'), '{"encryptionKey":"half-a-secr')
  const faults = await faultsOf(loadConfig({ PORT: 'x' }, cwd))
  t.ok(faults.some((fault) => /development\.json cannot be read/.test(fault)))
  t.ok(faults.some((fault) => /^PORT/.test(fault)))
  t.notMatch(faults.join(), 'half-a-secr')
})

t.test('a data folder that cannot be made is a fault that names it', async (t) => {
  const cwd = await folder(t)
  await writeFile(join(cwd, 'file'), '')
  t.match(await faultsOf(loadConfig({ VOREL_DATA_DIR: 'file/below' }, cwd)), [
    /file\/below\/development\.json.*ENOTDIR.*VOREL_DATA_DIR/,
  ])
})

t.test("the operator's file is checked field by field, and what it does not know is named", async (t) => {
  for (const [text, ...expected] of [
    ['export default { drvers: {} }', /vorel\.config\.ts: drvers is not known here/],
    ['export default { limits: { perMinute: 5 } }', /limits\.perMinute is not known here/],
    ["export default { providers: { memory: 'yes' } }", /providers\.memory must be boolean/],
    [
      'export default { limits: { perKeyPerMinute: 0, perToolPerMinute: 1.5 } }',
      /perKeyPerMinute must be >= 1/,
      /perToolPerMinute must be integer/,
    ],
    ['export const config = {}', /has no default export.*export default defineConfig/],
    ['export default null', /the default export must be object/],
    ["export default 'memory'", /the default export must be object/],
    ['export default { drivers: { folders: [ }', /vorel\.config\.ts cannot be read: \S/],
    ["throw new Error('not today')", /cannot be read: not today/],
    ["export default { outbound: { allowAddresses: ['10.0.0.0/8', '10.0.0.1'] } }", /allowAddresses holds '10\.0\.0\.1'/],
    ["export default { drivers: { folders: ['./nowhere'] } }", /drivers\.folders names .*nowhere, which is no folder/],
  ] as const) {
    const faults = await operator(t, text)
    t.match(faults, expected, text)
    t.equal(faults.length, expected.length, text)
  }
})

t.test('a file that is named has to be there; the usual one need not', async (t) => {
  t.match(await production(t, { VOREL_CONFIG: './elsewhere.ts' }), [/VOREL_CONFIG names .*elsewhere\.ts, which does not exist/])
  t.same(await production(t, {}), [])
})

t.test("the file's folders are read from where it stands, and a changed file is read anew", async (t) => {
  const cwd = await folder(t)
  await mkdir(join(cwd, 'deep/mine'), { recursive: true })
  const file = join(cwd, 'deep/vorel.config.ts')
  const read = async (text: string) => {
    await writeFile(file, text)
    return loadConfig({ VOREL_CONFIG: 'deep/vorel.config.ts' }, cwd)
  }
  t.match(await read("export default { drivers: { folders: ['./mine'] } }"), { file, driverFolders: [join(cwd, 'deep/mine')] })
  t.match(await read('export default { providers: { memory: false }, deadlineMs: 500 }'), {
    providers: { memory: false },
    deadlineMs: 500,
  })
})

const withOidc = (oidc: object, more: object = {}) => `export default { console: ${JSON.stringify({ oidc, ...more })} }`
const OIDC = { issuer: 'https://id.example', clientId: 'console', allow: { emails: ['Ada@example.com'] } }

t.test("an identity provider's every user never gets in to the console by default", async (t) => {
  const env = { VOREL_OIDC_CLIENT_SECRET: 'oidc-secret-word' }
  for (const [oidc, ...expected] of [
    [OIDC],
    [{ ...OIDC, allow: { claim: { name: 'groups', values: ['operators'] } } }],
    [{ ...OIDC, allow: undefined }, /console\.oidc\.allow/],
    [{ ...OIDC, allow: {} }, /allow names nobody/],
    [{ ...OIDC, allow: { emails: [], claim: { name: 'groups', values: [] } } }, /allow names nobody/],
    [{ ...OIDC, allow: { emails: ['*@example.com', '@example.com'] } }, /holds '\*@/, /holds '@/],
    [{ ...OIDC, allow: { claim: { name: 'email', values: ['ada@example.com'] } } }, /Use allow\.emails/],
    [{ ...OIDC, issuer: 'http://id.example' }, /issuer is plain http/],
    [{ ...OIDC, issuer: 'id.example' }, /issuer is no http or https address/],
  ] as const) {
    const faults = await operator(t, withOidc(oidc), env)
    t.match(faults, expected, JSON.stringify(oidc))
    t.equal(faults.length, expected.length, JSON.stringify(oidc))
  }
  t.match(await operator(t, withOidc(OIDC)), [/VOREL_OIDC_CLIENT_SECRET is missing/])
  t.match(await operator(t, 'export default { console: { passwords: false } }'), [/nobody could sign in/])
  t.same(await operator(t, withOidc(OIDC, { passwords: false }), env), [])
})

t.test('no fault tells a secret', async (t) => {
  const faults = await operator(t, 'export default { x: 1 }', {
    DATABASE_URL: 'mysql://vorel:db-secret-word@db.example',
    REDIS_URL: 'http://:redis-secret-word@redis.example',
    CRM_CREDENTIAL_ENCRYPTION_KEY: `${KEY}almost`,
    CRM_CREDENTIAL_ENCRYPTION_KEYS_OLD: `${OTHER_KEY}almost`,
    JWT_SECRET: 'jwt-secret-word',
    PUBLIC_URL: 'ftp://user:url-secret-word@crm.example',
  })
  t.equal(faults.length, 7)
  for (const secret of ['secret-word', KEY, OTHER_KEY, 'almost']) t.notOk(faults.join('\n').includes(secret), secret)
})

t.test('development makes its secrets once, for its owner alone, and finds them again', async (t) => {
  const cwd = await folder(t)
  const first = await loadConfig({}, cwd)
  const second = await loadConfig({}, cwd)
  t.same(second.encryptionKey, first.encryptionKey)
  t.same(second.jwt, first.jwt)
  t.equal((await stat(join(cwd, '.vorel/development.json'))).mode & 0o777, 0o600)
  t.notSame((await loadConfig({}, await folder(t))).encryptionKey, first.encryptionKey)
})

t.test('twenty that start at once agree on one set of secrets, and leave nothing else behind', async (t) => {
  for (let round = 0; round < 10; round += 1) {
    const cwd = await folder(t)
    const all = await Promise.all(Array.from({ length: 20 }, () => loadConfig({}, cwd)))
    const kept = JSON.parse(await readFile(join(cwd, '.vorel/development.json'), 'utf8'))
    t.same(new Set(all.map(({ encryptionKey }) => encryptionKey?.toString('base64'))), new Set([kept.encryptionKey]))
    t.equal(new Set(all.map(({ jwt }) => JSON.stringify(jwt))).size, 1)
    t.same(await readdir(join(cwd, '.vorel')), ['development.json'])
  }
})

t.test('where all secrets are given, none are made', async (t) => {
  const cwd = await folder(t)
  const { CRM_CREDENTIAL_ENCRYPTION_KEY, VOREL_SIGNING_KEY, JWT_SECRET } = PRODUCTION
  t.equal((await loadConfig({ CRM_CREDENTIAL_ENCRYPTION_KEY, VOREL_SIGNING_KEY, JWT_SECRET }, cwd)).mode, 'development')
  t.same(await readdir(cwd), [])
})
