import { addField, removeField } from './sandbox-custom.ts'
import { compileDomain, type Values } from './sandbox-domain.ts'
import { type Sentences, sentences } from './sandbox-exceptions.ts'
import { FIRST_FREE, type Major, modelsOf, type SandboxField, type SandboxModel, seedsOf } from './sandbox-models.ts'
import { computedOf, emptyOf, Float, toStored } from './sandbox-values.ts'

export type Context = Record<string, unknown>
interface Page {
  offset?: number | undefined
  limit?: number | false | undefined
  order?: string | false | undefined
}

const SEEDED_AT = Date.UTC(2020, 0, 1)
const FIELDS = 'ir.model.fields'
const WRITTEN = '$written' // milliseconds, where what is read shows seconds

const seconds = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')

/** Tables, rules and reads of one database. Rows hold stored values; `read` dresses them as Odoo answers. */
export class Orm {
  readonly major: Major
  readonly say: Sentences
  readonly models: Record<string, SandboxModel>
  readonly defaultLeadType: string
  #tables: Map<string, Map<number, Values>>
  readonly #lastIds = new Map<string, number>()

  constructor(major: Major, defaultLeadType: string) {
    this.major = major
    this.say = sentences(major)
    this.models = modelsOf(major)
    this.defaultLeadType = defaultLeadType
    this.#tables = new Map(Object.keys(this.models).map((model) => [model, seeded(major, model)]))
    for (const [model, table] of this.#tables)
      this.#lastIds.set(model, (FIRST_FREE[major][model] ?? Math.max(0, ...table.keys()) + 1) - 1)
  }

  /** Of the key's user. */
  get zone(): unknown {
    return this.#tables.get('res.users')?.get(2)?.tz ?? false
  }

  fieldsOf(model: string): SandboxModel {
    const fields = this.models[model]
    if (!fields) throw this.say.unknownModel(model)
    return fields
  }

  table(model: string): Map<number, Values> {
    this.fieldsOf(model)
    return this.#tables.get(model) as Map<number, Values>
  }

  /** One transaction: all of it, or nothing. */
  atomically<T>(work: () => T): T {
    const before = new Map([...this.#tables].map(([model, table]) => [model, new Map(table)]))
    try {
      return work()
    } catch (error) {
      this.#tables = before
      throw error
    }
  }

  search(model: string, domain: unknown, { offset = 0, limit = false, order = false }: Page, context: Context): number[] {
    const fields = this.fieldsOf(model)
    const read = (row: Values, path: string) => this.#reach(model, row, path)
    const test = compileDomain(domain, { major: this.major, model, fields, say: this.say, read })
    const showsArchived = context.active_test === false || !fields.active || JSON.stringify(domain).includes('"active"')
    const rows = [...this.table(model).values()].filter((row) => (showsArchived || row.active !== false) && test(row))
    rows.sort(this.#sorter(model, order || (model === 'crm.lead' ? 'priority desc, id desc' : fields.name ? 'name, id' : 'id')))
    return rows.map(({ id }) => id as number).slice(offset, limit ? offset + limit : undefined)
  }

  read(model: string, ids: unknown[], names: string[]): Values[] {
    const fields = this.fieldsOf(model)
    const shown = names.length > 0 ? names : Object.keys(fields).filter((name) => !fields[name]?.isHidden)
    for (const name of shown) {
      if (!fields[name]) throw this.say.unknownInRead(model, name)
      if (fields[name].isHidden) throw this.say.hiddenField(model, name, 'read')
    }
    if (shown.every((name) => name === 'id')) return this.#readIdsOnly(model, ids)
    const rows = this.#rowsOf(model, ids)
    return rows.map((row) => ({
      id: row.id,
      ...Object.fromEntries(shown.map((name) => [name, this.#dress(fields[name], name, row)])),
    }))
  }

  create(model: string, values: Values): number {
    const fields = this.fieldsOf(model)
    const stored = this.#stored(model, values, (name) => this.say.unknownInCreate(model, name))
    const id = (this.#lastIds.get(model) ?? 0) + 1
    this.#lastIds.set(model, id)
    if (model === FIELDS) addField(this.models, this.#modelOf(values), values, this.say)
    const empty = Object.fromEntries(Object.keys(fields).map((name) => [name, emptyOf(fields[name])]))
    const now = Date.now()
    this.#keep(model, { ...empty, ...this.#defaults(model), ...stored, id, create_date: seconds(now), [WRITTEN]: now })
    return id
  }

  write(model: string, ids: unknown[], values: Values): void {
    const rows = this.#existing(model, ids)
    const stored = this.#stored(model, values, (name) => this.say.unknownInWrite(model, name))
    for (const row of rows) this.#keep(model, { ...row, ...stored, [WRITTEN]: Date.now() })
  }

  unlink(model: string, ids: unknown[]): void {
    for (const row of this.#existing(model, ids)) {
      const { id } = row
      if (model === FIELDS)
        removeField(this.models, this.#modelOf(row), String(row.name), this.table(this.#modelOf(row)).values())
      if (model === 'res.partner' && id === 1) throw this.say.companyInUse()
      if (model === 'res.partner' && id === 3) throw this.say.userInUse()
      this.table(model).delete(id as number)
      this.#forget(model, id as number)
    }
  }

  exists(model: string, id: number): boolean {
    return this.#tables.get(model)?.has(id) ?? false
  }

  /** Which model a field is of. */
  #modelOf({ model_id }: Values): string {
    return String(this.table('ir.model').get(Number(model_id))?.model)
  }

  #forget(model: string, id: number): void {
    for (const data of this.table('ir.model.data').values())
      if (data.model === model && data.res_id === id) this.table('ir.model.data').delete(data.id as number)
    for (const [other, fields] of Object.entries(this.models))
      for (const [name, { relation, type }] of Object.entries(fields))
        if (relation === model && type === 'many2one')
          for (const row of this.table(other).values())
            if (row[name] === id) this.table(other).set(row.id as number, { ...row, [name]: false })
  }

  #defaults(model: string): Values {
    if (model === 'res.partner') return { active: true, type: 'contact' }
    if (model !== 'crm.lead') return {}
    const won = this.major === 19 ? { won_status: 'pending' } : {}
    return { active: true, type: this.defaultLeadType, user_id: 2, team_id: 1, stage_id: 1, priority: '0', ...won }
  }

  #stored(model: string, values: Values, unknown: (name: string) => Error): Values {
    const fields = this.fieldsOf(model)
    const rules = { major: this.major, model, say: this.say, exists: (other: string, id: number) => this.exists(other, id) }
    return Object.fromEntries(
      Object.entries(values).flatMap(([name, value]) => {
        const field = fields[name]
        if (!field) throw unknown(name)
        if (field.isHidden) throw this.say.hiddenField(model, name, 'write')
        return name === 'id' || /^(create|write)_date$/.test(name) ? [] : [[name, toStored(name, field, value, rules)]]
      }),
    )
  }

  #keep(model: string, row: Values): void {
    this.#check(model, row)
    const country = this.#tables.get('res.country')?.get(Number(row.country_id))
    this.table(model).set(row.id as number, {
      ...row,
      ...(this.models[model]?.phone_sanitized && computedOf(row, country?.code as string | undefined)),
      write_date: seconds(Number(row[WRITTEN])),
    })
  }

  #check(model: string, row: Values): void {
    if (model === 'res.partner' && row.name === false && row.type === 'contact') throw this.say.namelessContact()
    if (model === 'res.partner' && row.parent_id === row.id) throw this.say.recursiveParent()
    for (const [name, { required, string }] of Object.entries(this.fieldsOf(model)))
      if (required && row[name] === false) throw this.say.missingValue(model, string, name)
    if (Number(row.probability ?? 0) > 100 || Number(row.probability ?? 0) < 0) throw this.say.badProbability()
  }

  /** 19 makes a row up where only the id is asked for. */
  #readIdsOnly(model: string, ids: unknown[]): Values[] {
    return this.major === 19 ? ids.map((id) => ({ id })) : this.#existing(model, ids).map(({ id }) => ({ id }))
  }

  #rowsOf(model: string, ids: unknown[]): Values[] {
    const typed = ids.find((id) => typeof id === 'string')
    if (typed !== undefined && this.major === 14) throw this.say.typedIds(typed)
    return ids.map((id) => this.table(model).get(id as number)).filter((row) => row !== undefined)
  }

  #existing(model: string, ids: unknown[]): Values[] {
    const rows = this.#rowsOf(model, ids)
    const missing = ids.find((id) => !this.exists(model, id as number))
    if (missing !== undefined) throw this.say.missing(model, missing)
    return rows
  }

  #dress(field: SandboxField | undefined, name: string, row: Values): unknown {
    const value = name === 'company_currency' ? 1 : (row[name] ?? emptyOf(field))
    if (field?.type === 'date' || field?.type === 'datetime') return value && String(value).replace(/^0+/, '')
    if (field?.type === 'float' || field?.type === 'monetary') return new Float(Number(value))
    if (field?.type !== 'many2one' || typeof value !== 'number') return value ?? false
    return [value, this.#tables.get(field.relation ?? '')?.get(value)?.name ?? '']
  }

  #reach(model: string, row: Values, path: string): unknown {
    const [name = '', ...further] = path.split('.')
    // 14 compares microseconds with what it shows as seconds
    if (name === 'write_date' && this.major === 14)
      return new Date(Number(row[WRITTEN])).toISOString().slice(0, 23).replace('T', ' ')
    const relation = this.models[model]?.[name]?.relation
    if (further.length === 0 || !relation) return row[name]
    const other = this.#tables.get(relation)?.get(Number(row[name]))
    return other ? this.#reach(relation, other, further.join('.')) : false
  }

  #sorter(model: string, order: string): (a: Values, b: Values) => number {
    if (!/^\s*\w+(\s+(asc|desc))?(\s*,\s*\w+(\s+(asc|desc))?)*\s*$/i.test(order)) throw this.say.badOrder(order)
    const terms = order.split(',').map((term) => term.trim().split(/\s+/))
    for (const [name = ''] of terms) if (!this.fieldsOf(model)[name]) throw this.say.unknownInOrder(model, name)
    return (a, b) => {
      for (const [name = '', direction = 'asc'] of terms) {
        const key = name === 'write_date' ? WRITTEN : name
        const sign = compare(a[key], b[key])
        if (sign !== 0) return direction.toLowerCase() === 'desc' ? -sign : sign
      }
      return 0
    }
  }
}

const compare = (a: unknown, b: unknown): number => {
  if (typeof a !== 'string' || typeof b !== 'string') return Number(a) - Number(b)
  return a < b ? -1 : Number(a > b)
}

const seeded = (major: Major, model: string): Map<number, Values> =>
  new Map(
    Object.entries(seedsOf(major)[model] ?? {}).map(([id, values]) => [
      Number(id),
      {
        active: true,
        email: false,
        phone: false,
        ...values,
        id: Number(id),
        create_date: seconds(SEEDED_AT),
        write_date: seconds(SEEDED_AT),
        [WRITTEN]: SEEDED_AT,
      },
    ]),
  )
