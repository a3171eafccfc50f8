import { inWords } from '../../../core/admin/mapping-types.ts'
import { placeOf } from '../../../core/verbs/plan.ts'
import { FieldType } from '../../../schemas/field.ts'
import type { ShownFields } from '../../../schemas/mapping.ts'
import { type Markup, markup } from '../markup.ts'
import type { Draft } from './draft.ts'
import { nearTo, picks } from './picker.ts'
import { mappingPath, type Scene } from './scene.ts'

export interface Panel {
  scene: Scene
  draft: Draft
  /** The CRM's fields; null where it could not say. */
  fields: ShownFields | null
  csrf: Markup
}

const DIRECTIONS = { both: 'written and read back', write: 'written only', read: 'read back only' }

/** The form beside a row. What was refused stands above its fields, the nearest of them ready to be chosen. */
export const panel = ({ scene, draft, fields, csrf }: Panel): Markup => markup`
  <form method="post" action="${mappingPath(scene)}" class="panel" id="edit">
    ${csrf}
    ${draft.refusal && markup`<p class="error" role="alert">${draft.refusal.message}</p>`}
    ${slotInput(scene, draft)}
    ${fields && chooser(scene, draft, fields)}
    ${(!fields || fields.is_open) && typedInput(draft, fields)}
    <div class="columns">
      ${select('direction', 'Direction', Object.entries(DIRECTIONS), draft.direction)}
      ${select('type', 'The slot holds', [['', 'what it usually does'], ...FieldType.enum.map((type) => [type, wordsFor(type)] as const)], draft.type)}
    </div>
    <p class="actions"><button type="submit" class="primary">Save</button> <a href="${mappingPath(scene)}">Cancel</a></p>
  </form>`

const wordsFor = (type: FieldType): string => `${inWords(type)} (${type})`

const slotInput = ({ object, rows }: Scene, { slot }: Draft): Markup =>
  rows.some((row) => row.slot === slot)
    ? markup`<input type="hidden" name="slot" value="${slot}">`
    : markup`<p class="field"><label for="slot">Slot</label>
      <input id="slot" name="slot" value="${slot}" required maxlength="250" autocomplete="off" spellcheck="false" aria-describedby="slot-hint">
      <small id="slot-hint" class="hint">The agent's word, such as ${object}.budget_max</small></p>`

/** Filters as one types; without script, by its button. What comes near to what was refused stands first. */
const chooser = (scene: Scene, { field, filter, refusal, slot }: Draft, { fields }: ShownFields): Markup => {
  const near = refusal ? nearTo(fields, [placeOf(field).field, slot]) : []
  return markup`<fieldset><legend>Field at the CRM</legend>
    <div class="row"><div class="field"><label for="filter">Find by name or label</label>
      <input id="filter" type="search" name="filter" value="${filter}" autocomplete="off" spellcheck="false"
        hx-get="${mappingPath(scene, 'fields')}" hx-trigger="input changed delay:200ms, search" hx-target="#picks" hx-swap="outerHTML"
        hx-include="closest form" hx-params="filter,field" hx-push-url="false"></div>
      <button type="submit" name="act" value="find">Find</button></div>
    ${picks(fields, { filter, chosen: field, near })}
  </fieldset>`
}

const typedInput = ({ field }: Draft, fields: ShownFields | null): Markup => {
  const isListed = fields?.fields.some(({ path }) => path === field) ?? false
  return markup`<p class="field"><label for="typed">${fields ? "Or a field that the CRM does not list, by the CRM's own name" : "The CRM's own name of the field"}</label>
    <input id="typed" name="typed" value="${isListed ? '' : field}" maxlength="250" autocomplete="off" spellcheck="false" placeholder="lead.x_area"></p>`
}

const select = (name: string, label: string, options: readonly (readonly [string, string])[], chosen: string): Markup => markup`
  <p class="field"><label for="${name}">${label}</label>
    <select id="${name}" name="${name}">${options.map(
      ([value, text]) => markup`<option value="${value}"${value === chosen && markup` selected`}>${text}</option>`,
    )}</select></p>`
