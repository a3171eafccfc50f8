import type { FastifyInstance } from 'fastify'
import { connectTenant, showConnection } from '../../core/admin/connections.ts'
import { formFaults } from '../../core/admin/form.ts'
import type { ListedTenant } from '../../core/admin/tenants.ts'
import { type AnyDriver, formProperties } from '../../core/driver.ts'
import type { ListedDriver } from '../../core/registry.ts'
import { enteredIn, formFields } from './connect-form.ts'
import { signInPart } from './connect-sign-in.ts'
import { crumbsOf, shownTenant } from './connection.ts'
import { type Html, html } from './html.ts'
import { notice, page } from './page.ts'
import { csrfField, field, tag } from './parts.ts'
import { type Context, consoleRoute, redirect, sent } from './route.ts'

/** Three steps to a connection that works: choose, enter, test. What is entered is kept nowhere until the test has passed. */
export const connectPages = async (app: FastifyInstance, { publicUrl }: { publicUrl: string }): Promise<void> => {
  const route = consoleRoute(app)
  route.get('/tenants/:id/connect', async ({ request }) => {
    const tenant = await shownTenant(app, request.params.id ?? '')
    const cards = app.pipeline
      .registry()
      .list()
      .map((driver) => card(tenant, driver))
    return page(request, {
      title: 'Choose the CRM',
      nav: 'tenants',
      crumbs: crumbsOf(tenant),
      body: [steps(1), html`<ul class="cards">!${cards}</ul>`],
    })
  })
  route.get('/tenants/:id/connect/:provider', (context) => form(app, context, {}))
  route.post('/tenants/:id/connect/:provider', async (context) => {
    const { request, reply, operator } = context
    const { id: tenantId = '', provider = '' } = request.params
    const driver = app.pipeline.registry().get(provider)
    const entered = enteredIn(request, driver)
    const faults = formFaults(driver, entered)
    if (Object.keys(faults).length) {
      reply.code(422)
      return form(app, context, faults)
    }
    const onUnmapped = sent(request, 'on_unmapped') === 'skip' ? ('skip' as const) : ('refuse' as const)
    const asked = { tenantId, provider, entered, onUnmapped, requestId: request.id }
    if (isSignIn(driver)) return signInPart(app, publicUrl, context, { ...asked, driver, steps: steps(3) })
    const { account, warning } = await connectTenant(app.pipeline, app.database, { ...operator, ...asked })
    const said = `The test passed and ${driver.manifest.name} is connected${account ? ` as ${account}` : ''}.`
    return redirect(reply, `/console/tenants/${tenantId}`, warning ? `${said} Note: ${warning}` : said)
  })
}

const isSignIn = ({ manifest: { auth } }: AnyDriver): boolean => auth.kind === 'oauth2' && auth.grant === 'authorization_code'

const STEPS = ['Choose the CRM', 'Enter what it asks for', 'Test and activate']

const steps = (now: number): Html =>
  html`<ol class="steps">!${STEPS.map(
    (text, index) => html`<li !${index + 1 === now ? 'aria-current="step"' : ''}><b>${index + 1}</b>${text}</li>`,
  )}</ol>`

const STATES = { on: 'Available', off: 'Switched off', reserved: 'Reserved', refused: 'Faulty' } as const

const card = ({ id }: ListedTenant, { slug, name, state, manifest, refusals }: ListedDriver): Html => {
  const auth = manifest?.auth
  const way =
    auth?.kind !== 'oauth2'
      ? 'Connected by credentials'
      : auth.grant === 'authorization_code'
        ? 'Connected by a sign-in there'
        : "Connected by the platform's own app"
  const why = {
    on: manifest?.status === 'example' ? 'An example to read and try; no real CRM.' : `${way}.`,
    off: 'An operator switched it off for everybody. It can be switched on under Providers.',
    reserved: manifest?.reservedReason ?? 'The name is reserved; there is nothing to connect yet.',
    refused: `${refusals[0]?.field ?? 'The driver'} ${refusals[0]?.reason ?? 'has a fault'}. ${refusals[0]?.remedy ?? ''}`,
  }[state]
  return html`<li class="card"><h2>${name}</h2><p>!${tag(STATES[state], state === 'on' ? 'good' : state === 'refused' ? 'bad' : 'neutral')}</p><p class="muted">${why}</p>!${
    state === 'on'
      ? html`<p><a class="button" href="/console/tenants/${id}/connect/${slug}">Choose<span class="hidden"> ${name}</span></a></p>`
      : '<p></p>'
  }</li>`
}

const form = async (app: FastifyInstance, { request }: Context, faults: Record<string, string>): Promise<Html> => {
  const { id = '', provider = '' } = request.params
  const tenant = await shownTenant(app, id)
  const driver = app.pipeline.registry().get(provider)
  const { name, docsUrl } = driver.manifest
  const stored = tenant.provider === provider ? await showConnection(app.database, id) : null
  const known = request.method === 'POST' ? enteredIn(request, driver) : (stored?.settings ?? {})
  const hasFields = Object.keys(formProperties(driver.manifest.auth.fields)).length > 0
  const lead = isSignIn(driver)
    ? `Somebody with an account at ${name} signs in there and allows the access; then it is tested.`
    : 'It is tested against the CRM first. Only where that passes is it stored, encrypted, and in use.'
  return page(request, {
    title: `Connect ${name}`,
    nav: 'tenants',
    crumbs: crumbsOf(tenant),
    body: html`!${steps(2)}
<form class="card narrow" method="post" autocomplete="off">!${csrfField(request)}
!${Object.keys(faults).length ? notice('bad', 'Something is missing or not as it should be; it is told beside each field.') : ''}
<p>${lead} <a href="${docsUrl}" rel="noreferrer" target="_blank">What ${name} says</a></p>
!${hasFields ? formFields(driver, known, faults) : ''}
!${unmapped(sent(request, 'on_unmapped') || (stored?.on_unmapped ?? 'refuse'))}
<div class="actions"><button class="primary">${isSignIn(driver) ? `Sign in at ${name}` : 'Test and activate'}</button><a class="button quiet" href="/console/tenants/${id}/connect">Choose another</a></div>
</form>`,
  })
}

const unmapped = (chosen: string): Html =>
  field({
    name: 'on_unmapped',
    label: 'Fields without a place in the CRM',
    hint: 'What a create does with them.',
    value: chosen,
    options: [
      ['refuse', 'Refuse the create and name them'],
      ['skip', 'Write the rest'],
    ],
    isRequired: true,
  })
