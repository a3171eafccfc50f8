import { defineSandbox, type SandboxAnswer, type SandboxRequest } from '../../core/sandbox.ts'
import { nativeOf } from './manifest.ts'
import { ApiError, noResource, sessionExpired } from './sandbox-errors.ts'
import { Org } from './sandbox-org.ts'
import { Queries } from './sandbox-query.ts'
import { Rows } from './sandbox-rows.ts'
import { runSearch } from './sandbox-search.ts'
import { isTokenRequest, SignIn } from './sandbox-sign-in.ts'

const ALLOWANCE = 100_000

const concurrent = new ApiError(403, 'REQUEST_LIMIT_EXCEEDED', 'ConcurrentRequests (Concurrent API Requests) Limit exceeded.')
const daily = new ApiError(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.')
const apiClosed = new ApiError(401, 'INVALID_SESSION_ID', 'This session is not valid for use with the REST API')
const retired = new ApiError(410, 'UNSUPPORTED_API_VERSION', 'The requested API version is no longer supported')

/** A word of a variant that has a value after it: `hide:Contact.HomePhone`. */
const valuesIn = (words: string[], name: string): string[] =>
  words.flatMap((word) => (word.startsWith(`${name}:`) ? word.slice(name.length + 1).split(',') : []))

/**
 * An org with contacts, leads and opportunities. Variants, joined by `+`: `native` (with Vorel's key field; unless told otherwise), `search`
 * (without it), `plain` (the key field is not unique); `sandbox` (a sandbox org, at test.salesforce.com); `lag` (the index knows nothing new),
 * `lag:2` (it learns of two records); `duplicates`, `duplicates-fixed` (duplicate rules are on, in either spelling); `spent` (the limit that is
 * met is the day's allowance); `closed` (a refused session is one that the API is closed to); `hide:Lead,Contact.HomePhone` (what the connected
 * user does not see).
 */
export default defineSandbox((variant = 'native') => {
  const words = variant.split('+')
  const has = (word: string) => words.includes(word)
  const org = new Org({
    key: has('search') ? 'none' : has('plain') ? 'plain' : 'unique',
    isSandbox: has('sandbox'),
    indexedAtMost: Number(valuesIn(words, 'lag')[0] ?? (has('lag') ? 0 : Number.POSITIVE_INFINITY)),
    duplicateKey: has('duplicates') ? 'duplicateResut' : has('duplicates-fixed') ? 'duplicateResult' : null,
    hidden: valuesIn(words, 'hide'),
  })
  const signIn = new SignIn(org)
  const queries = new Queries(org)
  const rows = new Rows(org)
  let used = 0

  /** The host that was meant; without one, somebody calls the sandbox itself. */
  const hostOf = ({ headers }: SandboxRequest) => String(headers['x-forwarded-host'] ?? org.domain)

  const serve = async (request: SandboxRequest): Promise<SandboxAnswer> => {
    const [, version = '', resource, ...more] = request.path.slice('/services'.length).split('/').slice(1).map(decodeURIComponent)
    if (version === '') return { status: 200, body: [{ label: "Summer '26", url: '/services/data/v67.0', version: '67.0' }] }
    const number = /^v(\d\d)\.0$/.exec(version)?.[1]
    if (!number || Number(number) > 68) throw noResource()
    if (Number(number) < 31) throw retired
    const token = String(request.headers.authorization ?? '').replace(/^(Bearer|OAuth) /i, '')
    if (signIn.server.accessState(token) !== 'good') throw sessionExpired()
    used += 1
    if (resource === 'sobjects' && more.length > 0) return rows.handle(request, more)
    if (request.method !== 'GET') throw noResource()
    if (resource === 'limits') return { status: 200, body: { DailyApiRequests: { Max: ALLOWANCE, Remaining: ALLOWANCE - used } } }
    if (resource === 'search') return runSearch(org, request)
    if (resource === 'query') return more[0] === undefined ? queries.start(request) : queries.next(more[0])
    throw noResource()
  }

  const withUsage = (answer: SandboxAnswer): SandboxAnswer => ({
    ...answer,
    headers: { 'sforce-limit-info': `api-usage=${used}/${ALLOWANCE}`, ...answer.headers },
  })

  return {
    async handle(request) {
      const host = hostOf(request)
      const isLogin = signIn.handles(request)
      if (isLogin ? !signIn.isLoginHost(host) : host !== org.domain)
        return { status: 404, headers: { 'content-type': 'text/html' }, body: '<html><body>URL No Longer Exists</body></html>' }
      if (isLogin) return signIn.handle(request)
      if (!request.path.startsWith('/services/data/')) return noResource().answer
      try {
        return withUsage(await serve(request))
      } catch (error) {
        if (error instanceof ApiError) return withUsage(error.answer)
        throw error
      }
    },
    unauthorized: (request) =>
      isTokenRequest(request)
        ? { status: 400, body: { error: 'invalid_grant', error_description: 'expired access/refresh token' } }
        : (has('closed') ? apiClosed : sessionExpired()).answer,
    rateLimited: (request) =>
      isTokenRequest(request)
        ? { status: 400, body: { error: 'invalid_grant', error_description: 'login rate exceeded' } }
        : (has('spent') ? daily : concurrent).answer,
    isWrite: ({ method, path }) => method !== 'GET' && path.includes('/sobjects/'),
    records: (object) => org.rows(nativeOf(object)),
    settings: () => ({
      login_host: has('sandbox') ? 'test.salesforce.com' : 'login.salesforce.com',
      reference_field: 'Vorel_Key__c',
    }),
    credentials: {},
    oauth: { server: signIn.server, isTokenRequest },
  }
})
