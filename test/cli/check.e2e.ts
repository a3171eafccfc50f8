import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import t from 'tap'
import { credentialsOf, Keyring } from '../../core/vault/keyring.ts'
import { freshDatabase } from '../support/database.ts'
import { redisOrSkip } from '../support/redis.ts'
import { ROOT } from '../support/sources.ts'
import { CommandLine, openFolder } from './command.ts'

interface Checked {
  ok: boolean
  checks: { subject: string; ok: boolean; detail: string; remedy: string | null }[]
}

const NOBODY = await closedPort()
const KEY = randomBytes(32).toString('base64')
const dir = await openFolder(t)
const config = join(dir, 'vorel.config.js')
await writeFile(
  config,
  `export default { drivers: { folders: [${JSON.stringify(join(ROOT, 'drivers'))}] }, outbound: { allowAddresses: ['127.0.0.0/8'] } }`,
)
const production = new CommandLine({
  VOREL_DATA_DIR: dir,
  VOREL_CONFIG: config,
  DATABASE_URL: `postgres://vorel:sesame@${NOBODY}/vorel`,
  REDIS_URL: `redis://:sesame@${NOBODY}`,
  CRM_CREDENTIAL_ENCRYPTION_KEY: KEY,
  VOREL_SIGNING_KEY: randomBytes(32).toString('base64'),
  VOREL_AUDIT_SINK: 'none',
  JWT_SECRET: randomBytes(32).toString('base64'),
  PUBLIC_URL: 'https://crm.example.com',
})

const check = async (vorel: CommandLine): Promise<Checked & { code: number | null; all: string }> => {
  const { code, stdout, stderr } = await vorel.run(['check', '--json'])
  return { ...(JSON.parse(stdout) as Checked), code, all: stdout + stderr }
}
const wrong = ({ checks }: Checked, subject: string) => checks.filter((found) => found.subject === subject && !found.ok)

t.test('every fault of the configuration is told in one go', async (t) => {
  const found = await check(production.with({ PORT: 'http', LOG_LEVEL: 'loud', JWT_SECRET: 'short' }))
  t.equal(found.code, 1)
  t.equal(found.ok, false)
  t.match(wrong(found, 'config'), [{ detail: /^PORT/ }, { detail: /^JWT_SECRET is weak/ }, { detail: /^LOG_LEVEL/ }])
})

t.test('which sign-ins have an app is told, and is no fault', async (t) => {
  const found = await check(production.with({ VOREL_OAUTH_HUBSPOT_CLIENT_ID: 'id', VOREL_OAUTH_HUBSPOT_CLIENT_SECRET: 'sesame' }))
  const [told] = found.checks.filter(({ subject }) => subject === 'sign-ins')
  t.match(told, { ok: true, detail: /^your apps: hubspot; without one, and not to be connected: .*salesforce/ })
  t.notMatch(found.all, 'sesame')
})

t.test('what does not answer is named, with what to do and without its password', async (t) => {
  const found = await check(production.with({ JWT_JWKS_URL: `http://${NOBODY}/keys` }))
  t.equal(found.code, 1)
  t.match(wrong(found, 'database'), [{ detail: new RegExp(`${NOBODY} cannot be used \\(ECONNREFUSED\\).*DATABASE_URL`) }])
  t.match(wrong(found, 'redis'), [{ detail: /does not answer: ECONNREFUSED/, remedy: /REDIS_URL/ }])
  t.match(wrong(found, 'tokens'), [{ detail: /cannot be fetched \(ECONNREFUSED\)/, remedy: /JWT_JWKS_URL/ }])
  t.notMatch(found.all, 'sesame')
})

t.test('what answers something else is named too', async (t) => {
  const server = createServer((_, response) => response.end('{"keys":[]}')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  t.teardown(() => server.closeAllConnections())
  const at = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const found = await check(production.with({ JWT_JWKS_URL: `http://${at}/keys`, REDIS_URL: `redis://${at}` }))
  t.match(wrong(found, 'tokens'), [{ detail: /holds no keys/ }])
  t.equal(wrong(found, 'redis').length, 1)
})

t.test('drivers that cannot be used, and a demo without a provider', async (t) => {
  const folder = join(await openFolder(t), 'drivers')
  await mkdir(join(folder, 'broken'), { recursive: true })
  await writeFile(join(folder, 'broken', 'manifest.js'), "export const manifest = { slug: 'broken', name: 7 }")
  const file = join(folder, 'vorel.config.js')
  await writeFile(
    file,
    "export default { drivers: { folders: ['.'] }, providers: { ghost: true }, demo: { provider: 'nowhere' } }",
  )
  const vorel = new CommandLine({ VOREL_DATA_DIR: await openFolder(t), VOREL_CONFIG: file })
  const found = await check(vorel)
  t.equal(found.code, 1)
  const details = wrong(found, 'drivers')
  t.match(
    details.find(({ detail }) => /ghost|no folder of that name/.test(detail)),
    { remedy: /Correct the slug/ },
  )
  t.match(
    details.find(({ detail }) => detail.includes(join(folder, 'broken'))),
    { remedy: /manifest\.ts/ },
  )
  t.match(
    details.find(({ detail }) => detail.includes("'nowhere'")),
    { remedy: /demo: false/ },
  )

  const listed = await vorel.run(['drivers', 'list'])
  t.match(listed.stdout, /broken +broken +refused/)
  t.match(listed.stdout, /refused: .*broken: name .*/)
})

t.test('a schema that is behind, until vorel migrate', async (t) => {
  const url = await freshDatabase(t)
  await ask(url, 'drop schema public cascade; create schema public')
  const vorel = production.with({ DATABASE_URL: url })
  t.match(wrong(await check(vorel), 'schema'), [{ detail: /0001-first-tables/, remedy: /vorel migrate/ }])
  t.match(await vorel.json(['migrate']), { applied: ['0001-first-tables'] })
  t.same(wrong(await check(vorel), 'schema'), [])
})

t.test('stored credentials that the configured keys do not open', async (t) => {
  const url = await freshDatabase(t)
  const vorel = production.with({ DATABASE_URL: url })
  const keyring = new Keyring(Buffer.from(KEY, 'base64'))
  const sealed = await keyring.seal({ api_key: 'kept' }, credentialsOf('acme', 'memory', 1))
  await ask(url, "insert into tenant (id, name, region) values ('acme', 'Acme', 'US')")
  await ask(
    url,
    `insert into tenant_credentials (tenant_id, provider, key_id, sealed)
     values ('acme', 'memory', '${keyring.currentId}', '\\x${sealed.toString('hex')}')`,
  )

  const other = vorel.with({ CRM_CREDENTIAL_ENCRYPTION_KEY: randomBytes(32).toString('base64') })
  const [fine, gone, older] = await Promise.all([
    check(vorel),
    check(other),
    check(other.with({ CRM_CREDENTIAL_ENCRYPTION_KEYS_OLD: KEY })),
  ])
  t.match(
    fine.checks.find(({ subject }) => subject === 'credentials'),
    { ok: true, detail: /^1 stored under key [0-9a-f]{16}$/ },
  )
  t.match(wrong(gone, 'credentials'), [{ detail: /is not configured, and values are sealed/, remedy: /KEYS_OLD/ }])
  t.same(wrong(older, 'credentials'), [], 'an older key that is configured opens it')

  await ask(url, 'update tenant_credentials set token_version = token_version + 1')
  t.match(wrong(await check(vorel), 'credentials'), [
    { detail: /tenant 'acme' at memory do not open/, remedy: /vorel connect acme/ },
  ])
})

t.test('where everything is in order, it says so', async (t) => {
  const redis = await redisOrSkip(t)
  if (!redis) return
  const { code, stdout } = await production.with({ DATABASE_URL: await freshDatabase(t), REDIS_URL: redis.url }).run(['check'])
  t.equal(code, 0)
  t.match(stdout, /^ok +redis +127\.0\.0\.1:\d+ answers$/m)
  t.match(stdout, /All is well\.\n$/)
})

async function ask(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(statement)
  await client.end()
}

/** Where nobody listens. */
async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `127.0.0.1:${port}`
}
