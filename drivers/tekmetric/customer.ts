import Type from 'typebox'
import { path, VorelError } from '../../core/driver.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { written } from './answer.ts'
import { tableOf } from './fields.ts'
import type { Ctx } from './manifest.ts'
import { Customer, Id, knownIn } from './map.ts'
import { CUSTOMERS, rowById } from './pages.ts'
import { withPrimary } from './phones.ts'
import { type Json, mainPhone, valueIn } from './values.ts'
import { refuseEmpty, refuseMissing, toWritten } from './write.ts'

const TABLE = tableOf('contact')
const Made = Type.Object({ id: Id })
const ADDRESS = ['address1', 'address2', 'city', 'state', 'zip'] as const

export const createCustomer = async (ctx: Ctx, fields: Fields): Promise<string> => {
  const values = toWritten(fields, TABLE, knownIn(ctx), 'a customer')
  refuseMissing(values, ['firstName'], 'customer')
  const body = { shopId: Number(ctx.settings.shop_id), ...bodyOf(values, null) }
  const { id } = await written(ctx, 'post', CUSTOMERS.path, body, Made)
  return String(id)
}

/** Reads before it writes: whose customer it is, and what a list or an address holds besides. */
export const updateCustomer = async (ctx: Ctx, id: string, fields: Fields): Promise<void> => {
  const values = toWritten(fields, TABLE, knownIn(ctx), 'a customer')
  refuseEmpty(values, ['firstName'], 'A customer')
  const before = await rowById(ctx, CUSTOMERS, id)
  const after = await written(ctx, 'patch', path`/customers/${id}`, bodyOf(values, before), Customer)
  const kept = Object.keys(values).filter((name) => isEmpty(values[name]) && isStillThere(ctx, name, before, after))
  if (kept.length)
    throw new VorelError(
      'field_invalid',
      `Tekmetric keeps ${kept.join(', ')}, which its API seems not to clear: clear it there. All else was written.`,
      { fields: kept },
    )
}

const isEmpty = (value: Json | undefined): boolean => value === '' || (Array.isArray(value) && value.length === 0)

/** Of several numbers the next one takes the place of the one that was cleared. */
const isStillThere = (ctx: Ctx, name: string, before: Customer, after: Customer): boolean => {
  if (name !== 'phone') return valueIn(after, TABLE, name, knownIn(ctx)) !== null
  const cleared = mainPhone(before.phone)
  return cleared !== undefined && (after.phone ?? []).some(({ number }) => number === cleared.number)
}

/** Names in writing are others than in reading: `phones` for `phone`, a list for the one `email`. */
const bodyOf = (values: Record<string, Json>, before: Customer | null): object => {
  const { phone, ...rest } = values
  const isAddress = (name: string) => (ADDRESS as readonly string[]).includes(name)
  const plain = Object.entries(rest).filter(([name]) => !isAddress(name))
  const isMoved = Object.keys(rest).some(isAddress)
  return {
    ...Object.fromEntries(plain),
    ...(typeof phone === 'string' && { phones: withPrimary(before?.phone ?? [], phone) }),
    ...(isMoved && { address: addressOf(rest, before) }),
  }
}

/** The whole of it: whether one that is sent in part takes the place of the old one, Tekmetric does not say. */
const addressOf = (values: Record<string, Json>, before: Customer | null): Record<string, Json> =>
  Object.fromEntries(
    ADDRESS.flatMap((name) => {
      const value = values[name] ?? before?.address?.[name]
      return value === undefined || value === null ? [] : [[name, value]]
    }),
  )
