import { html } from './html.ts'

/** Text that is markup already. Nothing but `markup` and `asMarkup` makes it, so what came from elsewhere is escaped by default. */
class Markup {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

export type { Markup }

type Value = string | number | boolean | null | undefined | Markup | readonly Value[]

/** A template whose values are escaped, for an element's text or within a quoted attribute; markup among them stays as it is. False and null are nothing. */
export const markup = (literals: TemplateStringsArray, ...values: Value[]): Markup =>
  new Markup(literals.raw.map((literal, at) => literal + shown(values[at])).join(''))

const shown = (value: Value): string => {
  if (value instanceof Markup) return value.toString()
  if (Array.isArray(value)) return value.map(shown).join('')
  if (value === null || value === undefined || value === false) return ''
  return html`${String(value).replaceAll('\0', '\u{FFFD}')}`
}

/** The one door for what the console's ground has made into HTML; for nothing else. */
export const asMarkup = (made: string): Markup => new Markup(made)

/** A link out of the console, where the address is one of the web; else its text alone. */
export const linkOut = (address: string | null, text: string): Markup =>
  address !== null && /^https?:\/\/[^\s]+$/i.test(address)
    ? markup`<a href="${address}" rel="noreferrer noopener" target="_blank">${text}</a>`
    : markup`${text}`
