import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import type { Associations } from './sandbox-associations.ts'
import { changesIn, jsonOf, propertiesIn, propertyIn } from './sandbox-body.ts'
import { errorBody, notFound, Refused } from './sandbox-errors.ts'
import { PIPELINES } from './sandbox-pipelines.ts'
import type { Records, Row } from './sandbox-records.ts'
import type { SearchBody, Values } from './sandbox-search.ts'
import type { Variant } from './sandbox-variant.ts'

interface ApiOptions {
  variant: Variant
  records: ReadonlyMap<string, Records>
  associations: Associations
  portal: number
  demand(token: string, ...scopes: string[]): void
}

const UI_DOMAIN = 'app-eu1.hubspot.com'
const TYPE_IDS: Record<string, string> = { contacts: '0-1', deals: '0-3', tickets: '0-5' }
const UNASKED: Record<string, string[]> = {
  contacts: ['email', 'firstname', 'lastname'],
  deals: ['amount', 'closedate', 'dealname', 'dealstage', 'pipeline'],
  tickets: ['content', 'hs_pipeline', 'hs_pipeline_stage', 'hs_ticket_category', 'hs_ticket_priority', 'subject'],
}
const ALWAYS = ['hs_object_id', 'createdate', 'lastmodifieddate', 'hs_lastmodifieddate']

const ok = (body: unknown, status = 200): SandboxAnswer => ({ status, body })

const scopeOf = (native: string, kind: 'read' | 'write') => (native === 'tickets' ? 'tickets' : `crm.objects.${native}.${kind}`)
const schemaScopeOf = (native: string) => (native === 'tickets' ? 'tickets' : `crm.schemas.${native}.write`)

/** A record as it goes out: with what was asked for, or a usual few, and what always comes. */
const createShown =
  ({ variant, portal }: ApiOptions) =>
  (of: Records, row: Row, values: Values, asked: string[]) => ({
    id: row.id,
    properties: Object.fromEntries(
      [...(asked.length ? asked : (UNASKED[of.native] ?? [])), ...ALWAYS]
        .filter((name) => of.properties.has(name))
        .map((name) => [name, values[name] ?? null]),
    ),
    createdAt: new Date(row.createdAt).toISOString(),
    updatedAt: new Date(row.updatedAt).toISOString(),
    archived: row.archivedAt !== null,
    ...(row.archivedAt !== null && { archivedAt: new Date(row.archivedAt).toISOString() }),
    ...(!variant.has('bare') && { url: `https://${UI_DOMAIN}/contacts/${portal}/record/${TYPE_IDS[of.native]}/${row.id}` }),
  })

const account = (portalId: number): SandboxAnswer =>
  ok({
    portalId,
    accountType: 'STANDARD',
    timeZone: 'Europe/Berlin',
    companyCurrency: 'EUR',
    additionalCurrencies: [],
    utcOffset: '+01:00',
    utcOffsetMilliseconds: 3_600_000,
    uiDomain: UI_DOMAIN,
    dataHostingLocation: 'eu1',
  })

/** The part of HubSpot's API that a CRM driver meets. */
export const createApi = (options: ApiOptions) => {
  const { variant, records, portal, demand } = options
  const shown = createShown(options)
  const whole = (of: Records, row: Row) => shown(of, row, row.values, Object.keys(row.values))

  const one = (of: Records, id: string, request: SandboxRequest, token: string): SandboxAnswer => {
    const { method, query } = request
    demand(token, scopeOf(of.native, method === 'GET' ? 'read' : 'write'))
    const row = of.find(id, query.get('idProperty'), method === 'GET' && query.get('archived') === 'true')
    if (method === 'DELETE') {
      if (row) of.archive(row)
      return row || !variant.has('repeat-404') ? { status: 204 } : notFound()
    }
    if (!row) return notFound()
    if (method === 'PATCH') return ok(whole(of, of.update(row, propertiesIn(request))))
    if (method !== 'GET') return notAllowed()
    const asked = query.getAll('properties').flatMap((names) => names.split(','))
    return ok(shown(of, row, row.values, asked))
  }

  const find = (of: Records, request: SandboxRequest, token: string): SandboxAnswer => {
    demand(token, scopeOf(of.native, 'read'))
    const body = jsonOf(request) as SearchBody
    const { total, rows, after } = of.search(body)
    const results = rows.map(({ row, values }) => shown(of, row, values, body.properties ?? []))
    return ok({ total, results, ...(after !== null && { paging: { next: { after, link: `?after=${after}` } } }) })
  }

  const associate = (of: Records, id: string, [kind, ...to]: string[], request: SandboxRequest, token: string) => {
    const [native = '', otherId = '', ...more] = to
    if (kind !== 'default' || !records.has(native) || otherId === '' || more.length > 0) return notFound()
    if (request.method !== 'PUT') return notAllowed()
    demand(token, scopeOf(of.native, 'write'))
    demand(token, scopeOf(native, 'write'))
    return options.associations.add({ native: of.native, id }, { native, id: otherId })
  }

  const objects = (of: Records, rest: string[], request: SandboxRequest, token: string): SandboxAnswer => {
    const [id, ...under] = rest
    if (id !== undefined && under[0] === 'associations') return associate(of, id, under.slice(1), request, token)
    if (id === 'search' && request.method === 'POST') return find(of, request, token)
    if (id === 'gdpr-delete' && request.method === 'POST' && of.native === 'contacts') {
      demand(token, scopeOf(of.native, 'write'))
      const { objectId, idProperty } = jsonOf(request) as { objectId: string; idProperty?: string }
      of.erase(objectId, idProperty)
      return { status: 204 }
    }
    if (id !== undefined) return rest.length === 1 ? one(of, id, request, token) : notFound()
    if (request.method !== 'POST') return notAllowed()
    demand(token, scopeOf(of.native, 'write'))
    return ok(whole(of, of.create(propertiesIn(request))), 201)
  }

  const oneProperty = (of: Records, name: string, request: SandboxRequest): SandboxAnswer => {
    const { method, query } = request
    const { properties, archived } = of.schema
    const found = (query.get('archived') === 'true' ? archived : properties).get(name)
    if (!found) return notFound()
    if (method === 'GET') return ok(found)
    if (method === 'PATCH') return ok(of.schema.change(found, changesIn(request)))
    if (method !== 'DELETE') return notAllowed()
    of.schema.archive(found)
    return { status: 204 }
  }

  const properties = (of: Records, [name]: string[], request: SandboxRequest, token: string): SandboxAnswer => {
    const { method, query } = request
    if (method === 'GET') demand(token, scopeOf(of.native, 'read'), schemaScopeOf(of.native))
    else demand(token, schemaScopeOf(of.native))
    if (name !== undefined) return oneProperty(of, name, request)
    if (method === 'POST') return ok(of.make(propertyIn(request)), 201)
    if (method !== 'GET') return notAllowed()
    const { properties, archived } = of.schema
    return ok({ results: [...(query.get('archived') === 'true' ? archived : properties).values()] })
  }

  const pipelines = (of: Records, rest: string[], request: SandboxRequest, token: string): SandboxAnswer => {
    demand(token, scopeOf(of.native, 'read'))
    if (request.method !== 'GET' || rest.length > 0) return notAllowed()
    return ok({ results: PIPELINES[of.native] ?? [] })
  }

  const areas = { objects, properties, pipelines }

  return (request: SandboxRequest, token: string): SandboxAnswer => {
    const [first, area, version = '', native = '', ...rest] = segments(request.path)
    if (!/^2026-0[39]$/.test(first === 'account-info' ? (area ?? '') : version)) return notFound()
    if (first === 'account-info') return version === 'details' && request.method === 'GET' ? account(portal) : notFound()
    const of = records.get(native)
    if (first !== 'crm' || !of || !area || !Object.hasOwn(areas, area)) return notFound()
    return areas[area as keyof typeof areas](of, rest, request, token)
  }
}

const notAllowed = (): SandboxAnswer => errorBody(405, 'METHOD_NOT_ALLOWED', 'Method not allowed')

const segments = (path: string): string[] => {
  try {
    return path.split('/').slice(1).map(decodeURIComponent)
  } catch {
    throw new Refused(notFound())
  }
}
