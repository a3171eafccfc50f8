import type { Drift } from '../../../schemas/field.ts'
import { type Markup, markup } from '../markup.ts'
import { mappingPath, type Scene, type SlotRow } from './scene.ts'

/** Who is being edited, and the form that stands there. */
export interface Editing {
  slot: string
  panel: Markup
}

const DIRECTIONS = { both: 'both ways', write: 'write', read: 'read' }

/** Slots and where they go: the tenant's own, then those that the provider has a usual place for. */
export const slotRows = (scene: Scene, editing: Editing | null, csrf: Markup): Markup => {
  const known = scene.rows.some(({ slot }) => slot === editing?.slot)
  return markup`<ul class="slots">
    ${scene.rows.map((row) => slotRow(scene, row, editing?.slot === row.slot ? editing.panel : null, csrf))}
  </ul>
  ${editing && !known ? markup`<section aria-labelledby="new"><h2 id="new">Another slot</h2>${editing.panel}</section>` : markup`<p class="actions"><a class="button" href="${mappingPath(scene)}?slot=#edit">Map another slot</a></p>`}`
}

const slotRow = (scene: Scene, row: SlotRow, panel: Markup | null, csrf: Markup): Markup => {
  const { slot, path, type, label, direction, isOwn } = row
  const drift = scene.connection.drift.filter((matter) => matter.slot === slot)
  return markup`<li class="slot">
    <code class="slot-name">${slot}</code>
    <span class="slot-field">${label && label !== path ? markup`${label} <code>${path}</code>` : markup`<code>${path}</code>`}
      <small>${type} · ${DIRECTIONS[direction]}${isOwn ? '' : ' · usual place'}</small>
      ${drift.map(({ kind }) => markup`<span class="tag bad">${wordsOf(kind)}</span> `)}</span>
    <span class="slot-actions"><a href="${mappingPath(scene)}?slot=${encodeURIComponent(slot)}#edit" aria-label="Change ${slot}">Change</a>
      ${isOwn && removal(scene, slot, csrf)}</span>
    ${panel}
  </li>`
}

const removal = (scene: Scene, slot: string, csrf: Markup): Markup => markup`
  <form method="post" action="${mappingPath(scene, 'remove')}" class="inline">${csrf}<input type="hidden" name="slot" value="${slot}">
    <button type="submit" class="quiet" aria-label="Remove the mapping of ${slot}">Remove</button></form>`

const wordsOf = (kind: Drift['kind']): string => kind.replace('_', ' ')
