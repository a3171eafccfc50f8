import type { AuditRow } from './read.ts'

const COLUMNS = [
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
] as const satisfies (keyof AuditRow)[]

/** RFC 4180, heading and all. */
export const auditCsv = (rows: AuditRow[]): string => csvHeading + csvLines(rows)

export const csvHeading = `${COLUMNS.join(',')}\r\n`

export const csvLines = (rows: AuditRow[]): string =>
  rows.map((row) => `${COLUMNS.map((column) => cell(row[column])).join(',')}\r\n`).join('')

const cell = (value: AuditRow[keyof AuditRow]): string => {
  if (typeof value === 'number') return String(value)
  const text = defused(Array.isArray(value) ? value.join(' ') : (value ?? ''))
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A spreadsheet would run what begins like this; an apostrophe makes it a text. */
const defused = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)
