import { defineSandbox, type SandboxAnswer, type SandboxRequest } from '../../core/sandbox.ts'
import { Appointments } from './sandbox-appointments.ts'
import { Customers } from './sandbox-customers.ts'
import { isTokenRequest, Key, refusedToken } from './sandbox-key.ts'
import { RepairOrders } from './sandbox-orders.ts'
import { type Listing, listing } from './sandbox-pages.ts'
import { denied, notFound, ok, type Row, SECOND_SHOP, SHOP, saved, type Table } from './sandbox-store.ts'

const shop = (id: number, name: string, state: string) => ({
  id,
  name,
  nickname: '',
  phone: '555-555-0100',
  email: 'shop@example.test',
  website: null,
  address: { id: 79_130, address1: '1 Test Rd', city: 'Springfield', state, zip: '62701' },
  roCustomLabelEnabled: false,
})
const SHOPS = [shop(SHOP, 'Sandbox Garage', 'IL'), shop(SECOND_SHOP, 'Second Garage', 'CA')]

/**
 * Two shops that one key opens, and a third that it does not. Variants, joined by +: `merged`: what a PATCH leaves out of phones and address stays;
 * `literal`: a search compares numbers as typed; `expiring`: tokens live 2 s and say so; `bearer`: the key is a token; `local`: an appointment's times
 * have no zone; `older` pages; `split`: a shop whose state has two zones, `abroad`: one of another country; `ungranted`: no repair orders; `soft`: values
 * are refused under status 200.
 */
export default defineSandbox((variant = '') => {
  const has = (name: string) => variant.split('+').includes(name)
  const key = new Key(has('expiring'))
  const customers = new Customers({ merges: has('merged'), isLiteral: has('literal') })
  const nameOf = (id: number | null) => {
    const found = customers.all().find((row) => row.id === id)
    return found ? `${found.firstName} ${found.lastName ?? ''}` : ''
  }
  const orders = new RepairOrders(nameOf)
  const appointments = new Appointments(has('local'), (id, shopId) =>
    customers.all().some((row) => row.id === id && row.shopId === shopId),
  )
  const isOpen = (shopId: number) => key.scope.has(shopId)

  const list = <T extends Row>(
    table: Table<T> & { listing(): Pick<Listing<T>, 'shape' | 'matches' | 'order' | 'shown'> },
    request: SandboxRequest,
  ) => listing(request, { rows: table.all(), ...table.listing(), scope: key.scope, isOlder: has('older') })

  const one = <T extends Row>(table: Table<T>, id: string, answer: (row: T) => SandboxAnswer): SandboxAnswer => {
    const row = table.all().find((row) => String(row.id) === id)
    if (!row) return notFound
    return isOpen(row.shopId) ? answer(row) : denied
  }

  type Route = [method: string, path: RegExp, handler: (request: SandboxRequest, id: string) => SandboxAnswer]
  const stateOf = (state: string) => (has('split') ? 'TX' : has('abroad') ? 'ON' : state)
  const shops = () => SHOPS.map((each) => ({ ...each, address: { ...each.address, state: stateOf(each.address.state) } }))
  const routes: Route[] = [
    ['GET', /^\/shops$/, () => ok(shops().filter(({ id }) => isOpen(id)))],
    ['GET', /^\/shops\/(\d+)$/, (_, id) => (isOpen(Number(id)) ? ok(shops().find((each) => String(each.id) === id)) : denied)],
    ['DELETE', /^\/shops\/(\d+)\/scope$/, (_, id) => saved('Removed', key.scope.delete(Number(id)))],
    ['GET', /^\/customers$/, (request) => list(customers, request)],
    ['POST', /^\/customers$/, (request) => customers.create(request, isOpen)],
    ['GET', /^\/customers\/(\d+)$/, (_, id) => one(customers, id, ok)],
    ['PATCH', /^\/customers\/(\d+)$/, (request, id) => one(customers, id, (row) => customers.update(row, request))],
    ['GET', /^\/repair-orders$/, (request) => (has('ungranted') ? denied : list(orders, request))],
    ['GET', /^\/repair-orders\/(\d+)$/, (_, id) => (has('ungranted') ? denied : one(orders, id, ok))],
    ['PATCH', /^\/repair-orders\/(\d+)$/, (request, id) => one(orders, id, (row) => orders.update(row, request))],
    ['GET', /^\/appointments$/, (request) => list(appointments, request)],
    ['POST', /^\/appointments$/, (request) => appointments.create(request, isOpen)],
    ['GET', /^\/appointments\/(\d+)$/, (_, id) => one(appointments, id, (row) => ok(appointments.shown(row)))],
    ['PATCH', /^\/appointments\/(\d+)$/, (request, id) => one(appointments, id, (row) => appointments.update(row, request))],
    ['DELETE', /^\/appointments\/(\d+)$/, (_, id) => one(appointments, id, (row) => appointments.remove(row))],
  ]

  const served = (request: SandboxRequest): SandboxAnswer => {
    const path = request.path.replace(/^\/api\/v1(?=\/)/, '')
    if (path === request.path) return notFound
    for (const [method, pattern, handler] of routes) {
      const [whole, id = ''] = pattern.exec(path) ?? []
      if (whole !== undefined && method === request.method) return handler(request, id)
    }
    return notFound
  }

  return {
    handle(request) {
      if (isTokenRequest(request)) return key.issue(request)
      if (!key.isGood(request)) return this.unauthorized(request)
      const answer = served(request)
      return has('soft') && answer.status === 400 ? { ...answer, status: 200 } : answer
    },
    unauthorized: refusedToken,
    rateLimited: () => ({ status: 429 }),
    isWrite: (request) => request.method !== 'GET' && !isTokenRequest(request),
    records: (object) => ({ contact: customers, repair_order: orders, appointment: appointments })[object]?.own ?? [],
    settings: () => ({ shop_id: String(SHOP), environment: 'sandbox' }),
    credentials: { api_key: has('bearer') ? key.token : key.client },
  }
})
