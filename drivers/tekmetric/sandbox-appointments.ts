import { toLocal } from '../../core/driver.ts'
import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { bodyOf, filled, integer, isAnswer, moment, oneOf, query, text } from './sandbox-input.ts'
import { isWithin, type Listing } from './sandbox-pages.ts'
import { FOREIGN, type Row, refused, SECOND_SHOP, saved, stamped, Table, ZONE } from './sandbox-store.ts'

export interface AppointmentRow extends Row {
  startTime: string
  endTime: string
  customerId: number | null
  vehicleId: number | null
}

const WRITE = {
  shopId: integer,
  customerId: integer,
  vehicleId: integer,
  startTime: moment,
  endTime: moment,
  title: filled,
  description: text,
  color: oneOf('red', 'pink', 'yellow', 'orange', 'light green', 'green', 'blue', 'navy', 'lavender', 'purple'),
  dropoffTime: moment,
  pickupTime: moment,
  rideOption: oneOf('LOANER', 'RIDE', 'NONE'),
}
const REQUIRED = ['shopId', 'startTime', 'endTime', 'title']
const RIDES = { NONE: 1, LOANER: 2, RIDE: 3 }
const NOTHING = {
  customerId: null,
  vehicleId: null,
  description: null,
  color: 'navy',
  arrived: false,
  appointmentStatus: 'NONE',
  leadSource: null,
  rideOption: null,
  dropoffTime: null,
  pickupTime: null,
}

type IsCustomerOf = (customerId: number, shopId: number) => boolean

export class Appointments extends Table<AppointmentRow> {
  /** Times are told by the shop's clocks, without their zone. */
  readonly #isLocal: boolean
  readonly #isCustomerOf: IsCustomerOf

  constructor(isLocal: boolean, isCustomerOf: IsCustomerOf) {
    super()
    this.#isLocal = isLocal
    this.#isCustomerOf = isCustomerOf
    const times = { startTime: '2026-03-02T15:00:00Z', endTime: '2026-03-02T16:00:00Z' }
    this.add(stamped(SECOND_SHOP, { ...NOTHING, ...times, title: 'Of another shop' }, FOREIGN.appointment))
  }

  create(request: SandboxRequest, isOpen: (shop: number) => boolean): SandboxAnswer {
    const body = bodyOf(request, WRITE, REQUIRED)
    if (isAnswer(body)) return body
    const { shopId, ...fields } = body
    if (!isOpen(Number(shopId))) return refused(403, 'Access Denied')
    const refusal = this.#refusalOf(fields, Number(shopId))
    if (refusal) return refusal
    const times = { startTime: String(fields.startTime), endTime: String(fields.endTime) }
    const row = this.add(stamped(Number(shopId), { ...NOTHING, ...times, ...asRead(fields) }))
    return saved('Appointment Saved', row.id)
  }

  update(row: AppointmentRow, request: SandboxRequest): SandboxAnswer {
    const body = bodyOf(request, WRITE, REQUIRED)
    if (isAnswer(body)) return body
    const { shopId, ...fields } = body
    if (shopId !== row.shopId) return refused(400, 'shopId cannot be changed')
    const refusal = this.#refusalOf(fields, row.shopId)
    return refusal ?? saved('Appointment Saved', this.shown(this.change(row, asRead(fields))))
  }

  remove(row: AppointmentRow): SandboxAnswer {
    this.change(row, { deletedDate: new Date().toISOString() })
    return saved('Appointment Deleted', row.id)
  }

  shown(row: AppointmentRow): object {
    if (!this.#isLocal) return row
    const local = (name: string) => (typeof row[name] === 'string' ? { [name]: toLocal(row[name], ZONE) } : {})
    return { ...row, ...local('startTime'), ...local('endTime'), ...local('dropoffTime'), ...local('pickupTime') }
  }

  listing(): Pick<Listing<AppointmentRow>, 'shape' | 'matches' | 'shown'> {
    return {
      shape: {
        customerId: query.integer,
        vehicleId: query.integer,
        start: query.date,
        end: query.date,
        includeDeleted: query.flag,
      },
      matches: (row, { customerId, start, end, includeDeleted = 'true' }) =>
        (!customerId || row.customerId === Number(customerId)) &&
        isWithin(row.startTime, start, end) &&
        (includeDeleted === 'true' || row.deletedDate === null),
      shown: (row) => this.shown(row),
    }
  }

  #refusalOf({ customerId, vehicleId, startTime, endTime }: Record<string, unknown>, shopId: number): SandboxAnswer | null {
    if (Date.parse(String(endTime)) <= Date.parse(String(startTime))) return refused(400, 'endTime is not after startTime')
    if (customerId !== undefined && !this.#isCustomerOf(Number(customerId), shopId))
      return refused(400, 'customerId: no such customer in this shop')
    return vehicleId !== undefined && customerId === undefined ? refused(400, 'vehicleId: no such vehicle of the customer') : null
  }
}

const asRead = ({ rideOption, description, ...rest }: Record<string, unknown>): Record<string, unknown> => {
  const code = rideOption as keyof typeof RIDES | undefined
  return {
    ...rest,
    ...(description !== undefined && { description: description || null }),
    ...(code && { rideOption: { id: RIDES[code], code, name: code } }),
  }
}
