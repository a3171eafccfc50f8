import type { Pool } from 'pg'
import type { Drift, FieldDescription } from '../../schemas/field.ts'
import type { MappingRow } from '../../schemas/mapping.ts'

/** A connection that is to be looked at. */
export interface Watched {
  id: string
  tenantId: string
  provider: string
}

export interface ConnectionId {
  tenantId: string
  provider: string
  connectionId: string
}

/** Whoever takes them looks at them now, and nobody else for a day. Those without a mapping or a description have nothing to compare. */
const TAKE = `update connection set drift_checked_at = now() where id in (
    select c.id from connection c
    where c.status = 'active' and (c.drift_checked_at is null or c.drift_checked_at < now() - interval '1 day')
      and (exists (select from field_mapping m where m.tenant_id = c.tenant_id and m.provider = c.provider)
        or exists (select from field_description d where d.connection_id = c.id and d.tenant_id = c.tenant_id))
    order by c.drift_checked_at nulls first limit $1 for update skip locked
  ) returning id, tenant_id, provider`

/** What is known of changes under mappings. */
export class DriftStore {
  readonly #pool: Pool

  constructor(pool: Pool) {
    this.#pool = pool
  }

  async take(limit: number): Promise<Watched[]> {
    const { rows } = await this.#pool.query<{ id: string; tenant_id: string; provider: string }>(TAKE, [limit])
    return rows.map(({ id, tenant_id, provider }) => ({ id, tenantId: tenant_id, provider }))
  }

  async postpone(id: string, againMs: number): Promise<void> {
    await this.#pool.query(
      `update connection set drift_checked_at = now() - interval '1 day' + $2 * interval '1 ms' where id = $1`,
      [id, againMs],
    )
  }

  /** The rows, what was found before, and the objects that are to be described. */
  async read({
    tenantId,
    provider,
    connectionId,
  }: ConnectionId): Promise<{ rows: MappingRow[]; known: Drift[]; objects: string[] }> {
    const mapped = await this.#pool.query<MappingRow>(
      'select slot, path, type, options, direction, label from field_mapping where tenant_id = $1 and provider = $2 order by slot',
      [tenantId, provider],
    )
    const described = await this.#pool.query<{ object: string }>(
      'select object from field_description where tenant_id = $1 and provider = $2 and connection_id = $3',
      [tenantId, provider, connectionId],
    )
    const known = await this.#pool.query<{ drift: Drift[] }>('select drift from connection where id = $1 and tenant_id = $2', [
      connectionId,
      tenantId,
    ])
    const objects = new Set([
      ...mapped.rows.map(({ path }) => path.slice(0, path.indexOf('.'))),
      ...described.rows.map(({ object }) => object),
    ])
    return { rows: mapped.rows, known: known.rows[0]?.drift ?? [], objects: [...objects].sort() }
  }

  async described({
    tenantId,
    provider,
    connectionId,
    object,
  }: ConnectionId & { object: string }): Promise<FieldDescription[] | null> {
    const { rows } = await this.#pool.query<{ fields: FieldDescription[] }>(
      'select fields from field_description where tenant_id = $1 and provider = $2 and connection_id = $3 and object = $4',
      [tenantId, provider, connectionId, object],
    )
    return rows[0]?.fields ?? null
  }

  /** The names that fields have now count from here on, and what is required is known. */
  async accept({ tenantId, provider, connectionId }: ConnectionId): Promise<void> {
    await this.#pool.query(
      `with renamed as (
          update field_mapping m set label = f ->> 'label'
          from field_description d, jsonb_array_elements(d.fields) f
          where m.tenant_id = $1 and m.provider = $2 and d.tenant_id = $1 and d.provider = $2 and d.connection_id = $3
            and m.path = d.object || '.' || (f ->> 'name') and m.label is not null
        )
        update connection set drift = coalesce((select jsonb_agg(x) from jsonb_array_elements(drift) x where x ->> 'kind' <> 'required'), '[]')
        where id = $3 and tenant_id = $1`,
      [tenantId, provider, connectionId],
    )
  }

  async write(id: string, drift: Drift[]): Promise<void> {
    await this.#pool.query('update connection set drift = $2, drift_checked_at = now() where id = $1', [
      id,
      JSON.stringify(drift),
    ])
  }
}
