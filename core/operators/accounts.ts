import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { type Actor, type AdminDeps, audited } from '../admin/actor.ts'
import { VorelError } from '../errors.ts'
import { type Cost, hashPassword, isPassword } from './password.ts'

/** An operator's account, as people see it. */
export interface ListedOperator {
  name: string
  created_at: string
  password_at: string
  disabled_at: string | null
  /** When one of their sessions was last in use. */
  seen_at: string | null
}

type Auditing = Pick<AdminDeps, 'audit'>

const NAME = /^[a-z0-9][a-z0-9._@-]{0,62}$/

export const createOperator = async (
  deps: Auditing,
  pool: Pool,
  actor: Actor,
  { name, password }: { name: string; password: string },
): Promise<void> => {
  if (!NAME.test(name))
    throw new VorelError(
      'invalid_request',
      'An operator is named by up to 63 of a-z, 0-9, ., _, @ and -, a letter or digit first.',
    )
  const { salt, hash, cost } = await hashPassword(password)
  await audited(deps, about(actor), { action: 'operator.created', externalId: name }, async () => {
    const { rowCount } = await pool.query(
      'insert into operator_account (name, salt, hash, cost) values ($1, $2, $3, $4) on conflict do nothing',
      [name, salt, hash, cost],
    )
    if (!rowCount)
      throw new VorelError('invalid_request', `The operator '${name}' exists already. vorel operators list shows all.`)
  })
}

export const listOperators = async (pool: Pool): Promise<ListedOperator[]> => {
  const { rows } = await pool.query<ListedOperator>(
    `select a.name, a.created_at, a.password_at, a.disabled_at, max(s.seen_at) as seen_at
     from operator_account a left join operator_session s on s.account = a.name group by a.name order by a.name`,
  )
  return rows
}

export const hasOperators = async (pool: Pool): Promise<boolean> => {
  const { rows } = await pool.query('select exists (select from operator_account where disabled_at is null) as has')
  return rows[0].has
}

/** Ends the sessions as well, and from then on nobody signs in with it. */
export const disableOperator = (deps: Auditing, pool: Pool, actor: Actor, name: string): Promise<void> =>
  changed(deps, pool, actor, name, 'operator.disabled', 'disabled_at = coalesce(a.disabled_at, now())', [])

/** Ends the sessions as well; an account that was disabled may be used again. */
export const setPassword = async (
  deps: Auditing,
  pool: Pool,
  actor: Actor,
  { name, password }: { name: string; password: string },
): Promise<void> => {
  const { salt, hash, cost } = await hashPassword(password)
  const set = 'salt = $2, hash = $3, cost = $4, password_at = now(), disabled_at = null'
  await changed(deps, pool, actor, name, 'operator.password_set', set, [salt, hash, cost])
}

const changed = (
  deps: Auditing,
  pool: Pool,
  actor: Actor,
  name: string,
  action: string,
  set: string,
  values: unknown[],
): Promise<void> =>
  audited(deps, about(actor), { action, externalId: name }, async () => {
    const { rows } = await pool.query(
      `with account as (update operator_account a set ${set} where name = $1 returning name),
        over as (update operator_session set ended_at = now() where account = $1 and ended_at is null)
       select name from account`,
      [name, ...values],
    )
    if (!rows.length) throw new VorelError('invalid_request', `There is no operator '${name}'. vorel operators list shows all.`)
  })

const about = (actor: Actor) => ({ ...actor, tenantId: null })

/** Whether the password is that of an account in use. Takes as long where there is no such account. */
export const isOperator = async (pool: Pool, name: string, password: string): Promise<boolean> => {
  const { rows } = await pool.query<{ salt: Buffer; hash: Buffer; cost: Cost }>(
    'select salt, hash, cost from operator_account where name = $1 and disabled_at is null',
    [name],
  )
  return isPassword(password, rows[0] ?? null)
}

/** One row of the audit for who came, went, or was turned away. Of a name that is nobody's account nothing is kept: it may be a password. */
export const auditSignIn = (
  { audit }: Auditing,
  operator: string | null,
  action: 'operator.signed_in' | 'operator.sign_in_failed' | 'operator.signed_out',
  { code = 'ok', requestId = randomUUID() }: { code?: string; requestId?: string } = {},
): Promise<void> =>
  audit.write({
    actorType: 'platform_operator',
    actorId: operator ?? 'unknown',
    tenantId: null,
    action,
    requestId,
    phase: 'outcome',
    code,
  })

/** The name as an account has it, or null where there is none. */
export const knownOperator = async (pool: Pool, name: string): Promise<string | null> => {
  const { rows } = await pool.query<{ name: string }>('select name from operator_account where name = $1', [name])
  return rows[0]?.name ?? null
}
