import type { FastifyInstance } from 'fastify'
import { createTenant, listTenants } from '../../core/admin/tenants.ts'
import { type Html, html } from './html.ts'
import { page } from './page.ts'
import { csrfField, field, type Tone, table, tag } from './parts.ts'
import { type ConsoleRequest, consoleRoute, redirect, sent } from './route.ts'

/** All tenants, and what each is connected to. */
export const tenantPages = async (app: FastifyInstance): Promise<void> => {
  const route = consoleRoute(app)
  route.get('/tenants', async ({ request }) => {
    const tenants = await listTenants(app.database)
    const rows = tenants.map(({ id, name, region, provider, status, status_reason }) => [
      html`<a href="/console/tenants/${id}">${name}</a><br><span class="muted">${id}</span>`,
      html`${region}`,
      html`${provider ?? '–'}`,
      status ? html`!${statusTag(status)} ${status_reason}` : '<span class="muted">not connected</span>',
    ])
    return page(request, {
      title: 'Tenants',
      nav: 'tenants',
      actions: html`<a class="button" href="/console/new-tenant">Add a tenant</a>`,
      body: table({
        caption: 'Tenants and their connections',
        columns: ['Tenant', 'Region', 'Provider', 'Connection'],
        rows,
        empty: 'There is no tenant yet.',
      }),
    })
  })
  route.get('/new-tenant', ({ request }) => newTenant(request))
  route.post('/new-tenant', async ({ request, reply, operator }) => {
    const id = sent(request, 'id').trim()
    const tenant = { id, name: sent(request, 'name').trim() || id, region: sent(request, 'region').trim().toUpperCase() }
    await createTenant(app.pipeline, app.database, operator, tenant)
    return redirect(reply, `/console/tenants/${id}/connect`, `${tenant.name} was added. Choose its CRM.`)
  })
}

const newTenant = (request: ConsoleRequest): Html =>
  page(request, {
    title: 'Add a tenant',
    nav: 'tenants',
    crumbs: [['Tenants', '/console/tenants']],
    body: html`<form class="card narrow" method="post">!${csrfField(request)}
!${field({ name: 'id', label: 'Id', hint: 'Up to 63 of a-z, 0-9, _ and -. Keys and tokens are made for it, and it stays.', value: sent(request, 'id'), isRequired: true, attributes: { maxlength: 63, autocapitalize: 'none', spellcheck: 'false' } })}
!${field({ name: 'name', label: 'Name', hint: 'What people call it.', value: sent(request, 'name'), attributes: { maxlength: 200 } })}
!${field({ name: 'region', label: 'Country', hint: 'ISO 3166 code; phone numbers written without a country are of this one.', value: sent(request, 'region') || 'US', isRequired: true, attributes: { maxlength: 2, autocapitalize: 'characters' } })}
<div class="actions"><button class="primary">Add the tenant</button></div>
</form>`,
  })

const TONES: Record<string, [Tone, string]> = {
  active: ['good', 'Active'],
  reauth_required: ['bad', 'Sign-in needed'],
  disconnected: ['neutral', 'Disconnected'],
  pending: ['warning', 'Pending'],
}

export const statusTag = (status: string): string => {
  const [tone, text] = TONES[status] ?? ['neutral', status]
  return tag(text, tone)
}
