import type { FastifyInstance } from 'fastify'
import type { AnyDriver } from '../../core/driver.ts'
import { VorelError } from '../../core/errors.ts'
import { startSignIn } from '../../core/oauth/flow.ts'
import { type FlowStatus, Flows } from '../../core/oauth/flow-store.ts'
import { cookieOf } from '../../core/routes/connections.ts'
import { crumbsOf, shownTenant } from './connection.ts'
import { type Html, html } from './html.ts'
import { notice, page } from './page.ts'
import { type Context, consoleRoute } from './route.ts'

export interface AskedSignIn {
  tenantId: string
  provider: string
  entered: Record<string, string>
  onUnmapped: 'refuse' | 'skip'
  requestId: string
  driver: AnyDriver
  steps: Html
}

/** Begins the sign-in at the provider: a window of its own for it, while this page follows how it stands. */
export const signInPart = async (
  app: FastifyInstance,
  publicUrl: string,
  { request, reply, operator }: Context,
  { driver, steps, entered, ...asked }: AskedSignIn,
): Promise<Html> => {
  const tenant = await shownTenant(app, asked.tenantId)
  const { flowId, authorizeUrl, cookie } = await startSignIn(app.pipeline, app.database, {
    ...asked,
    actor: operator,
    settings: entered,
    publicUrl,
    isBrowser: true,
  })
  if (cookie) reply.header('set-cookie', cookieOf(cookie, publicUrl))
  const { name } = driver.manifest
  return page(request, {
    title: `Sign in at ${name}`,
    nav: 'tenants',
    crumbs: crumbsOf(tenant),
    body: html`!${steps}<div class="card narrow">
<p>The sign-in opens in a window of its own and is good for 10 minutes, in this browser alone.</p>
<p><a class="button primary" href="${authorizeUrl}" target="_blank" rel="noreferrer">Go to ${name}</a></p>
!${standing(asked.tenantId, asked.provider, flowId, { status: 'pending' })}
</div>`,
  })
}

/** Where the page, or somebody without script, asks how a sign-in stands. */
export const signInStatusPages = async (app: FastifyInstance): Promise<void> => {
  consoleRoute(app).get('/tenants/:id/sign-ins/:flow', async ({ request }) => {
    const { id = '', flow = '' } = request.params
    const found = /^[0-9a-f-]{36}$/.test(flow) ? await new Flows(app.database.pool).status(id, flow) : null
    if (!found) throw new VorelError('not_found', 'There is no such sign-in, or it is over since yesterday. Begin one.')
    const part = standing(id, found.provider, flow, found)
    if (request.headers['hx-request'] === 'true') return part
    const tenant = await shownTenant(app, id)
    return page(request, {
      title: 'How the sign-in stands',
      nav: 'tenants',
      crumbs: crumbsOf(tenant),
      body: html`<div class="card narrow">!${part}</div>`,
    })
  })
}

type Standing = Pick<FlowStatus, 'status'> & Partial<FlowStatus>

/** Replaces itself every other second until it is over. */
const standing = (tenantId: string, provider: string, flowId: string, { status, detail, account, warning }: Standing): Html => {
  const path = `/console/tenants/${tenantId}/sign-ins/${flowId}`
  if (status === 'pending')
    return html`<div hx-get="${path}" hx-trigger="every 2s" hx-swap="outerHTML" role="status"><p class="muted">Waiting for the sign-in. <a href="${path}">How does it stand?</a></p></div>`
  if (status === 'failed')
    return html`<div role="status">!${notice('bad', detail ?? 'The sign-in did not succeed.')}<p><a class="button" href="/console/tenants/${tenantId}/connect/${provider}">Start again</a></p></div>`
  return html`<div role="status">!${notice('good', `The test passed and the CRM is connected${account ? ` as ${account}` : ''}.${warning ? ` Note: ${warning}` : ''}`)}<p><a class="button primary" href="/console/tenants/${tenantId}">See the connection</a></p></div>`
}
