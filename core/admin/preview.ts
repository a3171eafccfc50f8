import { randomUUID } from 'node:crypto'
import type { Fields } from '../../schemas/field.ts'
import type { MappingTest, PreviewedRequest, PreviewedValue } from '../../schemas/mapping.ts'
import type { VorelError } from '../errors.ts'
import { Deadline } from '../outbound/deadline.ts'
import { type CaughtRequest, dryRun } from '../outbound/dry-run.ts'
import type { Database } from '../store/database.ts'
import { Mappings, NO_MAPPING } from '../store/mappings.ts'
import { ours } from '../verbs/call.ts'
import { type Conversion, conversions, type Given, mapFields, type Part, partsOf, refuseEmptyFirst } from '../verbs/mapping.ts'
import { resolveObject } from '../verbs/objects.ts'
import { type Plan, planOf } from '../verbs/plan.ts'
import { referenceOf } from '../verbs/reference.ts'
import { type AdminDeps, audited } from './actor.ts'
import { type ConnectedTenant, connectedTenant } from './fields.ts'
import type { MappingActor } from './mappings.ts'

export interface PreviewOptions extends MappingActor {
  object: string
  fields: Fields
}

const PREVIEW_MS = 20_000
const silent = { debug: () => undefined, warn: () => undefined }

/** Shows what a create would make of these values, and the requests that it would send. None that writes is sent. */
export const previewMapping = async (
  deps: AdminDeps,
  database: Database,
  { object: name, fields, ...by }: PreviewOptions,
): Promise<MappingTest> => {
  const tenant = await connectedTenant(deps, database, by.tenantId)
  const { manifest } = tenant.driver
  const object = resolveObject(manifest, name)
  const { requestId } = by
  const about = { provider: manifest.slug, object, fields: Object.keys(fields), ...(requestId && { requestId }) }
  return audited(deps, by, { action: 'mapping.tested', ...about }, async () => {
    const plan = await planFor(database, tenant, object)
    const given = { object, fields, zone: tenant.row.facts.time_zone }
    const all = conversions(given, plan)
    const parts = partsOf(all, plan)
    const shown = await requestsOf(deps, tenant, parts)
    const refusal = refusalOf(tenant, given, plan) ?? shown.refusal
    return {
      provider: manifest.slug,
      object,
      conversions: all.map((one) => previewed(one, tenant.row.onUnmapped)),
      requests: shown.requests,
      not_shown: shown.notShown,
      would_be_refused: refusal ? { code: refusal.code, detail: refusal.message } : null,
    }
  })
}

const planFor = async (database: Database, { tenantId, driver, row }: ConnectedTenant, object: string): Promise<Plan> => {
  const { manifest } = driver
  const id = { tenantId, provider: row.provider, connectionId: row.id, version: row.mappingVersion }
  const defaults = [...planOf(manifest, object, NO_MAPPING).write.values()].map((place) => `${place.object}.${place.field}`)
  return planOf(manifest, object, await new Mappings(database.pool).of(id, defaults))
}

const previewed = ({ slot, given, place, converted }: Conversion, onUnmapped: 'refuse' | 'skip'): PreviewedValue => ({
  slot,
  given,
  path: place ? `${place.object}.${place.field}` : null,
  type: place?.type ?? null,
  value: converted?.value ?? null,
  fault: place
    ? (converted?.fault ?? null)
    : `is not mapped: a create ${onUnmapped === 'skip' ? 'leaves it out' : 'is refused for it'}`,
})

/** What a create with these values answers before it asks anybody. */
const refusalOf = ({ row }: ConnectedTenant, given: Given, plan: Plan): VorelError | undefined => {
  try {
    return void refuseEmptyFirst(given.object, mapFields(given, plan, row.onUnmapped))
  } catch (error) {
    return ours(error)
  }
}

interface ShownRequests {
  requests: PreviewedRequest[]
  notShown: string[]
  /** Of a driver, before it wrote anything. */
  refusal?: VorelError
}

/** A record after the other, each by the driver's own create. */
const requestsOf = async (deps: AdminDeps, tenant: ConnectedTenant, parts: Part[]): Promise<ShownRequests> => {
  const shown: ShownRequests = { requests: [], notShown: [] }
  const key = `preview:${randomUUID()}`
  for (const [at, part] of parts.entries()) {
    const named = at === 0 ? { key, name: key } : { key: `${key}:${part.object}`, name: `${key}\n${part.object}` }
    const input = { ...part, idempotency_key: named.key, reference: referenceOf(tenant.tenantId, named.name) }
    if (Object.keys(part.fields).length === 0) shown.notShown.push(`A request for the ${part.object}: no value goes there.`)
    else add(shown, part.object, await runDry(deps, tenant, input))
  }
  const [first, ...others] = parts.map(({ object }) => object)
  if (others.length)
    shown.notShown.push(`How the ${first} is associated with the ${others.join(' and the ')}: it takes the ids of both.`)
  if (shown.requests.length)
    shown.notShown.push(
      'What a driver sends after the answer to a request shown, where it sends more: it depends on that answer.',
    )
  return shown
}

type Run = { caught: CaughtRequest; error?: never } | { caught: null; error: VorelError | null }

const add = (shown: ShownRequests, object: string, { caught, error }: Run): void => {
  if (caught) {
    const { method, path, contentType, body } = caught
    shown.requests.push({ object, method, path, content_type: contentType, body })
  } else shown.notShown.push(`The request for the ${object}: ${error?.message ?? 'the driver ended without one that writes.'}`)
  if (error) shown.refusal ??= error
}

const runDry = async (
  { outbound }: AdminDeps,
  { driver, open }: ConnectedTenant,
  input: Part & { idempotency_key: string; reference: string },
): Promise<Run> => {
  const connection = await open()
  const deadline = new Deadline(PREVIEW_MS)
  const { ctx, caught } = dryRun(outbound.context(driver, connection, { deadline, log: silent }), driver, connection)
  try {
    await driver.createRecord(ctx, input)
    return ended(caught(), null)
  } catch (error) {
    return ended(caught(), ours(error))
  } finally {
    deadline.done()
  }
}

/** What was thrown after a request was caught is about having been stopped. */
const ended = (caught: CaughtRequest | null, error: VorelError | null): Run => (caught ? { caught } : { caught, error })
