import { badField, notDeleted, notSuchId } from './sandbox-errors.ts'
import { customText, type Field, freshModules, type Modules } from './sandbox-fields.ts'
import type { StoredRow } from './sandbox-query.ts'
import { checkRecord } from './sandbox-values.ts'
import type { Traits } from './sandbox-variant.ts'

interface Snapshot {
  at: number
  row: StoredRow
}

export interface Written {
  action: 'insert' | 'update'
  row: StoredRow
  duplicateField?: string
}

const LAG_MS = 60_000
const USER = { name: 'Sandbox Owner', id: '5725767000000411001' }

/** Zoho's records, its bin, and what its search index knows of them. */
export class Store {
  readonly modules: Modules
  readonly #traits: Traits
  readonly #tables = new Map<string, Map<string, StoredRow>>()
  readonly #bin = new Set<string>()
  readonly #index = new Map<string, Snapshot[]>()
  #lastId = 5_725_767_000_000_524_157n

  constructor(traits: Traits) {
    this.#traits = traits
    this.modules = freshModules(() => this.#nextId())
    if (traits.hidesLeads) delete this.modules.Leads
    for (const [module, fields] of Object.entries(this.modules)) {
      this.#tables.set(module, new Map())
      if (traits.key === 'unique' || traits.key === 'plain')
        fields.push(customText(this.#nextId(), 'Vorel Key', traits.key === 'unique' ? { casesensitive: '2' } : {}))
    }
  }

  fields(module: string): Field[] {
    return this.modules[module] ?? []
  }

  rows(module: string): StoredRow[] {
    return [...(this.#tables.get(module)?.values() ?? [])]
  }

  find(module: string, id: string): StoredRow | undefined {
    return this.#tables.get(module)?.get(id)
  }

  addField(module: string, label: string, unique: Record<string, unknown>): string {
    const field = customText(this.#nextId(), label, unique)
    this.fields(module).push(field)
    return field.id
  }

  insert(module: string, given: Record<string, unknown>): Written {
    checkRecord(this.fields(module), given, undefined, this.#exists)
    this.#checkUnique(module, given, '')
    const { id: _, ...fields } = given
    const now = this.#now()
    const stamps = { Created_Time: now, Modified_Time: now, Owner: USER, Created_By: USER, Modified_By: USER }
    return { action: 'insert', row: this.#keep(module, { ...this.#kept(module, fields), ...stamps, id: this.#nextId() }) }
  }

  update(module: string, id: string, given: Record<string, unknown>): Written {
    const known = this.find(module, id)
    if (!known) throw notSuchId()
    checkRecord(this.fields(module), given, known, this.#exists)
    this.#checkUnique(module, given, id)
    return {
      action: 'update',
      row: this.#keep(module, { ...known, ...this.#kept(module, given), Modified_Time: this.#now(), id }),
    }
  }

  upsert(module: string, given: Record<string, unknown>, checked: string[]): Written {
    const unusable = checked.find((name) => !this.#isUnique(module, name) && name !== 'Email' && name !== 'Deal_Name')
    if (unusable) throw badField('INVALID_DATA', 'invalid data', 'duplicate_check_fields')
    for (const name of checked) {
      const twin = this.#twin(module, name, given[name], '')
      if (twin && !this.#traits.isRacing) return { ...this.update(module, twin.id, given), duplicateField: name }
    }
    return this.insert(module, given)
  }

  delete(module: string, id: string): void {
    const table = this.#tables.get(module)
    if (!table?.delete(id)) throw notDeleted(id)
    this.#bin.add(id)
    this.#index.delete(id)
  }

  get bin(): ReadonlySet<string> {
    return this.#bin
  }

  /** Records of today that were found by what the index knew of them. */
  search(module: string, matches: (row: StoredRow) => boolean): StoredRow[] {
    return this.rows(module).filter(({ id }) => {
      const seen = this.#index.get(id)?.findLast(({ at }) => !this.#traits.isLagging || at <= Date.now() - LAG_MS)
      return seen !== undefined && matches(seen.row)
    })
  }

  /** As Zoho keeps it: nothing for an empty text, times by the organisation's clocks, what a lookup leads to with its name. */
  #kept(module: string, given: Record<string, unknown>): Record<string, unknown> {
    const keep = (name: string, value: unknown): unknown => {
      const { data_type, lookup } = this.fields(module).find(({ api_name }) => api_name === name) ?? {}
      if (value === '' || value === null) return null
      if (lookup) return this.#named(lookup, value as { id: string })
      return data_type === 'datetime' ? this.#local(Date.parse(String(value))) : value
    }
    return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, keep(name, value)]))
  }

  #named(module: string, { id }: { id: string }) {
    if (module === 'Users') return { ...USER, id }
    const led = this.find(module, id)
    return { name: led?.Full_Name ?? led?.Deal_Name ?? '', id }
  }

  #keep(module: string, given: StoredRow): StoredRow {
    const names = [given.First_Name, given.Last_Name].filter(Boolean)
    const row = module === 'Deals' ? given : { ...given, Full_Name: names.join(' ') }
    this.#tables.get(module)?.set(row.id, row)
    this.#index.set(row.id, [...(this.#index.get(row.id) ?? []), { at: Date.now(), row }])
    return row
  }

  #isUnique(module: string, name: string): boolean {
    const field = this.fields(module).find(({ api_name }) => api_name === name)
    return field !== undefined && Object.keys(field.unique).length > 0
  }

  #checkUnique(module: string, given: Record<string, unknown>, id: string): void {
    for (const [name, value] of Object.entries(given)) {
      const twin = this.#isUnique(module, name) ? this.#twin(module, name, value, id) : undefined
      if (!twin) continue
      throw badField('DUPLICATE_DATA', 'duplicate data', name, {
        id: twin.id,
        duplicate_record: { id: twin.id, module: { api_name: module }, Owner: USER },
      })
    }
  }

  #twin(module: string, name: string, value: unknown, besides: string): StoredRow | undefined {
    if (typeof value !== 'string' || value === '') return undefined
    const same = (other: unknown) => typeof other === 'string' && other.toLowerCase() === value.toLowerCase()
    return this.rows(module).find((row) => row.id !== besides && same(row[name]))
  }

  #exists = (module: string, id: string): boolean => module === 'Users' || this.find(module, id) !== undefined

  #nextId(): string {
    this.#lastId += 1n
    return String(this.#lastId)
  }

  #now(): string {
    return this.#local(Date.now())
  }

  /** To the second, in the organisation's zone. */
  #local(time: number): string {
    const hours = this.#traits.home === 'eu' ? 1 : -8
    const local = new Date(time + hours * 3_600_000).toISOString().slice(0, 19)
    return `${local}${hours < 0 ? '-' : '+'}${String(Math.abs(hours)).padStart(2, '0')}:00`
  }
}
