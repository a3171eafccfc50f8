import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { bodyOf, integer, isAnswer, moment, oneOf, query, text } from './sandbox-input.ts'
import { isWithin, type Listing } from './sandbox-pages.ts'
import { FOREIGN, type Row, refused, SECOND_SHOP, SHOP, saved, stamped, Table } from './sandbox-store.ts'

export interface OrderRow extends Row {
  repairOrderNumber: number
  customerId: number | null
  keytag: string | null
}

const PATCH = {
  keyTag: text,
  milesIn: integer,
  milesOut: integer,
  technicianId: integer,
  serviceWriterId: integer,
  customerTimeOut: moment,
}

const NOTHING = {
  repairOrderStatus: { id: 1, code: 'ESTIMATE', name: 'Estimate' },
  repairOrderLabel: null,
  appointmentStartTime: null,
  customerId: null,
  technicianId: null,
  serviceWriterId: null,
  vehicleId: null,
  milesIn: null,
  milesOut: null,
  keytag: null,
  completedDate: null,
  postedDate: null,
  laborSales: 0,
  partsSales: 0,
  totalSales: 0,
  amountPaid: 0,
  jobs: [],
}

let lastNumber = 1000
/** A repair order as the shop's staff makes it: no program can. */
export const staffOrder = (fields: Record<string, unknown> = {}, shopId = SHOP, id?: number): OrderRow => {
  lastNumber += 1
  return { ...stamped(shopId, { ...NOTHING, repairOrderNumber: lastNumber }, id), ...fields }
}

export class RepairOrders extends Table<OrderRow> {
  readonly #nameOf: (customerId: number | null) => string

  constructor(nameOf: (customerId: number | null) => string) {
    super()
    this.#nameOf = nameOf
    this.add(staffOrder({ keytag: 'of another shop' }, SECOND_SHOP, FOREIGN.repair_order))
  }

  update(row: OrderRow, request: SandboxRequest): SandboxAnswer {
    const body = bodyOf(request, PATCH)
    if (isAnswer(body)) return body
    if (Object.keys(body).length === 0) return refused(400, 'Nothing to change')
    const { keyTag, ...rest } = body
    this.change(row, { ...rest, ...(keyTag !== undefined && { keytag: String(keyTag) || null }) })
    return saved('Repair Order Saved', {})
  }

  listing(): Pick<Listing<OrderRow>, 'shape' | 'matches' | 'order'> {
    return {
      shape: {
        start: query.date,
        end: query.date,
        postedDateStart: query.date,
        postedDateEnd: query.date,
        deletedDateStart: query.date,
        deletedDateEnd: query.date,
        repairOrderNumber: query.integer,
        repairOrderStatusId: query.integer,
        customerId: query.integer,
        vehicleId: query.integer,
        search: query.text,
        sort: oneOf('createdDate', 'repairOrderNumber', 'customer.firstName', 'customer.lastName'),
      },
      matches: (row, { search, customerId, start, end }) =>
        (!customerId || row.customerId === Number(customerId)) &&
        (!search || this.#hits(row, search)) &&
        isWithin(row.createdDate, start, end),
      order: (row, { sort = '' }) => String(row[sort] ?? ''),
    }
  }

  #hits({ repairOrderNumber, customerId, vehicle = '' }: OrderRow, search: string): boolean {
    const words = `${this.#nameOf(customerId)} ${vehicle}`.toLowerCase()
    return String(repairOrderNumber) === search || words.includes(search.toLowerCase())
  }
}
