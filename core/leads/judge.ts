import type { Manifest } from '../../schemas/manifest.ts'
import { type ErrorCode, isVorelError, type VorelError } from '../errors.ts'
import type { Settlement } from '../store/leads.ts'
import type { Operation } from '../store/operations.ts'
import type { Created } from '../verbs/create.ts'

/** What is to become of a lead after a try. */
export type Verdict = ({ isOver: true } & Settlement) | ({ isOver: false; afterMs: number } & Omit<Settlement, 'state'>)

/** The CRM, or its mapping, does not take this lead; others it may take. */
const REFUSED: readonly ErrorCode[] = [
  'field_invalid',
  'field_unmapped',
  'record_conflict',
  'record_not_found',
  'object_unsupported',
  'provider_reserved',
  'idempotency_key_reused',
  'invalid_request',
  'forbidden',
]
/** A fault of ours may be this one lead's: it must not hold up the others for ever. */
const MOST_FAULTS = 10
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 300_000

/** Doubles, and spreads over its upper half, so that tenants of one provider do not come back at one moment. */
export const waitMs = (failures: number, random = Math.random): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 20)) * (0.5 + random() / 2)

const nothing = { external_id: null, record_url: null }

export const doneWith = (provider: string | null, { external_id, record_url }: Created): Verdict => ({
  isOver: true,
  state: 'done',
  provider,
  external_id,
  record_url,
  error_code: null,
  error_detail: null,
})

/** `operation`: what is known of its create; null: none was begun. */
export const judge = (
  error: VorelError,
  { provider, operation, failures }: { provider: string | null; operation: Operation | null; failures: number },
): Verdict => {
  const why = { provider, ...nothing, error_code: error.code, error_detail: error.message }
  const isOpen = operation?.state === 'sent' || operation?.state === 'claimed'
  if (operation?.state === 'outcome_unknown') return { isOver: true, state: 'outcome_unknown', ...why }
  const isRefused = REFUSED.includes(error.code) || (error.code === 'internal' && failures >= MOST_FAULTS)
  if (isRefused && !isOpen) return { isOver: true, state: 'refused', ...why }
  const asked = Math.max((error.retryAfterSeconds ?? 0) * 1_000, isOpen ? operation.leaseSeconds * 1_000 : 0)
  return { isOver: false, afterMs: Math.max(asked, waitMs(failures)), ...why }
}

/** Where leads go at a provider that has none: to the people they are about. */
const INSTEAD: Readonly<Record<string, string>> = { lead: 'contact' }

export const objectAt = ({ objects }: Manifest, object: string): string => {
  const instead = INSTEAD[object]
  const isKnown =
    Object.hasOwn(objects, object) || Object.values(objects).some(({ aliases }) => aliases?.includes(object) === true)
  return !isKnown && instead !== undefined && Object.hasOwn(objects, instead) ? instead : object
}

export const isDone = (operation: Operation | null): operation is Operation & { response: Buffer } =>
  operation?.state === 'done' && operation.response !== null

export const codeOf = (error: unknown): string => (isVorelError(error) ? error.code : 'internal')
