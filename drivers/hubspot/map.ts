import Type, { type Static } from 'typebox'
import type { DriverContext } from '../../core/driver.ts'
import type { CrmRecord, CustomerRecord } from '../../schemas/record.ts'
import type { manifest, Native } from './manifest.ts'

export type Ctx = DriverContext<typeof manifest>
export type Facts = Ctx['facts']

/** Whatever its type, a property's value is a text or null. */
export const HubSpotRecord = Type.Object({
  id: Type.String({ minLength: 1 }),
  properties: Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()])),
  createdAt: Type.String(),
  updatedAt: Type.String(),
  url: Type.Optional(Type.String()),
})
export type HubSpotRecord = Static<typeof HubSpotRecord>

export const Page = Type.Object({ results: Type.Array(HubSpotRecord) })

/** Always asked for by name: unasked, HubSpot leaves most properties out. */
export const READ: Record<Native, readonly string[]> = {
  contacts: ['firstname', 'lastname', 'email', 'phone', 'mobilephone', 'hs_additional_emails'],
  deals: ['dealname', 'pipeline'],
  tickets: ['subject', 'hs_pipeline'],
}

const TYPE_ID: Record<Native, string> = { contacts: '0-1', deals: '0-3', tickets: '0-5' }

/** The record's own address where HubSpot sends it, else as the account's pages are built. */
export const recordUrl = (facts: Facts, native: Native, { id, url }: HubSpotRecord): string | null => {
  if (url?.startsWith('https://')) return url
  const portal = facts.portal_id ?? facts.hub_id
  if (!facts.ui_domain || !portal) return null
  return `https://${facts.ui_domain}/contacts/${portal}/record/${TYPE_ID[native]}/${id}`
}

const nameOf = ({ firstname, lastname, dealname, subject }: HubSpotRecord['properties']): string | null =>
  [firstname, lastname].filter(Boolean).join(' ') || dealname || subject || null

export const toCustomer = (facts: Facts, native: Native, record: HubSpotRecord): CustomerRecord => ({
  external_id: record.id,
  name: nameOf(record.properties),
  email: record.properties.email || null,
  phone: record.properties.phone || record.properties.mobilephone || null,
  record_url: recordUrl(facts, native, record),
  created_at: record.createdAt,
  updated_at: record.updatedAt,
})

export const toRecord = (facts: Facts, object: string, native: Native, record: HubSpotRecord): CrmRecord => ({
  object,
  ...toCustomer(facts, native, record),
})
