import { nearest } from '../../../core/admin/mapping-near.ts'
import { inWords } from '../../../core/admin/mapping-types.ts'
import { placeOf } from '../../../core/verbs/plan.ts'
import type { ShownFields } from '../../../schemas/mapping.ts'
import { type Markup, markup } from '../markup.ts'

type Field = ShownFields['fields'][number]

/** More are not looked through; who has more types a few letters. */
const SHOWN = 40
const OPTIONS_SHOWN = 8

export interface Picking {
  filter: string
  chosen: string
  /** To stand first, by a heading of their own. */
  near?: readonly Field[]
}

/** The choice of a field as radio buttons: one tab stop, arrows move, and it works without script. */
export const picks = (fields: readonly Field[], { filter, chosen, near = [] }: Picking): Markup => {
  const nearest = new Set(near.map(({ path }) => path))
  const found = matching(fields, filter).filter(({ path }) => !nearest.has(path))
  const shown = found.toSorted((a, b) => Number(b.path === chosen) - Number(a.path === chosen)).slice(0, SHOWN)
  const told = `${found.length} of ${fields.length} fields${found.length > SHOWN ? `, the first ${SHOWN} shown: type more letters` : ''}`
  return markup`<div id="picks">
    ${near.length > 0 && markup`<p class="hint">Nearest to what was asked for</p><div class="picks near">${near.map((field) => pick(field, chosen))}</div>`}
    <p class="hint" role="status">${told}</p>
    <div class="picks">${shown.map((field) => pick(field, chosen))}</div>
  </div>`
}

const pick = (field: Field, chosen: string): Markup => markup`<label class="pick">
    <input type="radio" name="field" value="${field.path}"${field.path === chosen && markup` checked`}>
    <span><strong>${field.label}</strong> <code>${field.path}</code>
    <small>${[inWords(field.type), ...traitsOf(field)].join(' · ')}</small></span>
  </label>`

const traitsOf = ({ required, writable, custom, options }: Field): string[] => [
  ...(required ? ['required'] : []),
  ...(writable ? [] : ['read only']),
  ...(custom ? ["the account's own"] : []),
  ...(options?.length ? [optionsIn(options.map(({ label }) => label))] : []),
]

const optionsIn = (labels: string[]): string => {
  const more = labels.length > OPTIONS_SHOWN ? ` and ${labels.length - OPTIONS_SHOWN} more` : ''
  return `${labels.slice(0, OPTIONS_SHOWN).join(', ')}${more}`
}

/** Those that have every word somewhere; where none has, those that come near. */
const matching = (fields: readonly Field[], filter: string): readonly Field[] => {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  const found = fields.filter(({ path, label }) => words.every((word) => `${path} ${label}`.toLowerCase().includes(word)))
  return found.length ? found : nearTo(fields, [filter])
}

export const nearTo = (fields: readonly Field[], wanted: readonly string[]): Field[] =>
  nearest(
    wanted,
    fields.map((field) => ({ ...field, object: placeOf(field.path).object })),
  )
