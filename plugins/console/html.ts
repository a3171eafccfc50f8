/** Templates: `${}` is escaped, `!${}` is HTML already. Attributes are written in double quotes, and no text before a value ends in `!`. */
export { html } from 'ghtml'

/** A piece of a page, escaped where it has to be. */
export type Html = string

/** Pieces of a page as one; the only place where HTML is put together other than by a template. */
export const joined = (pieces: Html | readonly Html[]): Html => (typeof pieces === 'string' ? pieces : pieces.join('\n'))
