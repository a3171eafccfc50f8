import Type, { type Static } from 'typebox'
import type { CrmRecord } from '../../schemas/record.ts'
import type { Model } from './manifest.ts'
import { toIso } from './read.ts'
import { majorOf } from './server.ts'

/** Odoo says false where it has nothing. */
const Text = Type.Union([Type.String(), Type.Literal(false)])
const Moment = Type.Union([Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d$' }), Type.Literal(false)])

/** Beside these a row holds the fields that were asked for. */
export const Row = Type.Object({
  id: Type.Integer(),
  name: Text,
  phone: Text,
  mobile: Type.Optional(Text),
  phone_sanitized: Type.Optional(Text),
  email: Type.Optional(Text),
  email_from: Type.Optional(Text),
  contact_name: Type.Optional(Text),
  partner_name: Type.Optional(Text),
  create_date: Moment,
  write_date: Moment,
})
export const Rows = Type.Array(Row)
export type Row = Static<typeof Row>

const SHARED = ['name', 'phone', 'create_date', 'write_date']
/** Always named: without names Odoo reads every field, pictures included. */
export const READ: Record<Model, string[]> = {
  'res.partner': [...SHARED, 'email'],
  'crm.lead': [...SHARED, 'contact_name', 'partner_name', 'email_from'],
}

/** Links changed with the versions; one path leads on from all of them, by a redirect. */
export const recordUrl = (url: string, version: string, model: string, id: number | string): string => {
  const base = url.replace(/\/+$/, '')
  const major = majorOf(version)
  if (major >= 19) return `${base}/odoo/${model}/${id}`
  return major === 14 ? `${base}/web#id=${id}&model=${model}&view_type=form` : `${base}/mail/view?model=${model}&res_id=${id}`
}

export const toRecord = (object: string, record_url: string, row: Row): CrmRecord => ({
  object,
  external_id: String(row.id),
  name: row.contact_name || row.partner_name || row.name || null,
  email: row.email || row.email_from || null,
  phone: row.phone || row.mobile || null,
  record_url,
  created_at: (row.create_date && toIso(row.create_date)) || null,
  updated_at: (row.write_date && toIso(row.write_date)) || null,
})
