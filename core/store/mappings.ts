import type { Pool } from 'pg'
import type { FieldOption } from '../../schemas/field.ts'
import type { MappingRow } from '../../schemas/mapping.ts'

/** A tenant's own rows, and the options of fields as its provider last described them, by path. */
export interface Mapping {
  rows: readonly MappingRow[]
  options: ReadonlyMap<string, readonly FieldOption[]>
}

export interface MappingId {
  tenantId: string
  provider: string
  connectionId: string
  version: number
}

export const NO_MAPPING: Mapping = { rows: [], options: new Map() }
const KEPT = 5_000

const OPTIONS = `select d.object || '.' || (f ->> 'name') as path, f -> 'options' as options
  from field_description d, jsonb_array_elements(d.fields) f
  where d.tenant_id = $1 and d.provider = $2 and d.connection_id = $3 and jsonb_array_length(f -> 'options') > 0
    and d.object || '.' || (f ->> 'name') = any ($4::text[])`

/** Mappings by connection and version: read once per version, so that calls need no query for them. */
export class Mappings {
  readonly #pool: Pool
  readonly #kept = new Map<string, Promise<Mapping>>()

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** `paths`: fields beside those of the rows whose options are wanted. */
  async of(id: MappingId, paths: readonly string[]): Promise<Mapping> {
    if (id.version === 0) return NO_MAPPING
    const name = `${id.connectionId}:${id.provider}:${id.version}`
    const kept = this.#kept.get(name)
    if (kept) return kept
    if (this.#kept.size >= KEPT) this.#kept.delete(this.#kept.keys().next().value ?? '')
    const mapping = this.#read(id, paths)
    this.#kept.set(name, mapping)
    mapping.catch(() => this.#kept.delete(name))
    return mapping
  }

  async #read({ tenantId, provider, connectionId }: MappingId, paths: readonly string[]): Promise<Mapping> {
    const { rows } = await this.#pool.query<MappingRow>({
      name: 'mapping-read',
      text: 'select slot, path, type, options, direction, label from field_mapping where tenant_id = $1 and provider = $2 order by slot',
      values: [tenantId, provider],
    })
    const described = await this.#pool.query<{ path: string; options: FieldOption[] }>({
      name: 'mapping-options',
      text: OPTIONS,
      values: [tenantId, provider, connectionId, [...paths, ...rows.map(({ path }) => path)]],
    })
    return { rows, options: new Map(described.rows.map(({ path, options }) => [path, options])) }
  }
}
