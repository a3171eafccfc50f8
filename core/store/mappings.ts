import type { Pool } from 'pg'
import type { FieldOption, FieldType } from '../../schemas/field.ts'

export interface MappingRow {
  slot: string
  /** `<object>.<native field>` */
  path: string
  type: FieldType
  options: FieldOption[] | null
}

const KEPT = 5_000

/** Mapping rows by connection and version: read once per version, so that calls need no query for them. */
export class Mappings {
  readonly #pool: Pool
  readonly #kept = new Map<string, Promise<MappingRow[]>>()

  constructor(pool: Pool) {
    this.#pool = pool
  }

  async rows(tenantId: string, provider: string, connectionId: string, version: number): Promise<MappingRow[]> {
    if (version === 0) return []
    const name = `${connectionId}:${provider}:${version}`
    const kept = this.#kept.get(name)
    if (kept) return kept
    if (this.#kept.size >= KEPT) this.#kept.delete(this.#kept.keys().next().value ?? '')
    const rows = this.#read(tenantId, provider)
    this.#kept.set(name, rows)
    rows.catch(() => this.#kept.delete(name))
    return rows
  }

  async #read(tenantId: string, provider: string): Promise<MappingRow[]> {
    const { rows } = await this.#pool.query<MappingRow>({
      name: 'mapping-read',
      text: 'select slot, path, type, options from field_mapping where tenant_id = $1 and provider = $2 order by slot',
      values: [tenantId, provider],
    })
    return rows
  }
}
