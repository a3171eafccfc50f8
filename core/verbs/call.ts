import type { Caller, CallOptions } from '../caller.ts'
import type { DriverContext } from '../driver.ts'
import { isVorelError, VorelError } from '../errors.ts'
import { NONE } from '../observe/labels.ts'
import type { Attributes } from '../observe/tracer.ts'
import { Deadline } from '../outbound/deadline.ts'
import type { AuditEntry } from '../store/audit.ts'
import { type Connected, connectionOf } from './connection.ts'
import type { Deps } from './deps.ts'
import { resolveObject } from './objects.ts'

/** One call on its way: who, to what, by when. */
export interface Call {
  caller: Caller
  verb: string
  connected: Connected
  object: string
  deadline: Deadline
  /** Runs something at the provider, and counts its time. */
  atProvider<T>(run: (ctx: DriverContext) => Promise<T>): Promise<T>
  entry(phase: AuditEntry['phase'], more?: Partial<AuditEntry>): AuditEntry
}

interface Outline {
  verb: string
  /** As the caller names it; none for verbs that are about customers. */
  object?: string
  fields?: string[]
  externalId?: string
}

/** What stands around every call: connection, object, deadline; and when it fails, its audit row. */
export const withCall = <T>(
  deps: Deps,
  caller: Caller,
  options: CallOptions,
  outline: Outline,
  run: (call: Call) => Promise<T>,
): Promise<T> => {
  const attributes = { 'vorel.verb': outline.verb, 'vorel.request_id': caller.requestId }
  return deps.tracer.span('own', outline.verb, attributes, (tell) => observed({ deps, caller, options, outline, tell }, run))
}

interface Asked {
  deps: Deps
  caller: Caller
  options: CallOptions
  outline: Outline
  tell(attributes: Attributes): void
}

const observed = async <T>({ deps, caller, options, outline, tell }: Asked, run: (call: Call) => Promise<T>): Promise<T> => {
  const startedAt = performance.now()
  const deadline = new Deadline(options.deadlineMs)
  const state = {
    providerMs: 0,
    attempts: 0,
    object: outline.object ?? 'customer',
    provider: caller.access.connection?.provider ?? '',
  }
  const entry: Call['entry'] = (phase, more) => ({
    actorType: caller.actorType,
    actorId: caller.actorId,
    tenantId: caller.access.tenant.id,
    action: outline.verb,
    provider: state.provider || null,
    object: state.object,
    externalId: outline.externalId ?? null,
    requestId: caller.requestId,
    conversationId: caller.conversationId,
    phase,
    fields: outline.fields ?? null,
    ...more,
  })
  let code = 'ok'
  let isAudited = false
  let left = () => {}
  try {
    const connected = connectionOf(deps, caller.access)
    left = deps.drivers.inFlight.begin(connected.driver)
    if (outline.object !== undefined) state.object = resolveObject(connected.driver.manifest, outline.object)
    const atProvider: Call['atProvider'] = async (work) => {
      const beganAt = performance.now()
      const onAttempt = () => {
        state.attempts += 1
      }
      try {
        return await work(
          deps.outbound.context(connected.driver, await connected.open(deadline.signal), {
            deadline,
            log: options.log,
            onAttempt,
          }),
        )
      } finally {
        state.providerMs += performance.now() - beganAt
      }
    }
    return await run({ caller, verb: outline.verb, connected, object: state.object, deadline, atProvider, entry })
  } catch (error) {
    const failure = asFailure(error)
    code = failure.error.code
    isAudited = failure.isAudited
    if (!isAudited) await deps.audit.write(entry('outcome', { code }))
    throw failure.error
  } finally {
    left()
    deadline.done()
    tell({ 'vorel.provider': state.provider || NONE, 'vorel.code': code, 'vorel.attempts': state.attempts })
    deps.observe({
      verb: outline.verb,
      provider: state.provider,
      code,
      ms: performance.now() - startedAt,
      providerMs: state.providerMs,
      attempts: state.attempts,
      tenantId: caller.access.tenant.id,
      requestId: caller.requestId,
    })
  }
}

/** A failure whose audit row is written already. */
export class Audited extends Error {
  readonly error: VorelError

  constructor(error: VorelError) {
    super(error.message)
    this.error = error
  }
}

const asFailure = (error: unknown): { error: VorelError; isAudited: boolean } =>
  error instanceof Audited ? { error: error.error, isAudited: true } : { error: ours(error), isAudited: false }

/** Whatever was thrown, as an error of ours: a driver's slip may have come after it sent something. */
export const ours = (error: unknown): VorelError =>
  isVorelError(error)
    ? error
    : new VorelError('internal', 'Something failed inside Vorel; its log says more under this request id.', {
        effect: 'unknown',
        cause: error,
      })
