import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { manifest } from './manifest.ts'

interface Column {
  name: string
  title: string
  type: string
  required: boolean
  /** Set by the CRM itself: `score`. */
  read_only: boolean
  /** Added by the account, not part of the product. */
  custom: boolean
  choices?: { value: string; title: string }[]
}

type Stored = Map<number, Record<string, unknown>>

const ok = (body: unknown, status = 200): SandboxAnswer => ({ status, body })
const refused = (error: string): SandboxAnswer => ok({ error }, 422)

/** The columns of one table, which the account may add to, rename, retype and remove; its rows follow. */
export class TableColumns {
  readonly #rows: Stored
  #columns: Column[]

  constructor(native: string, rows: Stored) {
    this.#rows = rows
    this.#columns = shipped(native)
  }

  /** `GET` and `POST /{table}/columns`, `PATCH` and `DELETE /{table}/columns/{name}`. */
  handle({ method, body }: SandboxRequest, name: string | undefined): SandboxAnswer {
    if (name === undefined) return method === 'POST' ? this.#add(JSON.parse(body)) : ok({ columns: this.#columns })
    const column = this.#columns.find((known) => known.name === name)
    if (!column) return ok({ error: `no column ${name}` }, 404)
    if (method === 'DELETE') return this.#remove(name)
    if (method === 'PATCH') this.#change(column, JSON.parse(body))
    return ok(column)
  }

  /** Why a row cannot hold these values, if it cannot. */
  refusalOf(fields: Record<string, unknown>): SandboxAnswer | undefined {
    for (const [name, value] of Object.entries(fields)) {
      const column = this.#columns.find((known) => known.name === name)
      if (!column) return refused(`no column ${name}`)
      if (column.read_only) return refused(`${name} is read-only`)
      if (!isChoice(column, value)) return refused(`no such choice of ${name}`)
    }
    return undefined
  }

  #add(asked: Partial<Column> & { name: string }): SandboxAnswer {
    if (this.#columns.some(({ name }) => name === asked.name)) return refused(`${asked.name} exists`)
    const column = { title: asked.name, type: 'string', required: false, read_only: false, custom: true, ...asked }
    this.#columns.push(column)
    return ok(column, 201)
  }

  #change(column: Column, change: Partial<Column>): void {
    const before = column.name
    Object.assign(column, change)
    if (column.name === before) return
    for (const row of this.#rows.values()) {
      if (before in row) row[column.name] = row[before]
      delete row[before]
    }
  }

  #remove(name: string): SandboxAnswer {
    this.#columns = this.#columns.filter((column) => column.name !== name)
    for (const row of this.#rows.values()) delete row[name]
    return { status: 204 }
  }
}

const isChoice = ({ choices }: Column, given: unknown): boolean =>
  !choices || [given].flat().every((one) => one === null || choices.some(({ value }) => value === one))

const shipped = (native: string): Column[] => {
  const spec = Object.values(manifest.objects).find((object) => object.native === native)
  return Object.values(spec?.fields ?? {}).map(({ field, type }) => ({
    name: field,
    title: field,
    type,
    required: field === 'name',
    read_only: false,
    custom: false,
  }))
}
