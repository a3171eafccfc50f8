import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import {
  amount,
  bodyOf,
  type Check,
  filled,
  flag,
  integer,
  isAnswer,
  listOf,
  objectOf,
  oneOf,
  query,
  text,
} from './sandbox-input.ts'
import type { Listing } from './sandbox-pages.ts'
import { CLOSED_SHOP, FOREIGN, type Row, refused, SECOND_SHOP, saved, stamped, Table } from './sandbox-store.ts'

interface Phone {
  id: number
  number: string
  type: string
  primary: boolean
}

export interface CustomerRow extends Row {
  firstName: string
  lastName: string | null
  email: string | null
  phone: Phone[]
  address: Record<string, unknown> | null
}

export interface CustomerRules {
  /** Phones and parts of an address that a PATCH leaves out stay. */
  merges: boolean
  /** A search compares numbers as they are typed. */
  isLiteral: boolean
}

const PHONE = objectOf({ id: integer, number: filled, type: text, primary: flag }, ['number'])
const ADDRESS = objectOf({ address1: text, address2: text, city: text, state: text, zip: text })
const WRITE: Record<string, Check> = {
  customerTypeId: oneOf(1, 2),
  firstName: filled,
  lastName: text,
  email: listOf(filled),
  phones: listOf(PHONE),
  phone: listOf(text),
  address: ADDRESS,
  notes: text,
  okForMarketing: flag,
  eligibleForAccountsReceivable: flag,
  creditLimit: amount,
}

const TYPES = { 1: { id: 1, code: 'PERSON', name: 'Person' }, 2: { id: 2, code: 'BUSINESS', name: 'Business' } }
const EMPTY = {
  lastName: null,
  email: null,
  notes: null,
  address: null,
  contactFirstName: null,
  contactLastName: null,
  birthday: null,
}

export class Customers extends Table<CustomerRow> {
  readonly #rules: CustomerRules
  #lastPhoneId = 476_000

  constructor(rules: CustomerRules) {
    super()
    this.#rules = rules
    const elsewhere = { firstName: 'Mallory', lastName: 'Lovelace', email: ['ada@example.test'] }
    const phones = [{ number: '415-555-0100', primary: true }]
    this.add(this.#made(SECOND_SHOP, { ...elsewhere, phones }, FOREIGN.contact))
    this.add(this.#made(CLOSED_SHOP, { ...elsewhere, phones }, FOREIGN.unseenContact))
  }

  create(request: SandboxRequest, isOpen: (shop: number) => boolean): SandboxAnswer {
    const body = bodyOf(request, { ...WRITE, shopId: integer }, ['shopId', 'firstName'])
    if (isAnswer(body)) return body
    const { shopId, ...fields } = body
    if (!isOpen(Number(shopId))) return refused(403, 'Access Denied')
    return saved('Customer created', this.add(this.#made(Number(shopId), fields)))
  }

  update(row: CustomerRow, request: SandboxRequest): SandboxAnswer {
    const body = bodyOf(request, WRITE)
    if (isAnswer(body)) return body
    const foreign = phonesIn(body).find(({ id }) => id !== undefined && !row.phone.some((phone) => phone.id === id))
    if (foreign) return refused(400, 'phones: no such phone')
    return saved('Customer updated', this.change(row, this.#read(body, row)))
  }

  listing(): Pick<Listing<CustomerRow>, 'shape' | 'matches' | 'order'> {
    return {
      shape: {
        search: query.text,
        okForMarketing: query.flag,
        eligibleForAccountsReceivable: query.flag,
        customerTypeId: oneOf('1', '2'),
        deletedDateStart: query.date,
        deletedDateEnd: query.date,
        sort: (value) =>
          String(value)
            .split(',')
            .every((name) => ['lastName', 'firstName', 'email'].includes(name)),
      },
      matches: (row, { search, okForMarketing }) =>
        (!search || this.#hits(row, search)) && (!okForMarketing || String(row.okForMarketing) === okForMarketing),
      order: (row, { sort = '' }) =>
        sort
          .split(',')
          .map((name) => String(row[name] ?? ''))
          .join('\n'),
    }
  }

  #hits({ firstName, lastName, email, phone }: CustomerRow, search: string): boolean {
    const wanted = search.toLowerCase()
    const texts = [`${firstName} ${lastName ?? ''}`, email ?? '', ...phone.map(({ number }) => number)]
    if (texts.some((text) => text.toLowerCase().includes(wanted))) return true
    const digits = search.replaceAll(/\D/g, '')
    const isNumber = /^[+\d\s().-]+$/.test(search) && digits.length >= 7
    return isNumber && !this.#rules.isLiteral && phone.some(({ number }) => number.replaceAll(/\D/g, '').includes(digits))
  }

  #made(shopId: number, fields: Record<string, unknown>, id?: number): CustomerRow {
    const before = { ...EMPTY, firstName: '', phone: [], customerType: TYPES[1], okForMarketing: false }
    return stamped(shopId, { ...before, ...this.#read(fields, null) }, id) as CustomerRow
  }

  /** What was written, as it is read from then on. */
  #read(
    { email, phones, address, customerTypeId, ...rest }: Record<string, unknown>,
    row: CustomerRow | null,
  ): Partial<CustomerRow> {
    const plain = Object.entries(rest).map(([name, value]) => [name, value === '' ? null : value])
    return {
      ...Object.fromEntries(plain),
      ...(Array.isArray(email) && { email: email[0] ?? null }),
      ...(phones !== undefined && { phone: this.#phones(phonesIn({ phones }), row?.phone ?? []) }),
      ...(address !== undefined && { address: this.#address(address as object, row) }),
      ...(customerTypeId !== undefined && { customerType: TYPES[customerTypeId as 1 | 2] }),
    }
  }

  #address(address: object, row: CustomerRow | null): Record<string, unknown> {
    const parts = { address1: null, address2: null, city: null, state: null, zip: null }
    return { id: 406_619, ...parts, ...(this.#rules.merges && row?.address), ...address }
  }

  #phones(given: Partial<Phone>[], before: Phone[]): Phone[] {
    const written = given.map(({ id, number = '', type = 'Mobile', primary = false }) => {
      if (id === undefined) this.#lastPhoneId += 1
      return { id: id ?? this.#lastPhoneId, number, type, primary }
    })
    const untouched = before.filter(({ id }) => !written.some((phone) => phone.id === id))
    return this.#rules.merges ? [...untouched, ...written] : written
  }
}

const phonesIn = ({ phones }: Record<string, unknown>): Partial<Phone>[] => (Array.isArray(phones) ? phones : [])
