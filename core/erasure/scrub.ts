import type { PoolClient } from 'pg'
import { responseOf } from '../vault/keyring.ts'
import { type Created, progressIn } from '../verbs/create.ts'
import type { Deps } from '../verbs/deps.ts'
import { hasLeadsUnderWay, scrubLeads } from './scrub-leads.ts'
import type { NewTarget, Taken } from './store.ts'

interface OperationRow {
  idempotency_key: string
  provider: string
  object: string
  state: string
  subjects: Buffer[]
  progress: Buffer | null
  response: Buffer | null
}

export interface Scrubbed {
  /** Rows by table. */
  counts: Record<string, number>
  /** Records at the provider that were made of them. */
  targets: NewTarget[]
}

/** Creates about the person, from before the erasure was asked for, that may still be on their way. */
const UNSETTLED = `select from crm_operation
  where tenant_id = $1 and subjects && $2::bytea[] and created_at <= $3 and state in ('claimed', 'sent') limit 1`

const SETTLED = `select idempotency_key, provider, object, state, subjects, progress, response from crm_operation
  where tenant_id = $1 and subjects && $2::bytea[] and created_at <= $3 and state in ('done', 'failed', 'outcome_unknown')
  order by idempotency_key for update`

/** The key stays, so that it creates nobody anew; of what it stood for nothing does, nor a hash that could be guessed at. */
const SCRUB = `update crm_operation set state = 'erased', fingerprint = '\\x', payload = null, response = null, progress = null,
    error_code = null, updated_at = now()
  where tenant_id = $1 and idempotency_key = any($2) and state in ('done', 'failed', 'outcome_unknown')`

/** Empties what Vorel keeps of the person, and gives the records that are known by it. */
export const scrub = async (deps: Deps, client: PoolClient, taken: Taken): Promise<Scrubbed> => {
  const { tenantId, subjects, createdAt } = taken
  const { rows } = await client.query<OperationRow>(SETTLED, [tenantId, subjects, createdAt])
  const targets = await Promise.all(rows.map((row) => targetsOf(deps, tenantId, row)))
  const { rowCount } = await client.query(SCRUB, [tenantId, rows.map((row) => row.idempotency_key)])
  const leads = await scrubLeads(client, taken)
  const targetsOfLeads = leads.targets.map((target) => ({ ...target, object: recordsAt(deps, target.provider, target.object) }))
  return { counts: { crm_operation: rowCount ?? 0, lead: leads.count }, targets: [...targets.flat(), ...targetsOfLeads] }
}

export const isUnsettled = async (client: PoolClient, taken: Taken): Promise<boolean> =>
  (await client.query(UNSETTLED, [taken.tenantId, taken.subjects, taken.createdAt])).rowCount === 1 ||
  hasLeadsUnderWay(client, taken)

/** Further records of a create come before the first, to which they belong. */
const targetsOf = async (deps: Deps, tenantId: string, row: OperationRow): Promise<NewTarget[]> => {
  const { provider, object, subjects } = row
  const id = { tenantId, idempotencyKey: row.idempotency_key }
  const made = Object.entries(await progressIn(deps, id, row.progress)).map(([name, { external_id }]) => [name, external_id])
  const answer = row.response && (await deps.keyring.open<Created>(row.response, responseOf(tenantId, id.idempotencyKey)))
  const answered = answer
    ? [...(answer.associated ?? []).map((record) => [record.object, record.external_id]), [object, answer.external_id]]
    : []
  const records = [...answered, ...made.reverse()].map(([name = '', externalId = '']) => ({
    provider,
    object: recordsAt(deps, provider, name),
    externalId,
    subjects,
  }))
  return row.state === 'outcome_unknown' ? [...records, unknown(row)] : records
}

const recordsAt = (deps: Deps, provider: string, object: string): string =>
  deps.registry().loaded(provider)?.listed.manifest?.objects[object]?.standsFor ?? object

const unknown = ({ provider, object }: OperationRow): NewTarget => ({
  provider,
  object,
  externalId: null,
  manual: {
    reason: 'outcome_unknown',
    detail: 'A create of which nobody knows whether it made a record: look in the CRM, and delete it there.',
  },
})
