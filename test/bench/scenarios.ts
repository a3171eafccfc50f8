import type { Request } from 'autocannon'
import type { BenchTenant } from './tenants.ts'

export interface Scenario {
  name: string
  call: 'lookup' | 'create'
  who: 'direct' | 'floor' | 'vorel'
  url: string
  requestOf(tenant: BenchTenant): Request
}

const LOOKUP = JSON.stringify({ phone: '+14155550100' })
const FIELDS = { name: 'Ada Lovelace', phone: '+14155550100', budget_max: 500_000 }
const CREATE = JSON.stringify({ object: 'lead', fields: FIELDS, idempotency_key: 'bench-[<id>]' })

const post = (path: string, token: string, body: string): Request => ({
  method: 'POST',
  path,
  headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
  body,
})

/** The same work asked of the upstream itself, of the floor, and of Vorel. */
export const scenariosOf = (urls: Record<Scenario['who'], string>): Scenario[] => [
  {
    name: 'lookup, direct',
    call: 'lookup',
    who: 'direct',
    url: urls.direct,
    requestOf: () => ({ method: 'GET', path: '/contacts?phone=%2B14155550100' }),
  },
  {
    name: 'lookup, floor',
    call: 'lookup',
    who: 'floor',
    url: urls.floor,
    requestOf: ({ token }) => post('/lookup', token, LOOKUP),
  },
  {
    name: 'lookup, Vorel',
    call: 'lookup',
    who: 'vorel',
    url: urls.vorel,
    requestOf: ({ token }) => post('/api/tools/crm_lookup_customer', token, LOOKUP),
  },
  {
    name: 'create, direct',
    call: 'create',
    who: 'direct',
    url: urls.direct,
    requestOf: () => ({
      method: 'PUT',
      path: '/leads/by-reference/bench-[<id>]',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(FIELDS),
    }),
  },
  {
    name: 'create, floor',
    call: 'create',
    who: 'floor',
    url: urls.floor,
    requestOf: ({ token }) => post('/create', token, CREATE),
  },
  {
    name: 'create, Vorel',
    call: 'create',
    who: 'vorel',
    url: urls.vorel,
    requestOf: ({ apiKey }) => post('/v1/crm/create-record', apiKey, CREATE),
  },
]
