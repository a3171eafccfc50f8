import { randomUUID } from 'node:crypto'
import type { CreateRecordOutput } from '../../schemas/verbs.ts'
import { VorelError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import type { OperationId } from '../store/operations.ts'
import { decide, findUndecided, listUndecided, type Undecided, type UnknownOperation } from '../store/unknown-operations.ts'
import { progressOf, responseOf } from '../vault/keyring.ts'
import type { Created } from '../verbs/create.ts'
import type { Progress } from '../verbs/parts.ts'
import { type Actor, type AdminDeps, audited } from './actor.ts'
import { recordAt } from './operation-record.ts'
import { tenantOf } from './tenants.ts'

export type { UnknownOperation } from '../store/unknown-operations.ts'

export interface DecisionOptions extends OperationId {
  /** Under which the audit log has it. */
  requestId?: string
}

export interface AdoptOptions extends DecisionOptions {
  externalId: string
  /** Of a create of several records of which some are there: which one the id is of. */
  object?: string | undefined
}

export interface Adopted {
  state: 'done'
  result: Created
  /** The CRM was asked, and has it. */
  is_verified: boolean
}

/** Creates that wait for a person: of one tenant, or of all. */
export const listUnknown = async (database: Database, tenantId?: string): Promise<UnknownOperation[]> => {
  if (tenantId !== undefined) await tenantOf(database, tenantId)
  return listUndecided(database.pool, tenantId ?? null)
}

/** "It is there, and this is its id": repeats are answered with it from now on. */
export const adoptRecord = async (deps: AdminDeps, database: Database, actor: Actor, options: AdoptOptions): Promise<Adopted> => {
  const { externalId } = options
  const found = await undecided(database, options)
  return audited(
    deps,
    { ...actor, tenantId: found.tenant_id },
    about('operation.adopted', found, options, externalId),
    async () => {
      const progress = await progressIn(deps, found)
      const part = partOf(found, progress, options.object)
      const looked = await recordAt(deps, database, found, { object: part, external_id: externalId })
      const result = answerOf(progress, part, { external_id: externalId, record_url: looked?.record_url ?? null })
      const response = await deps.keyring.seal(result, responseOf(found.tenant_id, found.idempotency_key))
      if (!(await decide(database.pool, found, { state: 'done', response, result }))) throw decidedAlready()
      return { state: 'done', result, is_verified: looked !== null }
    },
  )
}

/** "It was not created": the key is free, and whoever repeats the create sends it again. */
export const declareNotCreated = async (
  deps: Pick<AdminDeps, 'audit'>,
  database: Database,
  actor: Actor,
  options: DecisionOptions,
): Promise<{ state: 'failed' }> => {
  const found = await undecided(database, options)
  const entry = about('operation.not_created', found, options, found.reference)
  return audited(deps, { ...actor, tenantId: found.tenant_id }, entry, async () => {
    if (!(await decide(database.pool, found, { state: 'failed' }))) throw decidedAlready()
    return { state: 'failed' }
  })
}

const about = (action: string, found: Undecided, { requestId = randomUUID() }: DecisionOptions, externalId: string) => ({
  action,
  provider: found.provider,
  object: found.object,
  externalId,
  requestId,
  conversationId: found.conversation_id,
})

const undecided = async (database: Database, id: OperationId): Promise<Undecided> => {
  await tenantOf(database, id.tenantId)
  const found = await findUndecided(database.pool, id)
  if (!found) throw new VorelError('operation_not_found', `Tenant '${id.tenantId}' made no create with this idempotency_key.`)
  if (found.state !== 'outcome_unknown') throw decidedAlready()
  return found
}

const decidedAlready = () =>
  new VorelError(
    'operation_settled',
    'This create does not wait for a person, or somebody else has just decided. See what became of it: vorel operations list.',
  )

const progressIn = async ({ keyring }: Pick<AdminDeps, 'keyring'>, { progress, tenant_id, idempotency_key }: Undecided) =>
  progress ? ((await keyring.open(progress, progressOf(tenant_id, idempotency_key))) as Progress) : {}

/** Which of the create's records is in doubt. */
const partOf = ({ object }: Undecided, progress: Progress, named: string | undefined): string => {
  const made = Object.keys(progress)
  if (made.length === 0) return object
  if (named !== undefined && !made.includes(named)) return named
  throw new VorelError(
    'invalid_request',
    `The ${made.join(' and ')} of this create is there already. Say which other record the id is of: object.`,
  )
}

const answerOf = (progress: Progress, object: string, adopted: CreateRecordOutput): Created => {
  const [first, ...rest] = Object.entries(progress).map(([object, { external_id, record_url }]) => ({
    object,
    external_id,
    record_url,
  }))
  if (!first) return adopted
  const { external_id, record_url } = first
  return { external_id, record_url, associated: [...rest, { object, ...adopted }] }
}
