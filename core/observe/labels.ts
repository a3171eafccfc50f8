import { ERRORS } from '../errors.ts'

/** What a label may be: a value that is none of these is told as `other`, so that nobody outside makes labels grow. */
export const OTHER = 'other'
/** Where a tenant has no provider connected. */
export const NONE = 'none'

export const VERBS = ['create_record', 'update_record', 'lookup_customer', 'search_records', 'list_recent', 'delete_record']
export const CODES = ['ok', ...Object.keys(ERRORS)]
export const RENEWAL_OUTCOMES = ['ok', 'dead', 'app', 'throttled', 'unreachable']
export const DRIFT_KINDS = ['removed', 'renamed', 'retyped', 'read_only', 'required']
/** Whose limit was hit: ours on callers, or the provider's (its own word, or the budget that was declared of it). */
export const LIMITS = ['caller', 'provider']
export const OPERATION_STATES = ['claimed', 'sent', 'outcome_unknown']
export const JOB_STATES = ['deferred', 'queued', 'active', 'failed']
export const POOL_STATES = ['open', 'in_use', 'waiting']

export const oneOf = (known: readonly string[]): ((value: string) => string) => {
  const all = new Set(known)
  return (value) => (all.has(value) ? value : OTHER)
}
