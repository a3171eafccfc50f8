import { defineSandbox, type SandboxAnswer, type SandboxRequest } from '../../core/sandbox.ts'
import { Appointments, LOCATIONS } from './sandbox-appointments.ts'
import { Clients, CUSTOM_FIELDS } from './sandbox-clients.ts'
import { Answered, knowing, ok, paged, queryOf, refused } from './sandbox-input.ts'
import { Staff } from './sandbox-staff.ts'

const API_KEY = 'sandbox0api0key0of0a0developer01'
const SITE_ID = '-99'
const BASE = '/public/v6'
const NONE = knowing({})

type Handler = (request: SandboxRequest, isStaff: boolean) => SandboxAnswer
/** Without a token of the staff: some are for anybody with a key. */
type Route = [method: string, path: string, needs: 'key' | 'staff', handler: Handler]

const WRITES = /\/(addclient|updateclient|addappointment|updateappointment|addclienttoclass|removeclientfromclass)$/

/**
 * Mindbody's own sandbox site. Variants, joined by +: `required` fields of new clients; `consumer`: no staff signs in, and e-mail is asked for; `numbered`:
 * clients have the numbers that Mindbody gives; `unsearched`: phones are not searched; `loose`: a search looks at all as one text, with wildcards;
 * `compared`: duplicates are looked for before numbers; `region`; `expiring`: a token is good for a few requests; `barred`: the staff member may not see
 * clients; `local`: changes are filtered by the site's clocks; `windows` and `unzoned`: how the zone is told.
 */
export default defineSandbox((variant = '') => {
  const has = (name: string) => variant.split('+').includes(name)
  const zone = 'America/Los_Angeles'
  const clients = new Clients({
    zone,
    required: { business: has('required') ? ['AddressLine1', 'EmergContact'] : [], consumer: has('consumer') ? ['Email'] : [] },
    searchesPhones: !has('unsearched'),
    searchesLoosely: has('loose'),
    comparesFirst: has('compared'),
    isRegional: has('region'),
    filtersLocally: has('local'),
  })
  const appointments = new Appointments(clients, zone)
  const staff = new Staff({ requestsOfToken: has('expiring') ? 4 : Number.POSITIVE_INFINITY })
  const TimeZone = has('windows') ? 'Pacific Standard Time' : has('unzoned') ? null : zone
  const site = { Id: Number(SITE_ID), Name: 'API Sandbox Site', TimeZone, CurrencyIsoCode: 'USD', CountryCode: 'US' }

  const seenByStaff: Handler = (request) =>
    has('barred') ? refused(403, 'InvalidUserAccessLevel', 'Insufficient permissions.') : clients.list(request)

  const routes: Route[] = [
    ['POST', '/usertoken/issue', 'key', (request) => staff.issue(request)],
    ['DELETE', '/usertoken/revoke', 'staff', (request) => staff.revoke(request)],
    ['GET', '/site/locations', 'key', (request) => paged('Locations', LOCATIONS, queryOf(request, NONE))],
    [
      'GET',
      '/site/sites',
      'key',
      (request) => {
        const query = queryOf(request, knowing({ whole: 'siteIds' }))
        const isAsked = query.siteIds?.includes(SITE_ID)
        return paged('Sites', query.siteIds && !isAsked ? [] : [isAsked ? site : { Id: site.Id, Name: site.Name }], query)
      },
    ],
    [
      'GET',
      '/site/genders',
      'key',
      () =>
        ok({
          GenderOptions: ['Female', 'Male', 'Nonbinary', 'Retired'].map((Name, n) => ({
            Id: n + 1,
            Name,
            IsActive: Name !== 'Retired',
            IsDefault: n === 0,
          })),
        }),
    ],
    [
      'GET',
      '/client/requiredclientfields',
      'key',
      () => ok({ RequiredClientFields: has('required') ? ['AddressLine1', 'EmergContact'] : [] }),
    ],
    [
      'GET',
      '/client/customclientfields',
      'staff',
      (request) => paged('CustomClientFields', CUSTOM_FIELDS, queryOf(request, NONE)),
    ],
    ['GET', '/client/clients', 'staff', seenByStaff],
    ['POST', '/client/addclient', 'key', (request, isStaff) => clients.add(request, isStaff)],
    ['POST', '/client/updateclient', 'key', (request, isStaff) => clients.update(request, isStaff)],
    ['GET', '/appointment/staffappointments', 'staff', (request) => appointments.list(request)],
    ['POST', '/appointment/addappointment', 'staff', (request) => appointments.add(request)],
    ['POST', '/appointment/updateappointment', 'staff', (request) => appointments.update(request)],
    ['GET', '/class/classvisits', 'staff', (request) => appointments.classVisits(request)],
    ['POST', '/class/addclienttoclass', 'key', (request) => appointments.book(request)],
    ['POST', '/class/removeclientfromclass', 'key', (request) => appointments.removeFromClass(request)],
  ]

  const served = (request: SandboxRequest): SandboxAnswer => {
    const path = request.path.startsWith(BASE) ? request.path.slice(BASE.length) : ''
    const route = routes.find(([method, at]) => method === request.method && at === path)
    if (!route) return { status: 404, body: { Message: 'No HTTP resource was found that matches the request URI.' } }
    const [, , needs, handler] = route
    if (request.headers['api-key'] !== API_KEY) return refused(401, 'InvalidSourceCredentials', 'Missing API key')
    if (request.headers.siteid !== SITE_ID) return refused(403, 'DeniedAccess', 'Access to this site is denied.')
    const isStaff = path !== '/usertoken/issue' && staff.isSignedIn(request)
    if (needs === 'staff' && !isStaff) return refused(401, 'InvalidUserCredentials', 'A user token is required.')
    return handler(request, isStaff)
  }

  return {
    handle(request) {
      try {
        return served(request)
      } catch (error) {
        if (error instanceof Answered) return error.answer
        throw error
      }
    },
    unauthorized: () => refused(401, 'InvalidUserCredentials', 'The user token is invalid or has expired.'),
    rateLimited: () => refused(429, 'TooManyRequests', 'Too many requests.'),
    isWrite: ({ method, path }) => method === 'POST' && WRITES.test(path),
    records: (object) =>
      ({ contact: clients.rows, appointment: appointments.rows, visit: appointments.visits, elsewhere: clients.elsewhere })[
        object
      ] ?? [],
    settings: () => ({
      site_id: SITE_ID,
      client_numbers: has('numbered') ? 'given' : 'chosen',
      apply_payment: 'no',
      ...(!has('consumer') && { staff_username: staff.username }),
    }),
    credentials: { api_key: API_KEY, ...(!has('consumer') && { staff_password: staff.password }) },
  }
})
