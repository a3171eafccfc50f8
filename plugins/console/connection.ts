import type { FastifyInstance } from 'fastify'
import { type ConnectionHealth, connectionHealth } from '../../core/admin/connection-health.ts'
import { type ShownConnection, showConnection } from '../../core/admin/connections.ts'
import { disconnectTenant } from '../../core/admin/disconnect.ts'
import { type ListedTenant, listTenants } from '../../core/admin/tenants.ts'
import { type AuditRow, readAudit } from '../../core/audit/read.ts'
import { isVorelError, VorelError } from '../../core/errors.ts'
import { callStats } from '../../core/observe/call-stats.ts'
import { callChart } from './chart.ts'
import { type Html, html } from './html.ts'
import { notice, page } from './page.ts'
import { facts, postButton, table, time } from './parts.ts'
import { type ConsoleRequest, consoleRoute, redirect } from './route.ts'
import { statusTag } from './tenants.ts'

const CHART_HOURS = 24
const SHOWN_ERRORS = 10
const LOOKED_AT = 200

/** One tenant: how its connection is doing, and what can be done about it. */
export const connectionPages = async (app: FastifyInstance): Promise<void> => {
  const route = consoleRoute(app)
  route.get('/tenants/:id', ({ request }) => show(app, request))
  route.get('/tenants/:id/disconnect', async ({ request }) => {
    const tenant = await shownTenant(app, request.params.id ?? '')
    return page(request, {
      title: `Disconnect ${tenant.name}?`,
      nav: 'tenants',
      crumbs: crumbsOf(tenant),
      body: html`<div class="card narrow"><p>From then on every call for this tenant is refused. Access is ended at ${nameOf(app, tenant.provider)} as far as it can be, and the credentials are deleted here. Settings, mapping and API keys stay.</p>
<div class="actions">!${postButton(request, { action: `/console/tenants/${tenant.id}/disconnect`, label: 'Disconnect', kind: 'danger' })}<a class="button" href="/console/tenants/${tenant.id}">Keep it connected</a></div></div>`,
    })
  })
  route.post('/tenants/:id/disconnect', async ({ request, reply, operator }) => {
    const tenantId = request.params.id ?? ''
    const { revocation } = await disconnectTenant(app.pipeline, app.database, { ...operator, tenantId, requestId: request.id })
    return redirect(reply, `/console/tenants/${tenantId}`, ENDED[revocation])
  })
}

const ENDED = {
  done: 'Disconnected. Access was ended at the provider, too.',
  none: 'Disconnected. The credentials are deleted here; at the provider there was nothing to end.',
  failed: 'Disconnected. The credentials are deleted here, but the provider did not end the access: remove it there.',
}

export const shownTenant = async ({ database }: FastifyInstance, id: string): Promise<ListedTenant> => {
  const found = (await listTenants(database)).find((tenant) => tenant.id === id)
  if (!found) throw new VorelError('not_found', `There is no tenant '${id}'.`)
  return found
}

export const crumbsOf = ({ id, name }: ListedTenant) =>
  [
    ['Tenants', '/console/tenants'],
    [name, `/console/tenants/${id}`],
  ] as const

const nameOf = ({ pipeline }: FastifyInstance, provider: string | null): string =>
  (provider && pipeline.registry().loaded(provider)?.listed.name) ?? provider ?? 'the CRM'

const show = async (app: FastifyInstance, request: ConsoleRequest): Promise<Html> => {
  const tenant = await shownTenant(app, request.params.id ?? '')
  const connection = await showConnection(app.database, tenant.id).catch((error: unknown) => {
    if (isVorelError(error) && error.code === 'not_connected') return null
    throw error
  })
  return page(request, {
    title: tenant.name,
    nav: 'tenants',
    crumbs: crumbsOf(tenant).slice(0, 1),
    actions: actionsOf(app, tenant, connection),
    body: connection
      ? [
          await health(app, tenant, connection),
          objectLinks(app, tenant.id, connection),
          await calls(app, tenant.id),
          await errors(app, tenant.id),
        ]
      : html`<div class="empty"><p>${tenant.name} has no CRM connected.</p><p><a class="button primary" href="/console/tenants/${tenant.id}/connect">Connect one</a></p></div>`,
  })
}

const actionsOf = (app: FastifyInstance, { id }: ListedTenant, connection: ShownConnection | null): Html => {
  const keys = app.hasRoute({ method: 'GET', url: '/console/tenants/:id/keys' })
    ? html`<a class="button" href="/console/tenants/${id}/keys">API keys</a>`
    : ''
  if (!connection) return keys
  const again = html`<a class="button" href="/console/tenants/${id}/connect/${connection.provider}">Connect again</a>`
  const other = html`<a class="button quiet" href="/console/tenants/${id}/connect">Another CRM</a>`
  const end =
    connection.status === 'disconnected'
      ? ''
      : html`<a class="button danger" href="/console/tenants/${id}/disconnect">Disconnect</a>`
  return [keys, again, other, end].join('')
}

const health = async (app: FastifyInstance, { id }: ListedTenant, connection: ShownConnection): Promise<Html> => {
  const { provider, status, status_reason, account, settings, on_unmapped, drift, drift_checked_at } = connection
  const { credentials_at, renewal_at, open_creates }: ConnectionHealth = await connectionHealth(app.database, id, provider)
  const state = app.pipeline.registry().loaded(provider)?.listed.state
  return html`!${status === 'reauth_required' ? notice('bad', `${status_reason ?? 'The provider refuses the sign-in.'} Connect again to let calls through.`) : ''}
!${state !== 'on' ? notice('warning', `${nameOf(app, provider)} is switched off here: its calls are refused, its credentials are kept.`) : ''}
!${drift.length ? notice('warning', `${drift.length === 1 ? 'A mapped field was' : `${drift.length} mapped fields were`} changed in the CRM. The mapping shows which.`) : ''}
<section class="card" aria-label="Connection">!${facts([
    ['Provider', html`${nameOf(app, provider)}`],
    ['Status', html`!${statusTag(status)} ${status === 'active' ? '' : (status_reason ?? '')}`],
    ['Account', html`${account ?? '–'}`],
    ['Credentials from', time(credentials_at)],
    ['Renewed by itself', renewal_at ? time(renewal_at) : '<span class="muted">not needed</span>'],
    ['Fields compared', time(drift_checked_at)],
    ['Unmapped fields', html`${on_unmapped === 'skip' ? 'are left out' : 'are refused'}`],
    ['Creates not settled', html`${open_creates}`],
    ...Object.entries(settings).map(([name, value]) => [labelOf(app, provider, name), html`${String(value)}`] as const),
  ])}</section>`
}

const labelOf = ({ pipeline }: FastifyInstance, provider: string, field: string): string => {
  const form = pipeline.registry().loaded(provider)?.listed.manifest?.auth.fields.properties
  return (form?.[field] as { title?: string } | undefined)?.title ?? field
}

const objectLinks = (app: FastifyInstance, tenantId: string, { provider }: ShownConnection): Html => {
  const objects = app.pipeline.registry().loaded(provider)?.listed.manifest?.objects
  if (!objects || !app.hasRoute({ method: 'GET', url: '/console/tenants/:id/mapping/:object' })) return ''
  return html`<h2>Field mapping</h2><div class="actions">!${Object.keys(objects).map((object) => html`<a class="button" href="/console/tenants/${tenantId}/mapping/${object}">${object.replaceAll('_', ' ')}</a>`)}</div>`
}

const calls = async ({ database }: FastifyInstance, tenantId: string): Promise<Html> =>
  html`<h2>The last 24 hours</h2>!${callChart(await callStats(database, tenantId, CHART_HOURS))}`

const errors = async ({ database }: FastifyInstance, tenantId: string): Promise<Html> => {
  const rows = await readAudit(database.pool, { tenantId, limit: LOOKED_AT })
  const failed = rows.filter(({ phase, code }) => phase === 'outcome' && code !== 'ok').slice(0, SHOWN_ERRORS)
  return html`<h2>Recent errors</h2>!${table({
    caption: 'Recent errors',
    columns: ['When', 'What', 'Code', 'By', 'Request'],
    rows: failed.map(rowOf),
    empty: 'None among the last calls and actions.',
  })}`
}

const rowOf = ({ at, action, object, code, actor_type, actor_id, request_id }: AuditRow): Html[] => [
  time(at),
  html`${action} ${object}`,
  html`<code>${code}</code>`,
  html`${actor_type} ${actor_id}`,
  html`<code>${request_id}</code>`,
]
