import { randomUUID } from 'node:crypto'
import { VorelError } from '../errors.ts'
import { isRegion } from '../phone.ts'
import type { Database } from '../store/database.ts'
import { Tenant } from '../store/entities.ts'
import { type Actor, type AdminDeps, audited } from './actor.ts'

export interface NewTenant {
  id: string
  name: string
  /** ISO 3166 country of phone numbers written without one. */
  region: string
}

const checkTenant = ({ id, region }: NewTenant): void => {
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(id))
    throw new VorelError('invalid_request', 'A tenant id has up to 63 of a-z, 0-9, _ and -, and begins with a letter or digit.')
  if (!isRegion(region)) throw new VorelError('invalid_request', `'${region}' is no ISO 3166 country code, such as US or AE.`)
}

export const createTenant = async (deps: AdminDeps, { orm }: Database, actor: Actor, tenant: NewTenant): Promise<void> => {
  checkTenant(tenant)
  await audited(deps, { ...actor, tenantId: tenant.id }, { action: 'tenant.created' }, async () => {
    const em = orm.em.fork()
    if (await em.findOne(Tenant, { id: tenant.id }))
      throw new VorelError('invalid_request', `Tenant '${tenant.id}' exists already.`)
    em.create(Tenant, { ...tenant, created_at: new Date() })
    await em.flush()
  })
}

export const ensureTenant = async (deps: AdminDeps, database: Database, actor: Actor, tenant: NewTenant): Promise<void> => {
  const known = await database.orm.em.fork().findOne(Tenant, { id: tenant.id })
  if (!known) await createTenant(deps, database, actor, tenant)
}

export interface ListedTenant {
  id: string
  name: string
  region: string
  provider: string | null
  status: string | null
  /** Why it is not active, where that is known. */
  status_reason: string | null
}

export interface TenantFilter {
  /** Of the connection; `none`: connected to nothing. */
  status?: string | undefined
  provider?: string | undefined
  /** Part of the id or the name, in any case. */
  search?: string | undefined
  /** The last id of the page before. */
  afterId?: string | undefined
  limit?: number | undefined
}

/** By id; all of them unless told otherwise. */
export const listTenants = async ({ pool }: Database, filter: TenantFilter = {}): Promise<ListedTenant[]> => {
  const { status, provider, search, afterId, limit } = filter
  const { rows } = await pool.query<ListedTenant>(
    `select t.id, t.name, t.region, c.provider, c.status, c.status_reason
     from tenant t left join connection c on c.tenant_id = t.id
     where ($1::text is null or coalesce(c.status, 'none') = $1)
       and ($2::text is null or c.provider = $2)
       and ($3::text is null or position(lower($3) in lower(t.id)) > 0 or position(lower($3) in lower(t.name)) > 0)
       and ($4::text is null or t.id > $4)
     order by t.id limit $5`,
    [status ?? null, provider ?? null, search || null, afterId ?? null, limit ?? null],
  )
  return rows
}

export const renameTenant = async (
  deps: Pick<AdminDeps, 'audit'>,
  database: Database,
  actor: Actor & { requestId?: string },
  { id, name }: Pick<NewTenant, 'id' | 'name'>,
): Promise<void> => {
  await tenantOf(database, id)
  const { actorType, actorId, requestId = randomUUID() } = actor
  const about = { action: 'tenant.renamed', fields: ['name'], requestId }
  await audited(deps, { actorType, actorId, tenantId: id }, about, async () => {
    await database.orm.em.fork().nativeUpdate(Tenant, { id }, { name })
  })
}

export const tenantOf = async ({ orm }: Database, id: string) => {
  const tenant = await orm.em.fork().findOne(Tenant, { id })
  if (!tenant) throw new VorelError('invalid_request', `There is no tenant '${id}'. Create it: vorel tenants create ${id}.`)
  return tenant
}
