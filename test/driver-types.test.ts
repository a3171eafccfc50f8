import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { driverFolders } from './support/driver-folders.ts'
import { ROOT } from './support/sources.ts'

const CORE = pathToFileURL(join(ROOT, 'core/driver.ts')).pathname

/** A driver of these capabilities, with these verbs besides the common ones. */
const driver = ({
  capabilities = '',
  idempotency = 'none',
  auth = '',
  verbs = '',
  lookup = 'async lookupCustomer() { return null },',
  searchRecords = 'async searchRecords() { return { matches: [] } },',
}) => `
import Type from 'typebox'
import { defineDriver, type Manifest, Secret } from '${CORE}'
const manifest = {
  slug: 'lantern', name: 'Lantern', docsUrl: 'https://lantern.example', contractVersion: 1, status: 'available',
  auth: { kind: 'form', fields: Type.Object({ url: Type.String(), pages: Type.Optional(Type.Integer()), api_key: Secret() })${auth} },
  baseUrl: '{url}', objects: {}, hosts: 'tenant', limits: {}, idempotency: '${idempotency}',
  capabilities: { supportsDelete: ${capabilities.includes('delete')}, deletesPermanently: false, supportsDescribe: ${capabilities.includes('describe')}, supportsAssociate: ${capabilities.includes('associate')} },
} as const satisfies Manifest
export default defineDriver({
  manifest,
  async testConnection() { return { ok: true } },
  ${lookup}
  ${searchRecords}
  async createRecord() { return { external_id: '1', record_url: null } },
  async updateRecord() { return { updated: true, record_url: null } },
  async listRecent() { return { records: [] } },
  ${verbs}
})
`
const DELETE = 'async deleteRecord() { return { deleted: true, hard_deleted: true } },'
const DESCRIBE = 'async describeObject() { return { fields: [] } },'
const ASSOCIATE = 'async associate() { return { associated: true } },'
const OPEN = "async openSession() { return { access_token: 'x', expires_at: null } },"
const SESSION = ", session: { needs: ['api_key'] }"
const FIND = 'async findByReference() { return null },'
const using = (statement: string) => ({
  lookup: `async lookupCustomer({ http, settings, credentials }, input) { ${statement}; return null },`,
})

/** What compiles, and what the compiler must refuse with a word on it. */
const FIXTURES: Record<string, { text: string; refused?: RegExp }> = {
  right: { text: driver({}) },
  'right with all verbs': {
    text: driver({
      capabilities: 'delete describe',
      idempotency: 'search',
      verbs: DELETE + DESCRIBE + FIND,
    }),
  },
  'delete promised and missing': { text: driver({ capabilities: 'delete' }), refused: /deleteRecord/ },
  'delete there and not promised': { text: driver({ verbs: DELETE }), refused: /deleteRecord|not assignable/ },
  'describe promised and missing': { text: driver({ capabilities: 'describe' }), refused: /describeObject/ },
  'describe there and not promised': { text: driver({ verbs: DESCRIBE }), refused: /describeObject|not assignable/ },
  'search promised and missing': { text: driver({ idempotency: 'search' }), refused: /findByReference/ },
  'search there and not promised': {
    text: driver({ idempotency: 'native', verbs: FIND }),
    refused: /findByReference|not assignable/,
  },
  'associate and a session, promised and there': {
    text: driver({ capabilities: 'associate', auth: SESSION, verbs: ASSOCIATE + OPEN }),
  },
  'associate promised and missing': { text: driver({ capabilities: 'associate' }), refused: /associate/ },
  'associate there and not promised': { text: driver({ verbs: ASSOCIATE }), refused: /associate|not assignable/ },
  'a session promised and not opened': { text: driver({ auth: SESSION }), refused: /openSession/ },
  'a session opened and not promised': { text: driver({ verbs: OPEN }), refused: /openSession|not assignable/ },
  'a common verb missing': { text: driver({ searchRecords: '' }), refused: /searchRecords/ },
  'an answer of another shape': {
    text: driver({ searchRecords: 'async searchRecords() { return [] },' }),
    refused: /searchRecords|matches/,
  },
  'settings of their types': {
    text: driver(
      using(
        'const url: string = settings.url; const pages: number | undefined = settings.pages; void [url, pages, http, credentials, input.phone]',
      ),
    ),
  },
  'secrets among the credentials': {
    text: driver(using('const key: string = credentials.api_key; void [key, http, settings, input]')),
  },
  'a secret among the settings': { text: driver(using('void [settings.api_key, http, credentials, input]')), refused: /api_key/ },
  'a setting among the credentials': { text: driver(using('void [credentials.url, http, settings, input]')), refused: /url/ },
  'a setting that the form does not have': {
    text: driver(using('void [settings.host, http, credentials, input]')),
    refused: /host/,
  },
  'a number read as text': {
    text: driver(using('const pages: string = settings.pages; void [pages, http, credentials, input]')),
    refused: /number/,
  },
  'a shape read as another': {
    text: driver(
      using(
        "const { id } = await http.get('/x', Type.Object({ id: Type.Integer() })); const wrong: string = id; void [wrong, settings, credentials, input]",
      ),
    ),
    refused: /number/,
  },
}

t.test('the compiler holds a driver against its manifest', async (t) => {
  const { base } = await driverFolders(t)
  const names = Object.keys(FIXTURES)
  const fileOf = (name: string) => `${name.replaceAll(' ', '-')}.ts`
  for (const [name, { text }] of Object.entries(FIXTURES)) await writeFile(join(base, fileOf(name)), text)
  await writeFile(
    join(base, 'tsconfig.json'),
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: { rewriteRelativeImportExtensions: false, allowImportingTsExtensions: true },
      include: [],
      files: names.map(fileOf),
    }),
  )
  // the test runner's own hooks would be loaded into the compiler
  const compile = [
    '-u',
    'NODE_OPTIONS',
    process.execPath,
    join(ROOT, 'node_modules/typescript/bin/tsc'),
    '-p',
    base,
    '--pretty',
    'false',
  ]
  const tsc = promisify(execFile)('env', compile, { cwd: base })
  const { stdout, stderr } = (await tsc.catch((error: unknown) => error)) as { stdout: string; stderr: string }
  t.equal(stderr, '', 'the compiler ran')
  const told = stdout.split(/\n(?=\S)/)
  for (const [name, { refused }] of Object.entries(FIXTURES)) {
    const errors = told.filter((error) => error.startsWith(`${fileOf(name)}(`)).join('\n')
    if (refused) t.match(errors, refused, `${name} is refused`)
    else t.equal(errors, '', `${name} compiles`)
  }
  t.same(
    told.filter((error) => error && !names.some((name) => error.startsWith(`${fileOf(name)}(`))),
    [],
    'and nothing else is amiss',
  )
})
