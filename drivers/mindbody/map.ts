import Type, { type Static } from 'typebox'
import { toE164 } from '../../core/driver.ts'
import type { CrmRecord } from '../../schemas/record.ts'
import type { Fields, ReadField } from '../../schemas/verbs.ts'
import { APPOINTMENT, CLIENT, customId, fieldOf, type Table } from './fields.ts'
import { type Known, read } from './values.ts'
import { fromSite, fromUtc } from './zone.ts'

const Text = Type.Optional(Type.Union([Type.String(), Type.Null()]))
const Flag = Type.Optional(Type.Union([Type.Boolean(), Type.Null()]))
/** Too large a number would come as another one. */
const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
const MaybeId = Type.Optional(Type.Union([Type.Integer(), Type.Null()]))
const Pages = Type.Optional(Type.Union([Type.Object({ TotalResults: MaybeId }), Type.Null()]))

export const Client = Type.Object({
  Id: Type.String({ minLength: 1 }),
  UniqueId: Id,
  FirstName: Text,
  LastName: Text,
  Email: Text,
  MobilePhone: Text,
  HomePhone: Text,
  WorkPhone: Text,
  Active: Flag,
  CreationDate: Text,
  LastModifiedDateTime: Text,
  CustomClientFields: Type.Optional(Type.Union([Type.Array(Type.Object({ Id: Type.Integer(), Value: Text })), Type.Null()])),
})
export type Client = Static<typeof Client>
export const Clients = Type.Object({ Clients: Type.Array(Client), PaginationResponse: Pages })

/** What is said of a client that was to be written: it may have failed under status 200. */
export const Saved = Type.Object({ Client: Type.Object({ UniqueId: MaybeId, Action: Text }) })
export const hasFailed = ({ Action }: { Action?: string | null }): boolean => Action === 'Failed' || Action === 'Removed'

export const Appointment = Type.Object({
  Id,
  Status: Text,
  StartDateTime: Text,
  ClientId: Text,
  PartnerExternalId: Text,
})
export type Appointment = Static<typeof Appointment>
export const Appointments = Type.Object({ Appointments: Type.Array(Appointment), PaginationResponse: Pages })
export const SavedAppointment = Type.Object({ Appointment: Type.Object({ Id }) })

export const Visit = Type.Object({ Id, ClientId: Text, Action: Text })
export const SavedVisit = Type.Object({ Visit })
export const ClassVisits = Type.Object({
  Class: Type.Object({ Visits: Type.Optional(Type.Union([Type.Array(Visit), Type.Null()])) }),
})

/** There is no page for a single record, as far as is documented. */
export const record_url = null

export const phonesOf = ({ MobilePhone, HomePhone, WorkPhone }: Client): string[] =>
  [MobilePhone, HomePhone, WorkPhone].flatMap((phone) => phone || [])

export const nameOf = ({ FirstName, LastName }: Client): string | null => [FirstName, LastName].filter(Boolean).join(' ') || null

const valueIn = (row: Record<string, unknown>, table: Table, { field, type }: ReadField, known: Known): Fields[string] => {
  const custom = table === CLIENT ? customId(field) : null
  if (custom !== null) {
    const all = (row as Client).CustomClientFields ?? []
    return read(all.find(({ Id }) => Id === custom)?.Value, type, 'custom', known)
  }
  const declared = fieldOf(table, field)
  return declared && !declared.isHidden ? read(row[field], type, declared.kind, known) : null
}

const fieldsIn = (row: Record<string, unknown>, table: Table, wanted: readonly ReadField[], known: Known): Fields =>
  Object.fromEntries(wanted.map((each) => [each.field, valueIn(row, table, each, known)]))

export const toContact =
  (wanted: readonly ReadField[], known: Known) =>
  (client: Client): CrmRecord => {
    const [phone] = phonesOf(client)
    return {
      object: 'contact',
      external_id: String(client.UniqueId),
      name: nameOf(client),
      email: client.Email || null,
      phone: phone === undefined ? null : (toE164(phone, known.region) ?? phone),
      record_url,
      created_at: fromSite(client.CreationDate, known.zone),
      updated_at: fromUtc(client.LastModifiedDateTime),
      fields: fieldsIn(client, CLIENT, wanted, known),
    }
  }

/** By the site's own clocks, and how it stands unless it is simply booked. */
const titleOf = ({ StartDateTime, Status }: Appointment): string | null => {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})/.exec(StartDateTime ?? '') ?? []
  return [day, time, Status && Status !== 'Booked' && `(${Status})`].filter(Boolean).join(' ') || null
}

/** `uniqueIds`: the external ids of clients by the numbers that appointments name them by. */
export const toAppointment =
  (wanted: readonly ReadField[], known: Known, uniqueIds: ReadonlyMap<string, number>) =>
  (appointment: Appointment): CrmRecord => {
    const ClientUniqueId = uniqueIds.get(appointment.ClientId ?? '') ?? null
    return {
      object: 'appointment',
      external_id: String(appointment.Id),
      name: titleOf(appointment),
      email: null,
      phone: null,
      record_url,
      created_at: null,
      updated_at: null,
      fields: fieldsIn({ ...appointment, ClientUniqueId }, APPOINTMENT, wanted, known),
    }
  }
