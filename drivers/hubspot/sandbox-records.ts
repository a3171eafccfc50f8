import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { badRequest, emailTaken, invalidValues, refused } from './sandbox-errors.ts'
import { isStageOf, PIPELINES } from './sandbox-pipelines.ts'
import { checkValues, type Property, STAGES } from './sandbox-properties.ts'
import { Schema } from './sandbox-schema.ts'
import { checkSearch, matcher, type SearchBody, sorter, type Values } from './sandbox-search.ts'
import type { Variant } from './sandbox-variant.ts'

export interface Row {
  id: string
  values: Values
  createdAt: number
  updatedAt: number
  archivedAt: number | null
  /** What the search index saw, and when. */
  history: { at: number; values: Values }[]
}

const SEARCHED: Record<string, string[]> = {
  contacts: ['firstname', 'lastname', 'email', 'phone', 'mobilephone', 'company', 'hs_additional_emails'],
  deals: ['dealname', 'description', 'dealtype'],
  tickets: ['subject', 'content', 'hs_ticket_category'],
}
const iso = (ms: number): string => new Date(ms).toISOString()

/** Without the country code where there was one; national forms keep what was typed, and short ones lose their zeros. */
const searchable = (typed: string | null | undefined): string | null => {
  if (!typed) return null
  if (typed.trim().startsWith('+')) return parsePhoneNumberFromString(typed)?.nationalNumber ?? typed.replaceAll(/\D/g, '')
  const digits = typed.replaceAll(/\D/g, '')
  return digits.length < 7 ? digits.replace(/^0+/, '') : digits
}

/** One object's records and properties in one account. */
export class Records {
  readonly native: string
  readonly schema: Schema
  readonly #variant: Variant
  readonly #rows = new Map<string, Row>()
  readonly #blocked = new Set<string>()
  #lastId = 500
  #lastTime = 0

  constructor(native: string, variant: Variant) {
    this.native = native
    this.#variant = variant
    this.schema = new Schema(native, variant)
  }

  get properties(): Map<string, Property> {
    return this.schema.properties
  }

  get live(): Row[] {
    return [...this.#rows.values()].filter(({ archivedAt }) => archivedAt === null)
  }

  get binned(): Row[] {
    return [...this.#rows.values()].filter(({ archivedAt }) => archivedAt !== null)
  }

  /** Values of an earlier property of the name are not its own. */
  make(asked: Parameters<Schema['make']>[0]): Property {
    const made = this.schema.make(asked)
    for (const { history } of this.#rows.values()) for (const { values } of history) delete values[made.name]
    return made
  }

  create(given: Record<string, string>): Row {
    checkValues(this.properties, given)
    const values = this.#normalised({}, given)
    this.#checkRequired(values)
    this.#checkUnique(values, null)
    this.#lastId += 1
    const now = this.#now()
    const row: Row = { id: String(this.#lastId), values: {}, createdAt: now, updatedAt: now, archivedAt: null, history: [] }
    this.#rows.set(row.id, row)
    return this.#keep(row, values, now)
  }

  update(row: Row, given: Record<string, string>): Row {
    checkValues(this.properties, given)
    const values = this.#normalised(row.values, given)
    this.#checkPlace(values)
    this.#checkUnique(values, row)
    return this.#keep(row, values, this.#now())
  }

  archive(row: Row): void {
    row.archivedAt = this.#now()
  }

  /** For good; an address that nobody has is one that nobody shall have. */
  erase(objectId: string, idProperty: string | undefined): void {
    const all = [...this.#rows.values()]
    const row = all.find(({ id, values }) => (idProperty ? values[idProperty] === objectId.toLowerCase() : id === objectId))
    if (row) this.#rows.delete(row.id)
    else if (idProperty === 'email') this.#blocked.add(objectId.toLowerCase())
    else throw refused(404, 'OBJECT_NOT_FOUND', 'resource not found')
  }

  find(id: string, idProperty: string | null, isArchived: boolean): Row | undefined {
    const rows = isArchived ? this.binned : this.live
    if (idProperty === null) return rows.find((row) => row.id === id)
    if (idProperty !== 'email' && !this.properties.get(idProperty)?.hasUniqueValue)
      throw badRequest(`The property ${idProperty} is not a unique property`)
    const wanted = idProperty === 'email' ? id.toLowerCase() : id
    const further = (row: Row) => this.#variant.has('further-emails') && furtherEmails(row).includes(wanted)
    return rows.find((row) => row.values[idProperty] === wanted || (idProperty === 'email' && further(row)))
  }

  /** Only what the index has seen by now. */
  search(body: SearchBody): { total: number; rows: { row: Row; values: Values }[]; after: string | null } {
    checkSearch(body, (name) => this.properties.has(name))
    const seenBy = Date.now() - this.#variant.lagMs
    const seen = this.live.flatMap((row) => {
      const values = row.history.findLast(({ at }) => at <= seenBy || this.#variant.lagMs === 0)?.values
      return values ? [{ row, values }] : []
    })
    const isMatch = matcher(body, SEARCHED[this.native] ?? [])
    const order = sorter(body)
    const matches = seen.filter(({ values }) => isMatch(values)).sort((a, b) => order(a.values, b.values))
    const start = Number(body.after ?? 0)
    const end = start + (body.limit ?? 10)
    return { total: matches.length, rows: matches.slice(start, end), after: end < matches.length ? String(end) : null }
  }

  /** Two changes never share a millisecond here. */
  #now(): number {
    this.#lastTime = Math.max(Date.now(), this.#lastTime + 1)
    return this.#lastTime
  }

  #normalised(before: Values, given: Record<string, string>): Values {
    const values: Values = { ...before }
    for (const [name, value] of Object.entries(given)) values[name] = value === '' ? null : value
    if (values.email) values.email = values.email.toLowerCase()
    return values
  }

  #keep(row: Row, values: Values, now: number): Row {
    const modified = this.native === 'contacts' ? 'lastmodifieddate' : 'hs_lastmodifieddate'
    row.values = {
      ...values,
      ...this.#computed(values),
      hs_object_id: row.id,
      createdate: iso(row.createdAt),
      [modified]: iso(now),
    }
    row.updatedAt = now
    row.history.push({ at: now, values: row.values })
    return row
  }

  #computed({ firstname, lastname, email, phone, mobilephone }: Values): Values {
    if (this.native !== 'contacts') return {}
    return {
      hs_full_name_or_email: [firstname, lastname].filter(Boolean).join(' ') || (email ?? null),
      hs_searchable_calculated_phone_number: searchable(phone),
      hs_searchable_calculated_mobile_number: searchable(mobilephone),
    }
  }

  #checkRequired(values: Values): void {
    const required: Record<string, string[]> = {
      contacts: values.email || values.firstname || values.lastname ? [] : ['email'],
      deals: ['dealname', 'dealstage', ...((PIPELINES.deals?.length ?? 0) > 1 ? ['pipeline'] : [])],
      tickets: ['subject', 'hs_pipeline', 'hs_pipeline_stage'],
    }
    const missing = (required[this.native] ?? []).filter((name) => !values[name])
    if (missing.length)
      throw invalidValues(missing.map((name) => ({ name, error: 'REQUIRED_FIELD', message: `${name} is required` })))
    this.#checkPlace(values)
  }

  #checkPlace(values: Values): void {
    if (this.native !== 'deals' && this.native !== 'tickets') return
    const { pipeline, stage } = STAGES[this.native]
    if (isStageOf(this.native, values[pipeline], values[stage])) return
    throw invalidValues([{ name: stage, error: 'INVALID_OPTION', message: `${values[stage]} is no stage of the pipeline` }])
  }

  #checkUnique(values: Values, self: Row | null): void {
    const others = this.live.filter((row) => row !== self)
    const { email } = values
    if (email && this.#blocked.has(email))
      throw invalidValues([{ name: 'email', error: 'GDPR_BLOCKLISTED', message: 'email has been GDPR blacklisted' }])
    const holder = email && others.find((row) => row.values.email === email || furtherEmails(row).includes(email))
    if (this.native === 'contacts' && holder) throw emailTaken(holder.id, email)
    for (const [name, { hasUniqueValue }] of this.properties) {
      const value = hasUniqueValue ? values[name] : null
      const holders = this.#variant.has('bin-holds') ? [...others, ...this.binned] : others
      if (value && holders.some((row) => row.values[name] === value)) throw this.#notUnique(name, value)
    }
  }

  #notUnique(name: string, value: string): Error {
    const message = `${value} is already the value of ${name} of another record`
    if (this.#variant.has('unique-400')) return invalidValues([{ name, error: 'CONFLICTING_UNIQUE_VALUE', message }])
    return refused(409, 'CONFLICT', message, { errors: [{ message, context: { propertyName: [name] } }] })
  }
}

const furtherEmails = ({ values }: Row): string[] => (values.hs_additional_emails ?? '').toLowerCase().split(';').filter(Boolean)
