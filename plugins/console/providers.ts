import type { FastifyInstance } from 'fastify'
import { sentenceOf } from '../../core/refusal.ts'
import type { ListedDriver } from '../../core/registry.ts'
import { applySwitch } from '../../core/switches/apply.ts'
import { planSwitch, type SwitchPlan } from '../../core/switches/plan.ts'
import { type ProviderSwitch, readSwitches } from '../../core/switches/store.ts'
import { tenantsAt } from '../../core/switches/touched.ts'
import { pathTo } from './input.ts'
import { linkOut, type Markup, markup } from './markup.ts'
import { ground, type Handle, type Visit, visits } from './visit.ts'

const PATH = '/providers/:provider/switch'

/** The drivers that are here, and the switches, each of which first says whom it touches. */
export const providersPages = async (app: FastifyInstance): Promise<void> => {
  const { pipeline: deps, database } = app
  const { get, post } = visits(app, 'providers')

  get('/providers', (visit) => list(app, visit))
  const plan: Handle = async (visit) => {
    const asked = { provider: visit.param('provider'), isOn: visit.query.text('on') === 'true' }
    return planPage(app, visit, await planSwitch(deps, database, asked), asked.isOn)
  }
  get(PATH, plan)
  post(PATH, async (visit) => {
    const asked = { provider: visit.param('provider'), isOn: visit.query.text('on') === 'true' }
    const by = { ...visit.operator, requestId: visit.request.id }
    const { provider, state } = await applySwitch(deps, database, by, asked)
    return visit.done('/console/providers', `${provider} is ${state} here; all processes follow within two seconds.`)
  })
}

const switchPath = (provider: string, isOn: boolean): string => `${pathTo('providers', provider, 'switch')}?on=${isOn}`

const list = async ({ pipeline, database }: FastifyInstance, visit: Visit): Promise<string> => {
  const switches = await readSwitches(database.pool)
  const listed = pipeline.registry().list()
  const counts = await Promise.all(listed.map(({ slug }) => tenantsAt(database.pool, slug)))
  return visit.show(
    { title: 'Providers' },
    ground.table({
      caption: 'Providers',
      columns: ['Provider', 'State', 'Version', 'Tenants', 'Said by', 'Switch'],
      rows: listed.map((driver, at) => {
        const inFile = pipeline.drivers.laid().providers[driver.slug]
        return row(driver, counts[at]?.tenantCount ?? 0, { inFile, byOperator: switches[driver.slug] })
      }),
      empty: 'No driver was found in the folders of the configuration.',
    }),
  )
}

interface SaidBy {
  inFile: boolean | undefined
  byOperator: ProviderSwitch | undefined
}

const row = (driver: ListedDriver, tenantCount: number, said: SaidBy): Markup[] => {
  const { slug, name, version, manifest, refusals } = driver
  return [
    markup`${linkOut(manifest?.docsUrl ?? null, name)}<br><code>${slug}</code>`,
    markup`${stateTag(driver)}${refusals.map((refusal) => markup`<p class="error">${sentenceOf(refusal)}</p>`)}
      ${driver.state === 'reserved' && markup`<p class="hint">${manifest?.reservedReason}</p>`}`,
    markup`<code>${version.slice(0, 12)}</code>`,
    markup`${tenantCount}`,
    saidBy(said),
    toSwitch(driver, said),
  ]
}

const TONES = { on: 'good', off: 'neutral', reserved: 'neutral', refused: 'bad' } as const

const stateTag = ({ state }: Pick<ListedDriver, 'state'>): Markup => markup`<span class="tag ${TONES[state]}">${state}</span>`

/** The file's word and the operators', so that nobody wonders which one holds. */
const saidBy = ({ inFile, byOperator }: SaidBy): Markup => {
  const file = inFile === undefined ? 'File: not named, so on' : `File: ${inFile ? 'on' : 'off, which wins'}`
  if (!byOperator) return markup`${file}`
  return markup`${file}<br>Console: ${byOperator.isOn ? 'on' : 'off'}, ${byOperator.changedBy}, ${ground.when(byOperator.changedAt)}`
}

const toSwitch = ({ slug, name, state }: ListedDriver, { inFile }: SaidBy): Markup => {
  if (state === 'reserved') return markup`–`
  if (state === 'on') return markup`<a href="${switchPath(slug, false)}">Switch off<span class="hidden"> ${name}</span></a>`
  if (inFile === false) return markup`<span class="muted">in the file</span>`
  return markup`<a href="${switchPath(slug, true)}">Switch on<span class="hidden"> ${name}</span></a>`
}

/** What a switch touches, before it does. */
const planPage = ({ pipeline }: FastifyInstance, visit: Visit, plan: SwitchPlan, isOn: boolean): string => {
  const { provider, now, after, tenants, tenantCount, inFlight, warnings } = plan
  const name = pipeline.registry().loaded(provider)?.listed.name ?? provider
  const verb = isOn ? 'on' : 'off'
  const more = tenantCount > tenants.length && markup`<li>and ${tenantCount - tenants.length} more</li>`
  return visit.show(
    { title: `Switch ${name} ${verb}?`, crumbs: [['Providers', '/console/providers']] },
    markup`${warnings.map((warning) => ground.note('warning', warning))}
    <dl class="facts card">
      <div><dt>State</dt><dd>${stateTag({ state: now })} <span aria-hidden="true">→</span><span class="hidden">to</span> ${stateTag({ state: after })}</dd></div>
      <div><dt>Tenants connected</dt><dd>${tenantCount}</dd></div>
      <div><dt>Calls under way</dt><dd>${inFlight}${inFlight > 0 && ', which finish'}</dd></div></dl>
    ${tenantCount > 0 && markup`<h2>Whom it touches</h2><ul>${tenants.map(({ id, name }) => markup`<li><a href="${pathTo('tenants', id)}">${name}</a> <code>${id}</code></li>`)}${more}</ul>`}
    <form method="post" action="${switchPath(provider, isOn)}" class="actions">${visit.csrf}
      ${now !== after && markup`<button class="${isOn ? 'primary' : 'danger'}">Switch ${name} ${verb}</button>`} <a class="button" href="/console/providers">Leave it as it is</a></form>`,
  )
}
