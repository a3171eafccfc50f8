import type { FastifyInstance } from 'fastify'
import { listTenants } from '../../core/admin/tenants.ts'
import { html } from './html.ts'
import { page } from './page.ts'
import { type Tone, table, tag } from './parts.ts'
import { consoleRoute } from './route.ts'

/** All tenants, and what each is connected to. */
export const tenantPages = async (app: FastifyInstance): Promise<void> => {
  consoleRoute(app).get('/tenants', async ({ request }) => {
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
      body: table({
        caption: 'Tenants and their connections',
        columns: ['Tenant', 'Region', 'Provider', 'Connection'],
        rows,
        empty: 'There is no tenant yet.',
      }),
    })
  })
}

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
