import t from 'tap'
import { discover } from '../core/discover.ts'
import { buildRegistry } from '../core/registry.ts'
import { driverFolders, type Edit } from './support/driver-folders.ts'

const registryOf = async (root: string) => buildRegistry({ found: await discover([root]), providers: {} })

/** The manifest of `memory` with a sign-in by OAuth that has no fault, then one that the edits make. */
const OAUTH: Edit[] = [
  [
    'manifest.ts',
    /auth: \{[\s\S]*?\n {2}\},\n/,
    `auth: {
      kind: 'oauth2',
      grant: 'authorization_code',
      fields: Type.Object({ region: Type.String(), domain: Type.String() }),
      signIn: { header: 'authorization', value: 'Bearer {access_token}' },
      issuer: 'https://accounts.lantern.example',
      authorizeUrl: 'https://{entry}/authorize',
      tokenUrl: 'https://{accounts}/token',
      revokeUrl: 'https://{shard}.lantern.example/revoke',
      scopes: ['contacts'],
      clientAuthentication: 'body',
      usesPkce: true,
      appBy: 'centre',
      tokenFacts: ['shard', 'api_url'],
      callbackFacts: { location: 'centre' },
    },
    tables: {
      entry: { by: 'region', values: { us: 'www.lantern.example', eu: 'www.lantern.example' } },
      accounts: { by: 'centre', values: { us: 'accounts.lantern.example', eu: 'accounts.lantern-eu.example' } },
    },
    `,
  ],
  ['manifest.ts', "baseUrl: '{url}'", "baseUrl: '{api_url}/v1'"],
  ['manifest.ts', "hosts: 'tenant'", "hosts: ['accounts.lantern.example', 'accounts.lantern-eu.example', '*.lantern.example']"],
]

/** By the edit: the field, and what must be said of it. */
const OAUTH_FAULTS: [from: string | RegExp, to: string, field: string, reason: RegExp, remedy: RegExp][] = [
  ["kind: 'oauth2'", "kind: 'saml'", 'auth.kind', /must be one of: form, oauth2/, /Correct/],
  ["grant: 'authorization_code'", "grant: 'password'", 'auth.grant', /one of: authorization_code, client_credentials/, /Correct/],
  ['usesPkce: true', "usesPkce: 'yes'", 'auth.usesPkce', /boolean/, /Correct/],
  ["scopes: ['contacts'],", '', 'auth.scopes', /is missing/, /Correct/],
  ["authorizeUrl: 'https://{entry}/authorize',", '', 'auth.authorizeUrl', /missing although/, /consent/],
  [/fields: Type\.Object\(.*\)/, 'fields: { region: 1 }', 'auth.fields', /TypeBox/, /Type\.Object/],
  ['domain: Type.String()', 'domain: Secret()', 'auth.fields.domain', /secret/, /plain setting/],
  ['Bearer {access_token}', 'Bearer {region}', 'auth.signIn', /\{access_token\}/, /Bearer \{access_token\}/],
  ['Bearer {access_token}', '{access_token} {tokn}', 'auth.signIn', /\{tokn\}/, /auth\.tokenFacts/],
  ['{api_url}/v1', '{api_uri}/v1', 'baseUrl', /\{api_uri\}.*no field, table or fact/, /auth\.tokenFacts/],
  ['{entry}', '{entrance}', 'auth.authorizeUrl', /\{entrance\}/, /declare it/],
  ['{entry}/authorize', '{accounts}/authorize', 'auth.authorizeUrl', /\{accounts\}.*known by then/, /auth\.fields/],
  ['{accounts}/token', '{shard}.lantern.example/token', 'auth.tokenUrl', /\{shard\}.*known by then/, /auth\.fields/],
  ['{shard}.lantern', '{shart}.lantern', 'auth.revokeUrl', /\{shart\}/, /declare it/],
  ["by: 'region'", "by: 'regoin'", 'tables.entry.by', /'regoin'.*no field and no fact/, /declare it/],
  ["appBy: 'centre'", "appBy: 'center'", 'auth.appBy', /'center'.*no field and no fact/, /leave it out/],
  ["location: 'centre'", "location: 'centre', org: 'domain'", 'auth.callbackFacts.org', /no table/, /by: 'domain'/],
  ["issuer: 'https:", "issuer: 'http:", 'auth.issuer', /http:.*no https address/, /https:/],
  ["authorizeUrl: 'https:", "authorizeUrl: 'http:", 'auth.authorizeUrl', /no https address/, /https:/],
  ["tokenUrl: 'https://{accounts}", "tokenUrl: '{domain}", 'auth.tokenUrl', /\{domain\}.*no https address/, /https:/],
  ["us: 'accounts.lantern", "us: 'lantern@accounts.lantern", 'auth.tokenUrl', /no https address/, /https:/],
  ["us: 'accounts.lantern", "us: 'accounts.latern", 'auth.tokenUrl', /latern\.example.*not among hosts/, /Add 'accounts\.latern/],
  ['https://{shard}.lantern.example/revoke', 'https://lantern.example/revoke', 'auth.revokeUrl', /not among hosts/, /hosts/],
  ['{api_url}/v1', 'https://api.elsewhere.example', 'baseUrl', /api\.elsewhere\.example/, /hosts/],
]

t.test('each fault of a sign-in by OAuth is told alone, with field, reason and remedy, and without one it serves', async (t) => {
  const { root, add } = await driverFolders(t)
  await add('lantern', ...OAUTH)
  for (const [index, [from, to]] of OAUTH_FAULTS.entries()) await add(`faulty_${index}`, ...OAUTH, ['manifest.ts', from, to])
  const registry = await registryOf(root)
  t.strictSame(
    registry.refusals().filter(({ slug }) => slug === 'lantern'),
    [],
  )
  for (const [index, [from, to, field, reason, remedy]] of OAUTH_FAULTS.entries()) {
    const told = registry.refusals().filter(({ slug }) => slug === `faulty_${index}`)
    t.match(told, [{ field, reason, remedy }], `${from} -> ${to}`)
    t.equal(told.length, 1, 'and nothing else')
  }
})

t.test('a faulty form is told of as a form', async (t) => {
  const { root, add } = await driverFolders(t)
  await add('lantern', ['manifest.ts', 'signIn: {', 'signin: {'])
  const told = (await registryOf(root)).refusals().map(({ field, reason }) => `${field} ${reason}`)
  t.same(told, ['auth.signin is not known here'])
})
