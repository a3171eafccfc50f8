/** A lead that was answered, by the clock of whoever handed it in. */
export interface Handed {
  name: string
  id: string
  postedAt: number
  answeredAt: number
}

export interface Seen {
  handed: Handed[]
  /** Names of the records at the CRM, in the order in which they came. */
  made: string[]
  /** What the service keeps, in the order of acceptance. */
  rows: { id: string; state: string }[]
  count: number
}

/** Every promise that was broken, in words. */
export const faultsOf = ({ handed, made, rows, count }: Seen): string[] => {
  const at = new Map(made.map((name, index) => [name, index]))
  const nameOf = new Map(handed.map(({ id, name }) => [id, name]))
  const missing = handed.filter(({ name }) => !at.has(name))
  const accepted = rows.map(({ id }) => nameOf.get(id) ?? id)
  const open = rows.filter(({ state }) => state !== 'done')
  const claims: [boolean, string][] = [
    [handed.length === count, `${handed.length} of ${count} were answered`],
    [missing.length === 0, `answered and not there: ${missing.map(({ name }) => name).join(', ')}`],
    [at.size === made.length, `${made.length - at.size} records are there twice`],
    [made.length === count, `${made.length} records for ${count} leads`],
    [made.join() === accepted.join(), 'the records are not in the order of acceptance'],
    [isInOrder(handed, at), 'one came before another that was answered before it was handed in'],
    [open.length === 0, `${open.length} leads are at the CRM and not done`],
  ]
  return claims.filter(([holds]) => !holds).map(([, fault]) => fault)
}

const isInOrder = (handed: Handed[], at: Map<string, number>): boolean =>
  handed.every((later) =>
    handed.every(({ answeredAt, name }) => answeredAt >= later.postedAt || (at.get(name) ?? 0) < (at.get(later.name) ?? 0)),
  )
