import { defineSandbox, type SandboxAnswer, type SandboxRequest } from '../../core/sandbox.ts'
import { Appointments } from './sandbox-appointments.ts'
import { Changes } from './sandbox-changes.ts'
import { badAuth, isTokenRequest, notServed, ok, openAuthorization, PRACTICE, throughGateway } from './sandbox-gateway.ts'
import { isAnswer, LISTING, paged, queryOf } from './sandbox-input.ts'
import { Patients } from './sandbox-patients.ts'

type Handler = (request: SandboxRequest, id: string) => SandboxAnswer
type Route = [method: string, path: RegExp, handler: Handler]

const departments = (hasGroups: boolean) =>
  ['Main', 'North', 'South'].map((name, n) => ({
    departmentid: String(n + 1),
    name,
    timezonename: n === 1 ? 'US/Central' : 'US/Eastern',
    providergroupid: hasGroups ? String((n + 1) % 2) : '1',
  }))

/**
 * A practice of the preview environment. Variants, joined by +: `strict` types; `email` and `ids` alone are criteria of a search; `broad`: any search
 * finds too much; `silent`: a create does not tell whether it matched; `short`: long values are refused; `groups` of providers; `unsubscribed`;
 * `shared`: changed patients are left to others; `crowded`: 60 departments.
 */
export default defineSandbox((variant = '') => {
  const has = (name: string) => variant.split('+').includes(name)
  const server = openAuthorization()
  const changes = new Changes(!has('unsubscribed'))
  const patients = new Patients(
    {
      emailAlone: has('email'),
      idList: has('ids'),
      broad: has('broad'),
      silentMatch: has('silent'),
      short: has('short'),
      groups: has('groups'),
    },
    changes,
  )
  const appointments = new Appointments(patients)
  const places = has('crowded')
    ? Array.from({ length: 60 }, (_, n) => ({ departmentid: String(n + 1), name: `Site ${n + 1}`, providergroupid: '1' }))
    : departments(has('groups'))

  const routes: Route[] = [
    ['GET', /^\/ping$/, () => ok({ pong: 'true' })],
    [
      'GET',
      /^\/departments$/,
      (request) => {
        const wanted = queryOf(request, { ...LISTING, showalldepartments: 'flag' })
        return isAnswer(wanted) ? wanted : paged(request, 'departments', places, { standard: 1500, most: 5000 })
      },
    ],
    ['GET', /^\/patients$/, (request) => patients.list(request)],
    ['POST', /^\/patients$/, (request) => patients.create(request)],
    ['GET', /^\/patients\/search$/, (request) => patients.search(request)],
    ['GET', /^\/patients\/changed$/, (request) => changes.list(request, (id) => patients.rows.get(id))],
    ['GET', /^\/patients\/changed\/subscription$/, (request) => changes.subscription(request)],
    ['POST', /^\/patients\/changed\/subscription$/, (request) => changes.subscription(request)],
    ['GET', /^\/patients\/(\d+)$/, (request, id) => patients.one(request, id)],
    ['PUT', /^\/patients\/(\d+)$/, (request, id) => patients.update(request, id)],
    ['GET', /^\/patients\/(\d+)\/appointments$/, (request, id) => appointments.ofPatient(request, id)],
    ['GET', /^\/appointments\/open$/, (request) => appointments.open(request)],
    ['GET', /^\/appointments\/booked$/, (request) => appointments.booked(request)],
    ['PUT', /^\/appointments\/booked\/(\d+)$/, (request, id) => appointments.change(request, id)],
    ['GET', /^\/appointments\/(\d+)$/, (request, id) => appointments.one(request, id)],
    ['PUT', /^\/appointments\/(\d+)$/, (request, id) => appointments.book(request, id)],
    ['PUT', /^\/appointments\/(\d+)\/cancel$/, (request, id) => appointments.cancel(request, id)],
    ['PUT', /^\/appointments\/(\d+)\/reschedule$/, (request, id) => appointments.move(request, id)],
  ]

  const served = (request: SandboxRequest, path: string): SandboxAnswer => {
    for (const [method, pattern, handler] of routes) {
      const [whole, id = ''] = pattern.exec(path) ?? []
      if (whole !== undefined && method === request.method) return handler(request, id)
    }
    return notServed
  }

  return {
    handle(request) {
      const through = throughGateway(server, request)
      if (!('path' in through)) return through
      const answer = served(request, through.path)
      return has('strict') && typeof answer.body === 'object' ? { ...answer, body: strict(answer.body) } : answer
    },
    unauthorized: (request) => (isTokenRequest(request) ? { status: 401, body: { error: 'invalid_client' } } : badAuth),
    rateLimited: () => ({ status: 429, body: { error: 'Too many requests.' } }),
    isWrite: (request) => request.method !== 'GET' && !isTokenRequest(request),
    records: (object) =>
      object === 'contact'
        ? [...patients.rows.values()]
        : [...appointments.rows.values()].filter(({ appointmentstatus }) => appointmentstatus !== 'o'),
    settings: () => ({
      environment: 'preview',
      practice_id: PRACTICE,
      department_id: '1',
      patient_changes: has('shared') ? 'shared' : 'own',
    }),
    credentials: {},
    oauth: { server, isTokenRequest },
  }
})

const NUMBERS = /(id|duration|totalcount)$/

/** What a practice answers an app that asked for proper JSON types. */
const strict = (value: unknown, name = ''): unknown => {
  if (Array.isArray(value)) return value.map((inner) => strict(inner, name))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, strict(inner, key)]))
  if (value === 'true' || value === 'false') return value === 'true'
  return typeof value === 'string' && NUMBERS.test(name) && /^\d+$/.test(value) ? Number(value) : value
}
