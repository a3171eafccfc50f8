const KNOWN = [
  'lag', // the search index is 300 ms behind
  'no-schema', // the account cannot grant the right to make properties
  'no-tickets', // a grant from before the app asked for tickets
  'bin-holds', // a unique value stays taken while its record is in the bin
  'unique-400', // a value that is not unique is told as a bad value instead of a conflict
  'repeat-404', // what is in the bin already cannot be deleted again
  'bare', // records come without their address
  'further-emails', // a read by e-mail address finds a contact's further addresses too
  'limits', // requests are counted and refused, instead of counted only
  'full', // all ten unique properties are taken
  'groups', // property groups have other names
  'batch-errors', // an association with nobody is told within a success
  'not-unique', // somebody made the property before, without its being unique
] as const
type Known = (typeof KNOWN)[number]

export interface Variant {
  has(name: Known): boolean
  lagMs: number
}

/** Names joined by `+`. */
export const variantOf = (text = ''): Variant => {
  const names = new Set(text.split('+').filter(Boolean))
  const unknown = [...names].find((name) => !KNOWN.includes(name as Known))
  if (unknown) throw new Error(`HubSpot's sandbox has no variant '${unknown}'. It has: ${KNOWN.join(', ')}.`)
  return { has: (name) => names.has(name), lagMs: names.has('lag') ? 300 : 0 }
}
