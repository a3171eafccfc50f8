import Type, { type Static } from 'typebox'
import type { DriverContext } from '../../core/driver.ts'
import type { CrmRecord } from '../../schemas/record.ts'
import type { Fields, FieldValue, ReadField } from '../../schemas/verbs.ts'
import { FULL_NAME, type manifest, type Native, nativeOf } from './manifest.ts'
import { fromText, zoneOf } from './values.ts'

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

const USUAL: Record<Native, readonly string[]> = {
  contacts: ['firstname', 'lastname', 'email', 'phone', 'mobilephone', 'hs_additional_emails'],
  deals: ['dealname', 'pipeline'],
  tickets: ['subject', 'hs_pipeline'],
}

/** Always asked for by name: unasked, HubSpot leaves most properties out. One that it does not have, it ignores. */
export const propertiesFor = (native: Native, read: readonly ReadField[] = []): string[] => [
  ...new Set([...USUAL[native], ...read.map(({ field }) => field).filter((field) => field !== FULL_NAME)]),
]

const TYPE_ID: Record<Native, string> = { contacts: '0-1', deals: '0-3', tickets: '0-5' }

/** The record's own address where HubSpot sends it, else as the account's pages are built. */
export const recordUrl = (facts: Facts, native: Native, { id, url }: HubSpotRecord): string | null => {
  if (url?.startsWith('https://')) return url
  const portal = facts.portal_id ?? facts.hub_id
  if (!facts.ui_domain || !portal) return null
  return `https://${facts.ui_domain}/contacts/${portal}/record/${TYPE_ID[native]}/${id}`
}

type Properties = HubSpotRecord['properties']

const wholeName = ({ firstname, lastname }: Properties): string | null => [firstname, lastname].filter(Boolean).join(' ') || null

const valueIn = (properties: Properties, { field, type }: ReadField, zone: string): FieldValue => {
  if (field === FULL_NAME) return wholeName(properties) // HubSpot's own has the e-mail address of whoever has no name
  return fromText(field, type, Object.hasOwn(properties, field) ? properties[field] : null, zone)
}

const fieldsOf = (properties: Properties, read: readonly ReadField[], zone: string): Fields =>
  Object.fromEntries(read.map((field) => [field.field, valueIn(properties, field, zone)]))

export const recordOf = (facts: Facts, object: string, read: readonly ReadField[]) => {
  const [native, zone] = [nativeOf(object), zoneOf(facts)]
  return (record: HubSpotRecord): CrmRecord => {
    const { id, properties, createdAt, updatedAt } = record
    return {
      object,
      external_id: id,
      name: wholeName(properties) ?? (properties.dealname || properties.subject || null),
      email: properties.email || null,
      phone: properties.phone || properties.mobilephone || null,
      record_url: recordUrl(facts, native, record),
      created_at: createdAt,
      updated_at: updatedAt,
      fields: fieldsOf(properties, read, zone),
    }
  }
}
