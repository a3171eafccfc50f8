import type { ManualTarget } from '../../../core/erasure/show.ts'
import type { ListedErasure } from '../../../schemas/erasure.ts'
import { pathTo } from '../input.ts'
import { type Markup, markup } from '../markup.ts'
import { ground, type Visit } from '../visit.ts'
import { stateTag } from './one.ts'

/** What waits for a person first, then the form, then all there are. */
export const listPage = (visit: Visit, erasures: readonly ListedErasure[], manual: readonly ManualTarget[]): string =>
  visit.show({ title: 'Erasures' }, manual.length > 0 ? waiting(manual) : null, asking(visit), all(visit, erasures))

const waiting = (manual: readonly ManualTarget[]): Markup => markup`<h2>Waiting for you</h2>
  ${ground.table({
    caption: 'Records that a person has to see to',
    columns: ['Record', 'Tenant', 'State', 'What to do', 'Since'],
    rows: manual.map(({ erasure_id, tenant_id, n, provider, object, state, reason, instead_of_delete, since }) => [
      markup`<a href="${pathTo('erasures', erasure_id)}">${object} at ${provider}, number ${n}</a>`,
      markup`${tenant_id}`,
      stateTag(state),
      markup`${instead_of_delete ?? reason ?? 'Look at the erasure.'}`,
      ground.when(since),
    ]),
    empty: '',
  })}`

const asking = (visit: Visit): Markup => markup`<h2 id="ask">Forget a person</h2>
  <form method="post" action="/console/erasures" class="card" aria-labelledby="ask">${visit.csrf}
    <p>Whoever any of these finds is erased here and at the tenant's CRM. What is deleted there cannot be had back.</p>
    <div class="row">${input(visit, 'tenant', 'Tenant', markup` required`)}${input(visit, 'phone', 'Phone', markup` type="tel"`)}
      ${input(visit, 'email', 'E-mail', markup` inputmode="email"`)}${input(visit, 'external_id', 'Id at the CRM', markup``)}</div>
    <label class="choice"><input type="checkbox" name="sure" value="yes" required> This person asked for it, or the tenant did for them</label>
    <p><button class="danger">Erase this person</button></p></form>`

const input = ({ form, query }: Visit, name: string, label: string, more: Markup): Markup => markup`<div class="field">
    <label for="${name}">${label}</label><input id="${name}" name="${name}" value="${form.text(name) || query.text(name)}" maxlength="320" autocomplete="off"${more}></div>`

const all = ({ query }: Visit, erasures: readonly ListedErasure[]): Markup => markup`<h2>All erasures</h2>
  ${query.text('tenant') && markup`<p>Of tenant ${query.text('tenant')}. <a href="/console/erasures">Of all</a></p>`}
  ${ground.table({
    caption: 'Erasures',
    columns: ['Erasure', 'Tenant', 'State', 'Asked by', 'Asked', 'Records', 'Ended'],
    rows: erasures.map(({ id, tenant_id, state, keys_given, requested_by, targets, waiting, created_at, completed_at }) => [
      markup`<a href="${pathTo('erasures', id)}"><code>${id.slice(0, 8)}</code></a><br><span class="muted">by ${keys_given.join(', ')}</span>`,
      markup`<a href="/console/erasures?tenant=${encodeURIComponent(tenant_id)}">${tenant_id}</a>`,
      stateTag(state),
      markup`${requested_by}`,
      ground.when(created_at),
      markup`${targets}${waiting > 0 && `, ${waiting} waiting`}`,
      completed_at ? ground.when(completed_at) : markup`–`,
    ]),
    empty: 'Nobody has been erased yet.',
  })}`
