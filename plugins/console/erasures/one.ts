import { VorelError } from '../../../core/errors.ts'
import type { ErasureTarget, ListedErasure, ShownErasure } from '../../../schemas/erasure.ts'
import { pathTo } from '../input.ts'
import { type Markup, markup } from '../markup.ts'
import { ground, type Visit } from '../visit.ts'

export const erasurePath = (id: string, ...more: string[]): string => pathTo('erasures', id, ...more)

const STATES: Record<ListedErasure['state'] | ErasureTarget['state'], [tone: string, text: string]> = {
  requested: ['neutral', 'asked for'],
  scrubbed: ['neutral', 'erased here'],
  deleting: ['neutral', 'deleting at the CRM'],
  waiting: ['warning', 'waiting for you'],
  done: ['good', 'done'],
  pending: ['neutral', 'pending'],
  deleted: ['good', 'deleted'],
  already_absent: ['good', 'was gone already'],
  manual_required: ['warning', 'needs you'],
  failed: ['bad', 'failed'],
}

export const stateTag = (state: keyof typeof STATES): Markup => {
  const [tone, text] = STATES[state]
  return markup`<span class="tag ${tone}">${text}</span>`
}

const isSettled = ({ state }: ErasureTarget): boolean => state === 'deleted' || state === 'already_absent'
const isWaiting = ({ state }: ErasureTarget): boolean => state === 'manual_required' || state === 'failed'

/** How far it is; looks again by itself while something is under way. */
export const erasurePage = (visit: Visit, erasure: ShownErasure): string => {
  const { id, tenant_id, state, keys_given, requested_by, created_at, completed_at, scrubbed, targets, certificate } = erasure
  const isMoving = state === 'requested' || state === 'scrubbed' || state === 'deleting'
  const again = isMoving && markup` hx-get="${erasurePath(id)}" hx-trigger="every 3s" hx-select="#progress" hx-swap="outerHTML"`
  return visit.show(
    { title: `Erasure ${id.slice(0, 8)}`, crumbs: [['Erasures', '/console/erasures']] },
    markup`<div id="progress"${again}>
    <dl class="facts card">
      <div><dt>State</dt><dd>${stateTag(state)}</dd></div><div><dt>Tenant</dt><dd><a href="${pathTo('tenants', tenant_id)}">${tenant_id}</a></dd></div>
      <div><dt>Found by</dt><dd>${keys_given.join(', ')}</dd></div><div><dt>Asked</dt><dd>${ground.when(created_at)} by ${requested_by}</dd></div>
      <div><dt>Ended</dt><dd>${completed_at ? ground.when(completed_at) : '–'}</dd></div><div><dt>Erased here</dt><dd>${scrubbedIn(scrubbed)}</dd></div></dl>
    <h2>Records at the CRM</h2>
    <p><label for="settled">${targets.filter(isSettled).length} of ${targets.length} settled</label>
      <progress id="settled" max="${Math.max(targets.length, 1)}" value="${targets.filter(isSettled).length}"></progress></p>
    ${targetTable(id, targets)}
    ${certificate && markup`<p><a class="button" href="${erasurePath(id, 'certificate.json')}" download>Certificate (signed JSON)</a></p>`}
    ${isMoving && markup`<p class="hint">Under way. <a href="${erasurePath(id)}">Look again</a></p>`}</div>`,
    targets.some(isWaiting)
      ? ground.button(visit, { action: erasurePath(id, 'retry'), label: 'Try all that wait again', kind: 'primary' })
      : null,
  )
}

const scrubbedIn = (scrubbed: Record<string, number>): string =>
  Object.entries(scrubbed)
    .map(([table, rows]) => `${table}: ${rows}`)
    .join(', ') || 'nothing yet'

const targetTable = (id: string, targets: readonly ErasureTarget[]): Markup =>
  ground.table({
    caption: 'Records at the CRM',
    columns: ['Record', 'Id', 'State', 'What to do', 'Looked at', ''],
    rows: targets.map((target) => [
      markup`${target.object} at ${target.provider}`,
      markup`${target.external_id ? markup`<code>${target.external_id}</code>` : '–'}`,
      markup`${stateTag(target.state)}${target.hard_deleted === false && markup`<br><span class="muted">in the CRM's bin</span>`}
        ${target.resolved_by && markup`<br><span class="muted">done by ${target.resolved_by}</span>`}`,
      markup`${isWaiting(target) && toDo(target)}`,
      ground.when(target.updated_at),
      markup`${isWaiting(target) && markup`<a href="${erasurePath(id, 'targets', String(target.n))}">Mark as done<span class="hidden">: number ${target.n}</span></a>`}`,
    ]),
    empty: 'No record is known at the CRM so far.',
  })

const toDo = ({ instead_of_delete, reason }: ErasureTarget): string =>
  instead_of_delete ?? `Delete it at the CRM by hand (${reason ?? 'it failed'}).`

/** The second step of saying that a person has seen to it. */
export const resolutionPage = (visit: Visit, { id, targets }: ShownErasure, n: number): string => {
  const target = targets.find((one) => one.n === n && isWaiting(one))
  if (!target) throw new VorelError('not_found', 'This erasure has no such record that waits for a person. Look at it again.')
  return visit.show(
    {
      title: 'Is it done there?',
      crumbs: [
        ['Erasures', '/console/erasures'],
        [`Erasure ${id.slice(0, 8)}`, erasurePath(id)],
      ],
    },
    markup`<div class="card narrow"><p>${target.object} at ${target.provider}${target.external_id && markup` with the id <code>${target.external_id}</code>`}:</p>
    <p><strong>${toDo(target)}</strong></p>
    <form method="post" action="${erasurePath(id, 'targets', String(n))}">${visit.csrf}
      <label class="choice"><input type="checkbox" name="sure" value="yes" required> I did this, and looked that it is gone</label>
      <p class="actions"><button class="danger">Mark as done</button> <a class="button" href="${erasurePath(id)}">Not yet</a></p></form></div>`,
  )
}
