import type { Pool } from 'pg'
import type { Tracer } from '../observe/tracer.ts'
import { Batch, STATEMENTS } from './batch.ts'

export interface ConnectionRow {
  id: string
  provider: string
  status: 'pending' | 'active' | 'reauth_required' | 'disconnected'
  settings: Record<string, unknown>
  facts: Record<string, string>
  onUnmapped: 'refuse' | 'skip'
  mappingVersion: number
  sealed: Buffer | null
  tokenVersion: number
}

/** All that a call needs to know of its tenant, from one read. */
export interface Access {
  tenant: { id: string; region: string }
  connection: ConnectionRow | null
  /** Where the caller came with one. */
  apiKey: { id: string; scopes: string[] } | null
}

interface Row {
  n: string
  key_id?: string
  scopes?: string[]
  tenant_id: string
  region: string
  connection_id: string | null
  provider: string
  status: ConnectionRow['status']
  settings: Record<string, unknown>
  facts: Record<string, string>
  on_unmapped: 'refuse' | 'skip'
  mapping_version: number
  sealed: Buffer | null
  token_version: number | null
}

const COLUMNS = `t.id as tenant_id, t.region, c.id as connection_id, c.provider, c.status, c.settings, c.facts, c.on_unmapped,
  c.mapping_version, s.sealed, s.token_version`
const JOINS = `left join connection c on c.tenant_id = t.id
  left join tenant_credentials s on s.tenant_id = c.tenant_id and s.provider = c.provider`

// `offset 0`: one row's key at a time, by index, whatever the sizes were when the statement was planned.
const BY_KEY = `select q.n, a.* from unnest($1::bytea[]) with ordinality as q (hash, n) cross join lateral (
    select k.id as key_id, k.scopes, ${COLUMNS} from api_key k join tenant t on t.id = k.tenant_id ${JOINS}
    where k.hash = q.hash and k.revoked_at is null offset 0
  ) a`
const BY_TENANT = `select q.n, a.* from unnest($1::text[]) with ordinality as q (id, n) cross join lateral (
    select ${COLUMNS} from tenant t ${JOINS} where t.id = q.id offset 0
  ) a`

/** The one read of a call. Nothing is cached: a revoked key or a replaced credential counts from the next request on. */
export class AccessReader {
  readonly #byKey: Batch<Buffer, Access | null>
  readonly #byTenant: Batch<string, Access | null>

  constructor(pool: Pool, tracer?: Tracer) {
    const reader = (name: string, text: string) => async (values: (Buffer | string)[]) => {
      const { rows } = await pool.query<Row>({ name, text, values: [values] })
      const answers: (Access | null)[] = values.map(() => null)
      for (const row of rows) answers[Number(row.n) - 1] = toAccess(row)
      return answers
    }
    this.#byKey = new Batch<Buffer, Access | null>({
      name: 'access-by-key',
      tracer,
      run: reader('access-by-key', BY_KEY),
      ...STATEMENTS,
    })
    this.#byTenant = new Batch<string, Access | null>({
      name: 'access-by-tenant',
      tracer,
      run: reader('access-by-tenant', BY_TENANT),
      ...STATEMENTS,
    })
  }

  byKeyHash(hash: Buffer): Promise<Access | null> {
    return this.#byKey.add(hash)
  }

  byTenant(id: string): Promise<Access | null> {
    return this.#byTenant.add(id)
  }
}

const toAccess = (row: Row): Access => ({
  tenant: { id: row.tenant_id, region: row.region },
  apiKey: row.key_id ? { id: row.key_id, scopes: row.scopes ?? [] } : null,
  connection: row.connection_id === null ? null : toConnection(row, row.connection_id),
})

const toConnection = (row: Row, id: string): ConnectionRow => ({
  id,
  provider: row.provider,
  status: row.status,
  settings: row.settings,
  facts: row.facts,
  onUnmapped: row.on_unmapped,
  mappingVersion: row.mapping_version,
  sealed: row.sealed,
  tokenVersion: row.token_version ?? 0,
})
