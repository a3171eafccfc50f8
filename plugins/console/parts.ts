import type { FastifyRequest } from 'fastify'
import { type Html, html } from './html.ts'

/** The hidden field that each form with `method="post"` begins with. */
export const csrfField = (request: FastifyRequest): Html =>
  html`<input type="hidden" name="_csrf" value="${request.consoleState.csrfToken}">`

export interface Field {
  name: string
  label: string
  hint?: string | undefined
  error?: string | undefined
  /** Of an `input`; others are told by `options` and `lines`. */
  type?: 'text' | 'password' | 'search' | 'email' | 'tel' | 'url' | 'number' | 'date' | 'datetime-local'
  /** Never shown in a password's field. */
  value?: string | undefined
  /** A select instead of an input: value and label. */
  options?: readonly (readonly [value: string, label: string])[]
  /** A text area of that many lines instead of an input. */
  lines?: number
  isRequired?: boolean
  /** Further attributes, such as `pattern`, `maxlength`, `autocomplete`, `hx-get`. */
  attributes?: Record<string, string | number | boolean | undefined>
}

/** Label, control, hint and error, tied together for those who hear the page. */
export const field = (asked: Field): Html => {
  const { name, label, hint, error, isRequired = false } = asked
  const id = `field-${name}`
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ')
  const common = attributes({
    id,
    name,
    required: isRequired,
    'aria-describedby': described || undefined,
    'aria-invalid': error ? 'true' : undefined,
    ...asked.attributes,
  })
  return html`<div class="field">
<label for="${id}">${label}!${isRequired ? '' : '<span class="optional"> optional</span>'}</label>
!${hint ? html`<p class="hint" id="${id}-hint">${hint}</p>` : ''}
!${control(asked, common)}
!${error ? html`<p class="error" id="${id}-error">${error}</p>` : ''}
</div>`
}

const control = ({ type = 'text', value = '', options, lines }: Field, common: Html): Html => {
  if (options) return html`<select !${common}>!${options.map(([key, text]) => option(key, text, key === value))}</select>`
  if (lines) return html`<textarea rows="${lines}" !${common}>\n${value}</textarea>`
  return html`<input type="${type}" value="${type === 'password' ? '' : value}" !${common}>`
}

const option = (value: string, label: string, isChosen: boolean): Html =>
  html`<option value="${value}" !${isChosen ? 'selected' : ''}>${label}</option>`

/** Attributes with their values escaped; `true` is a name alone, `false` and undefined are left out. Names are the program's own. */
export const attributes = (given: Record<string, string | number | boolean | undefined>): Html =>
  Object.entries(given)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name, value]) => (value === true ? name : html`${name}="${value}"`))
    .join(' ')

export interface Table {
  /** What the table shows, said to those who cannot see it. */
  caption: string
  columns: readonly string[]
  /** Cells as HTML; the first of a row names it. */
  rows: readonly (readonly Html[])[]
  /** What stands there without rows. */
  empty: string
}

/** Scrolls within itself where it is wider than the page. */
export const table = ({ caption, columns, rows, empty }: Table): Html => {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`
  return html`<div class="scrolls" role="region" aria-label="${caption}" tabindex="0"><table>
<caption class="hidden">${caption}</caption>
<thead><tr>!${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>!${rows.map(([first = '', ...rest]) => html`<tr><th scope="row">!${first}</th>!${rest.map((cell) => html`<td>!${cell}</td>`)}</tr>`)}</tbody>
</table></div>`
}

/** Names and what they are: values as HTML. */
export const facts = (pairs: readonly (readonly [name: string, value: Html])[]): Html =>
  html`<dl class="facts">!${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>!${value}</dd></div>`)}</dl>`

export type Tone = 'good' | 'bad' | 'warning' | 'neutral'

export const tag = (text: string, tone: Tone = 'neutral'): Html => html`<span class="tag ${tone}">${text}</span>`

export const time = (at: Date | string | null): Html => {
  if (at === null) return '<span class="muted">never</span>'
  const iso = new Date(at).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`
}

export interface PostButton {
  action: string
  label: string
  kind?: 'primary' | 'danger' | 'quiet'
  /** Hidden fields. */
  values?: Record<string, string>
}

/** A form of one button. */
export const postButton = (request: FastifyRequest, { action, label, kind = 'primary', values = {} }: PostButton): Html =>
  html`<form method="post" action="${action}">!${csrfField(request)}!${Object.entries(values).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )}<button class="${kind}">${label}</button></form>`
