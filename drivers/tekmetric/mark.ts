/**
 * The line by which a create is known again: `[Vorel k3j5m2n8q4ra]` before an appointment's description, where a text that is cut short keeps it. Twelve
 * letters of 32 are enough to be told from all others of a shop.
 */
const MARK = /\[Vorel [a-z2-7]{12}\] ?/

export const markOf = (reference: string): string => `[Vorel ${reference.slice(-12)}]`

/** A description as it is stored: behind the mark that it has, or that it is to have. */
export const marked = (mark: string, text: string): string => (mark && text ? `${mark} ${text}` : mark || text)

/** The mark in what is stored, or nothing. */
export const markIn = (stored: string | null | undefined): string => MARK.exec(stored ?? '')?.[0].trimEnd() ?? ''

export const withoutMark = (stored: string): string => stored.replace(MARK, '')
