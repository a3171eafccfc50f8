import { randomUUID } from 'node:crypto'
import type { Fields } from '../../schemas/verbs.ts'
import type { Caller } from '../caller.ts'
import { VorelError } from '../errors.ts'
import type { Accepted, Lead, Leads } from '../store/leads.ts'
import type { PersonKeys } from '../subjects.ts'
import { leadOf } from '../vault/keyring.ts'
import type { Deps } from '../verbs/deps.ts'
import { fingerprintOf } from '../verbs/reference.ts'

export interface LeadInput {
  object: string
  fields: Fields
  /** Without one each call is a lead of its own. */
  idempotency_key?: string | undefined
}

export type Kept = Accepted & { lead: Lead }

/** Keeps a lead, sealed, with its audit row: from here on it is not lost, whatever becomes of the CRM or of this process. */
export const acceptLead = async (
  deps: Pick<Deps, 'keyring' | 'subjects'>,
  leads: Leads,
  { access: { tenant }, actorType, actorId, requestId, conversationId }: Caller,
  { object, fields, idempotency_key }: LeadInput,
): Promise<Kept> => {
  const id = randomUUID()
  const fingerprint = fingerprintOf(object, fields)
  const idempotencyKey = idempotency_key ?? id
  const accepted = await leads.accept({
    tenantId: tenant.id,
    id,
    idempotencyKey,
    fingerprint,
    object,
    payload: await deps.keyring.seal(fields, leadOf(tenant.id, id)),
    keyId: deps.keyring.currentId,
    subjects: personsIn(fields).flatMap((person) => deps.subjects.of(tenant, person)),
    accepted: {
      actorType,
      actorId,
      tenantId: tenant.id,
      action: 'lead.accepted',
      object,
      externalId: id,
      requestId,
      conversationId,
      phase: 'outcome',
      code: 'ok',
      fields: Object.keys(fields),
    },
  })
  const lead = accepted.lead ?? (await leads.findByKey(tenant.id, idempotencyKey))
  if (!lead) throw new Error('A lead of this key stands in the way and cannot be read')
  return { ...accepted, lead }
}

/** The key was used before, for something else. */
export const isAnother = ({ lead, isNew }: Kept, { object, fields }: LeadInput): boolean =>
  !isNew && !lead.fingerprint.equals(fingerprintOf(object, fields))

export const reused = () =>
  new VorelError(
    'idempotency_key_reused',
    'This idempotency_key was used for a lead with another payload. Send the first payload again, or choose a new key.',
  )

/** Whoever is reached by one of the fields. */
const personsIn = (fields: Fields): PersonKeys[] =>
  Object.entries(fields).flatMap(([name, value]): PersonKeys[] => {
    if (typeof value !== 'string' || value === '') return []
    if (/phone|mobile/i.test(name)) return [{ phone: value }]
    return /e_?mail/i.test(name) ? [{ email: value }] : []
  })
