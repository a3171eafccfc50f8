import t from 'tap'
import { at, GOOD, grantFault } from './desk.ts'

const HOSTS = { hosts: ['judge.example', '*.api.example'] }
const auth = { tokenFacts: ['api', 'org'] }

t.test('members of an answer become facts: texts, numbers as texts, addresses of declared hosts', async (t) => {
  const answers: [told: object, facts: object][] = [
    [
      { api: 'https://eu.api.example', org: 'Acme' },
      { api: 'https://eu.api.example', org: 'Acme' },
    ],
    [
      { api: 'https://judge.example/v1', org: 148711228 },
      { api: 'https://judge.example/v1', org: '148711228' },
    ],
    [{ api: ' https://eu.api.example\n' }, { api: 'https://eu.api.example' }],
    [{ org: 'na1:00D5f' }, { org: 'na1:00D5f' }],
    [{ org: 'see http: below' }, { org: 'see http: below' }],
    [{ org: null, api: ['https://eu.api.example'] }, {}],
    [{ org: '', api: true }, {}],
  ]
  for (const [told, facts] of answers) {
    const granted = await at({ body: { ...GOOD, ...told } }, { auth, manifest: HOSTS }).exchange()
    t.strictSame(granted.facts, facts, JSON.stringify(told))
  }
})

t.test('facts of before stay, and newer ones of the same name replace them, by every kind of grant', async (t) => {
  const facts = { api: 'https://us.api.example', version: '8' }
  const { exchange, refresh, clientCredentials } = at(
    { body: { ...GOOD, api: 'https://eu.api.example' } },
    { auth, manifest: HOSTS, facts },
  )
  for (const granted of await Promise.all([exchange(), refresh(), clientCredentials()]))
    t.strictSame(granted.facts, { api: 'https://eu.api.example', version: '8' })
})

t.test('an address that leads elsewhere ends a sign-in; a renewal keeps the tokens, and the address known', async (t) => {
  const addresses = [
    'https://evil.example',
    'https://judge.example.evil.example',
    'https://evil.example/.api.example',
    'https://api.example',
    'https://eu.api.example:8443',
    'http://eu.api.example',
    'HTTP://eu.api.example',
    'ftp://eu.api.example',
    'file:///etc/passwd',
    'https://ada@eu.api.example',
    'https://:secret@eu.api.example',
    'https://eu.api.example@evil.example',
    'https:evil.example',
    'https:/evil.example',
    'https:\\\\evil.example',
    ' https://evil.example',
    '\thttp://eu.api.example',
  ]
  for (const api of addresses) {
    const facts = { api: 'https://eu.api.example' }
    const { exchange, refresh, clientCredentials } = at({ body: { ...GOOD, api } }, { auth, manifest: HOSTS, facts })
    t.strictSame(await Promise.all([exchange(), clientCredentials()].map(grantFault)), Array(2).fill('app: undeclared_host'), api)
    const renewed = await refresh()
    t.strictSame(renewed.facts, facts, api)
    t.equal(renewed.tokens.access_token, GOOD.access_token)
  }
})

t.test('of a callback only values that every table of that fact knows are kept, and lead the code to its place', async (t) => {
  const setting = {
    auth: { tokenUrl: 'https://{accounts}/token', callbackFacts: { location: 'region', nothing: 'untabled' } },
    manifest: {
      hosts: ['accounts.us.example', 'accounts.eu.example'],
      tables: {
        accounts: { by: 'region', values: { us: 'accounts.us.example', eu: 'accounts.eu.example', cn: 'accounts.us.example' } },
        web: { by: 'region', values: { us: 'us.example', eu: 'eu.example' } },
      },
    },
    settings: { region: 'us' },
  }
  const told: [callback: Record<string, string>, facts: object, host: string][] = [
    [{ location: 'eu' }, { region: 'eu' }, 'accounts.eu.example'],
    [{ location: 'us' }, { region: 'us' }, 'accounts.us.example'],
    [{ location: 'mars' }, {}, 'accounts.us.example'],
    [{ location: 'cn' }, {}, 'accounts.us.example'],
    [{ location: 'constructor' }, {}, 'accounts.us.example'],
    [{ location: '' }, {}, 'accounts.us.example'],
    [{ nothing: 'eu', region: 'eu' }, {}, 'accounts.us.example'],
    [{}, {}, 'accounts.us.example'],
  ]
  for (const [callback, facts, host] of told) {
    const { exchange, requests } = at({ body: GOOD }, setting)
    const granted = await exchange(callback)
    t.strictSame(granted.facts, facts, JSON.stringify(callback))
    t.equal(requests[0]?.headers['x-forwarded-host'], host)
  }
})
