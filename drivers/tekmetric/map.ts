import Type, { type Static } from 'typebox'
import type { CrmRecord } from '../../schemas/record.ts'
import type { ReadField } from '../../schemas/verbs.ts'
import { tableOf } from './fields.ts'
import { type Ctx, hostOf } from './manifest.ts'
import { clockTime, type Known, mainPhone, toIso, toPhone, valueIn } from './values.ts'

export const Id = Type.Union([Type.Integer(), Type.String({ minLength: 1 })])
export const Text = Type.Optional(Type.Union([Type.String(), Type.Null()]))
const Flag = Type.Optional(Type.Union([Type.Boolean(), Type.Null()]))
const MaybeId = Type.Optional(Type.Union([Id, Type.Null()]))
const Coded = Type.Optional(Type.Union([Type.Object({ id: MaybeId, name: Text }), Type.Null()]))

/** What every record has: its shop among it, since a key may open several. */
const row = { id: Id, shopId: Id, createdDate: Text, updatedDate: Text, deletedDate: Text }

const Phone = Type.Object({ id: MaybeId, number: Text, type: Text, primary: Flag })
export type Phone = Static<typeof Phone>

const Address = Type.Object({ address1: Text, address2: Text, city: Text, state: Text, zip: Text })
export const Customer = Type.Object({
  ...row,
  firstName: Text,
  lastName: Text,
  email: Text,
  phone: Type.Optional(Type.Union([Type.Array(Phone), Type.Null()])),
  address: Type.Optional(Type.Union([Address, Type.Null()])),
  customerType: Coded,
})
export type Customer = Static<typeof Customer>

export const RepairOrder = Type.Object({ ...row, repairOrderNumber: Id, repairOrderStatus: Coded })
export type RepairOrder = Static<typeof RepairOrder>

export const Appointment = Type.Object({
  ...row,
  title: Text,
  startTime: Type.String(),
  endTime: Type.String(),
  description: Text,
})
export type Appointment = Static<typeof Appointment>

export type Row = Customer | RepairOrder | Appointment

/** A page of a list; what else it says of itself has several forms, and some of it may be missing. */
export const Page = Type.Object({
  content: Type.Array(Type.Object({ id: Id })),
  last: Type.Optional(Type.Boolean()),
})

export const knownIn = (ctx: Ctx): Known => ({ zone: ctx.facts.time_zone ?? 'UTC', region: ctx.tenant.region })

const PAGES: Record<string, string> = { repair_order: 'repair-orders', appointment: 'appointments' }

/** Where a person opens it; the address of a customer's page is not known for certain. */
export const urlOf = (ctx: Ctx, object: string, id: string | number): string | null => {
  const page = PAGES[object]
  return page ? `https://${hostOf(ctx)}/admin/shop/${ctx.settings.shop_id}/${page}/${id}` : null
}

const joined = (...words: (string | null | undefined)[]): string | null => words.filter(Boolean).join(' ') || null

type Shared = Pick<CrmRecord, 'name' | 'email' | 'phone'>

const shared: Record<string, (row: never, known: Known) => Shared> = {
  contact: ({ firstName, lastName, email, phone }: Customer, { region }) => {
    const number = mainPhone(phone)?.number
    return {
      name: joined(firstName, lastName),
      email: email || null,
      phone: number ? toPhone(number, region) : null,
    }
  },
  repair_order: ({ repairOrderNumber, repairOrderStatus }: RepairOrder) => ({
    name: joined(`RO #${repairOrderNumber}`, repairOrderStatus?.name),
    email: null,
    phone: null,
  }),
  appointment: ({ title, startTime }: Appointment, { zone }) => ({
    name: joined(title, clockTime(startTime, zone)),
    email: null,
    phone: null,
  }),
}

export const recordOf = (ctx: Ctx, object: string, read: readonly ReadField[]): ((row: Row) => CrmRecord) => {
  const known = knownIn(ctx)
  const table = tableOf(object)
  return (row) => ({
    object,
    external_id: String(row.id),
    ...(shared[object]?.(row as never, known) ?? { name: null, email: null, phone: null }),
    record_url: urlOf(ctx, object, row.id),
    created_at: toIso(row.createdDate, known.zone),
    updated_at: toIso(row.updatedDate, known.zone),
    ...(read.length && { fields: Object.fromEntries(read.map(({ field }) => [field, valueIn(row, table, field, known)])) }),
  })
}
