import { createHmac } from 'node:crypto'

/** Every column of audit_log in the order in which it counts; a later one goes to the end, so that older rows, which have none, keep their marks. */
export const MARKED_COLUMNS = [
  'seq',
  'at',
  'actor_type',
  'actor_id',
  'tenant_id',
  'action',
  'provider',
  'object',
  'external_id',
  'request_id',
  'conversation_id',
  'phase',
  'code',
  'fields',
] as const

/** Texts that do not depend on a session's settings; the time in microseconds. */
const asText = (column: string): string =>
  column === 'at' ? '(extract(epoch from a.at) * 1000000)::bigint::text' : `a.${column}::text`

/** To select from `audit_log a` by `rowMode: 'array'`, for `markOf`. */
export const MARKED_SELECT = MARKED_COLUMNS.map(asText).join(', ')

export type MarkedRow = (string | null)[]

export const MARK_BYTES = 32

/** What nobody can make for another row, or for other contents of this one, without the key. */
export const markOf = (key: Buffer, row: MarkedRow): Buffer => createHmac('sha256', key).update(canonical(row)).digest()

/** Names and lengths before values: no two rows read the same. What is null is left out. */
const canonical = (row: MarkedRow): string => {
  let text = ''
  for (const [index, value] of row.entries()) if (value !== null) text += `${MARKED_COLUMNS[index]}:${value.length}:${value};`
  return text
}
