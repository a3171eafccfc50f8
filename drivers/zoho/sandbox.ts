import { defineSandbox, type SandboxAnswer, type SandboxRequest } from '../../core/sandbox.ts'
import { moduleOf, type ObjectName } from './manifest.ts'
import { Accounts } from './sandbox-accounts.ts'
import { invalidToken, noSuchUrl, notSignedIn, refused, scopeMismatch, tooMany, ZohoError } from './sandbox-errors.ts'
import { Records } from './sandbox-records.ts'
import { fieldSettings, organisation } from './sandbox-settings.ts'
import { Store } from './sandbox-store.ts'
import { hostsOf, traitsOf } from './sandbox-variant.ts'

const API = '/crm/v8/'
const isAccounts = ({ path }: SandboxRequest): boolean => path.startsWith('/oauth/')
const OPERATIONS: Record<string, string> = { GET: 'READ', POST: 'CREATE', PUT: 'UPDATE', DELETE: 'DELETE' }

/** Groups of scopes, of each of which the token must have one. */
const scopesFor = ({ method, path }: SandboxRequest): string[][] => {
  const [first = '', second] = path.slice(API.length).split('/')
  const operation = OPERATIONS[method] ?? ''
  const any = (area: string, ...operations: string[]) => [...operations, 'ALL'].map((one) => `${area}.${one}`)
  if (first === 'org') return [any('ZohoCRM.org', 'READ')]
  if (first === 'coql') return [['ZohoCRM.coql.READ']]
  if (first === 'settings') return [any(`ZohoCRM.settings.${second}`, operation)]
  const ofModule = any(`ZohoCRM.modules.${first.toLowerCase()}`, operation, ...(operation === 'READ' ? [] : ['WRITE']))
  return second === 'search' ? [ofModule, ['ZohoSearch.securesearch.READ']] : [ofModule]
}

/** Ids of any object, as JSON numbers. */
const withNumberIds = (answer: SandboxAnswer): SandboxAnswer =>
  typeof answer.body === 'object'
    ? {
        ...answer,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(answer.body).replaceAll(/"id":"(\d+)"/g, '"id":$1'),
      }
    : answer

/** A Zoho organisation with an empty CRM. Variants are parts joined by `+`: see `Traits`. */
export default defineSandbox((variant) => {
  const traits = traitsOf(variant)
  const store = new Store(traits)
  const accounts = new Accounts(traits)
  const records = new Records(store, traits)

  const checkToken = (request: SandboxRequest): void => {
    const [, token] = /^Zoho-oauthtoken (\S+)$/.exec(request.headers.authorization ?? '') ?? []
    if (!token) throw notSignedIn()
    if (accounts.server.accessState(token) !== 'good') throw invalidToken()
    const granted = accounts.server.introspect(token)?.scope.split(',') ?? []
    if (!scopesFor(request).every((group) => group.some((scope) => granted.includes(scope)))) throw scopeMismatch()
  }

  const route = (request: SandboxRequest): SandboxAnswer => {
    if (!request.path.startsWith(API)) throw noSuchUrl()
    const [first = '', second, ...rest] = request.path.slice(API.length).split('/').map(decodeURIComponent)
    checkToken(request)
    if (first === 'org' && request.method === 'GET') return organisation(traits)
    if (first === 'coql' && request.method === 'POST') return records.query(request)
    if (first === 'settings' && second === 'fields' && rest.length === 0) return fieldSettings(store, traits, request)
    if (!(first in store.modules)) throw new ZohoError(400, 'INVALID_MODULE', 'The module name given seems to be invalid')
    return records.handle(first, second === undefined ? [] : [second, ...rest], request)
  }

  const api = (request: SandboxRequest, host: string | undefined): SandboxAnswer => {
    try {
      if (host !== undefined && host !== hostsOf(traits).apiHost) throw invalidToken() // of another centre
      const answer = route(request)
      return traits.hasNumberIds ? withNumberIds(answer) : answer
    } catch (error) {
      if (error instanceof ZohoError) return refused(error)
      throw error
    }
  }

  return {
    handle(request) {
      const forwarded = request.headers['x-forwarded-host']
      const host = typeof forwarded === 'string' ? forwarded : undefined
      return isAccounts(request) ? accounts.handle(request, host) : api(request, host)
    },
    unauthorized: (request) => (isAccounts(request) ? { status: 200, body: { error: 'invalid_code' } } : refused(invalidToken())),
    rateLimited: () => refused(tooMany()),
    isWrite: (request) => !isAccounts(request) && request.method !== 'GET' && request.path !== `${API}coql`,
    records: (object) => store.rows(moduleOf(object as ObjectName)),
    settings: () => ({
      region: traits.home === 'cn' ? 'cn' : 'us',
      reference_field: 'Vorel_Key',
      trigger: 'workflow',
    }),
    credentials: {},
    oauth: { server: accounts.server, isTokenRequest: ({ path }) => path === '/oauth/v2/token' },
  }
})
