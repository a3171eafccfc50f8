import type { CallOptions } from '../caller.ts'
import type { Database } from '../store/database.ts'
import { ours } from '../verbs/call.ts'
import type { Deps } from '../verbs/deps.ts'
import { againMs } from './call.ts'
import { certificateOf, signed } from './certificate.ts'
import { findPersons } from './find.ts'
import { removeTarget } from './remove.ts'
import { isUnsettled, scrub } from './scrub.ts'
import { type Ended, ErasureStore, type NewTarget, type Taken, TakenOver, type Target } from './store.ts'

export interface Erasing {
  database: Database
  log: CallOptions['log']
}

interface Run extends Erasing {
  deps: Deps
  store: ErasureStore
}

/** How soon a create that is under way is looked at again. */
const UNSETTLED_MS = 3_000

/** Goes on with all erasures that are due; gives in how many milliseconds the next one is, null where none is open. */
export const runErasures = async (deps: Deps, { database, log }: Erasing): Promise<number | null> => {
  const store = new ErasureStore(database.pool, deps.keyring)
  for (let taken = await store.take(); taken; taken = await store.take()) await goOn({ deps, database, log, store }, taken)
  return store.nextMs()
}

const goOn = async (run: Run, taken: Taken): Promise<void> => {
  try {
    await step(run, taken)
  } catch (error) {
    if (error instanceof TakenOver) return
    run.log.warn({ code: ours(error).code, erasure: taken.id }, 'an erasure could not be gone on with, and is tried again')
    const attempts = taken.attempts + 1
    await run.store.move(taken, taken.state, { afterMs: againMs(Math.min(attempts, 10)) ?? 0, attempts }).catch(() => undefined)
  }
}

const step = async (run: Run, taken: Taken): Promise<void> => {
  if (taken.state === 'requested') return scrubbing(run, taken)
  if (taken.state === 'scrubbed') return searching(run, taken)
  const pending = await run.store.pending(taken)
  const due = pending.filter(({ dueMs }) => dueMs === 0)
  for (const target of due) await removing(run, taken, target)
  if (due.length > 0) return run.store.move(taken, 'deleting', { afterMs: 0, attempts: taken.attempts })
  if (pending.length > 0)
    return run.store.move(taken, 'deleting', {
      afterMs: Math.min(...pending.map(({ dueMs }) => dueMs)),
      attempts: taken.attempts,
    })
  return closing(run, taken)
}

/** Vorel's own data first: nothing of it depends on the provider. */
const scrubbing = async ({ deps, store }: Run, taken: Taken): Promise<void> => {
  const isDone = await store.within(taken, async (client) => {
    const { counts, targets } = await scrub(deps, client, taken)
    await addTargets(deps, store, taken, client, targets)
    const isDone = !(await isUnsettled(client, taken))
    await client.query(
      `update erasure set state = case when $3 then 'scrubbed' else state end, next_at = now() + $4 * interval '1 ms', scrubbed = (
         select jsonb_object_agg(name, coalesce((scrubbed ->> name)::int, 0) + count::int) from jsonb_each_text($5) as c (name, count)
       ) where tenant_id = $1 and id = $2`,
      [taken.tenantId, taken.id, isDone, isDone ? 0 : UNSETTLED_MS, JSON.stringify(counts)],
    )
    return isDone
  })
  if (!isDone) deps.settleLater(UNSETTLED_MS)
}

type Client = Parameters<Parameters<ErasureStore['within']>[1]>[0]

const addTargets = async (
  deps: Deps,
  store: ErasureStore,
  taken: Taken,
  client: Client,
  targets: NewTarget[],
): Promise<number> => {
  const hashOf = (external_id: string) => deps.subjects.of({ id: taken.tenantId, region: '' }, { external_id })[0] as Buffer
  const added = await store.add(client, taken, targets, hashOf)
  for (const { provider, object, manual } of added)
    if (manual) await tellManual(deps, taken, { provider, object, externalId: null }, manual.reason)
  return added.length
}

const searching = async (run: Run, taken: Taken): Promise<void> => {
  const { added, isLater } = await search(run, taken)
  if (!isLater || added > 0) await run.store.move(taken, 'deleting', { afterMs: 0, attempts: 0 })
}

/** Asks the provider for the person; where it cannot be asked, the erasure waits. */
const search = async ({ deps, store, log }: Run, taken: Taken): Promise<{ added: number; isLater: boolean }> => {
  const { targets, later } = await findPersons(deps, store, log, taken)
  const added = await store.within(taken, (client) => addTargets(deps, store, taken, client, targets))
  if (later) await store.move(taken, taken.state, later)
  return { added, isLater: later !== undefined }
}

const removing = async ({ deps, store, log }: Run, taken: Taken, target: Target): Promise<void> => {
  await store.move(taken, 'deleting')
  const ended: Ended = await removeTarget(deps, store, log, taken, target)
  const isForPerson = ended.state === 'manual_required' || ended.state === 'failed'
  // In the audit before it is in the table: what diverges is never untold.
  if (isForPerson) await tellManual(deps, taken, target, ended.reason ?? 'failed')
  await store.settle(taken, target, ended)
}

/** The divergence: Vorel has forgotten, and the provider has not. */
const tellManual = (
  { audit }: Deps,
  { id, tenantId }: Taken,
  { provider, object, externalId }: Pick<Target, 'provider' | 'object' | 'externalId'>,
  code: string,
): Promise<void> =>
  audit.write({
    actorType: 'system',
    actorId: 'erasure',
    tenantId,
    action: 'erasure.manual_required',
    provider,
    object,
    externalId,
    requestId: id,
    phase: 'outcome',
    code,
  })

/** All targets are settled: once more the provider is asked, and what it has besides is deleted too. */
const closing = async (run: Run, taken: Taken): Promise<void> => {
  const { store } = run
  const { added, isLater } = await search(run, taken)
  if (isLater) return
  if (added > 0) return store.move(taken, 'deleting', { afterMs: 0, attempts: 0 })
  if ((await store.waiting(taken)) > 0) return store.move(taken, 'waiting')
  await completing(run, taken)
}

/** The certificate, the audit row and the end of what was kept for it. */
const completing = async ({ deps, store }: Run, taken: Taken): Promise<void> => {
  const entry = { actorType: 'system', actorId: 'erasure', tenantId: taken.tenantId, requestId: taken.id } as const
  await deps.audit.write({ ...entry, action: 'erasure.completed', phase: 'intent', externalId: taken.id })
  await store.within(taken, async (client) => {
    const certificate = signed(deps.signingKey, await certificateOf(client, taken))
    await client.query(
      `update erasure set state = 'done', keys = null, key_id = null, certificate = $3, completed_at = now()
       where tenant_id = $1 and id = $2`,
      [taken.tenantId, taken.id, JSON.stringify(certificate)],
    )
    await client.query(
      `update erasure_target set external_id = null, key_id = null, subjects = '{}' where tenant_id = $1 and erasure_id = $2`,
      [taken.tenantId, taken.id],
    )
  })
  await deps.audit.write({ ...entry, action: 'erasure.completed', phase: 'outcome', code: 'ok', externalId: taken.id })
}
