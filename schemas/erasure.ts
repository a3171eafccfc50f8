import Type, { type Static } from 'typebox'
import { Nullable, Text } from './text.ts'
import { CustomerKey } from './verbs.ts'

export const ForgetRequest = Type.Object(
  {
    tenant_id: Type.String({ minLength: 1, maxLength: 63 }),
    phone: Type.Optional(Text({ minLength: 3, maxLength: 40 })),
    email: Type.Optional(Text({ minLength: 3, maxLength: 320 })),
    external_id: Type.Optional(Text({ minLength: 1, maxLength: 255, description: 'The record id at the provider' })),
  },
  { additionalProperties: false, description: 'Whoever any of the keys finds is forgotten' },
)
export type ForgetRequest = Static<typeof ForgetRequest>

export const ErasureParams = Type.Object({ id: Type.String({ format: 'uuid' }) })
export type ErasureParams = Static<typeof ErasureParams>

export const TargetParams = Type.Object({ ...ErasureParams.properties, n: Type.String({ pattern: '^[1-9][0-9]{0,5}$' }) })
export type TargetParams = Static<typeof TargetParams>

export const ErasureQuery = Type.Object({ tenant_id: Type.Optional(Type.String({ minLength: 1, maxLength: 63 })) })
export type ErasureQuery = Static<typeof ErasureQuery>

const ErasureState = Type.Enum(['requested', 'scrubbed', 'deleting', 'waiting', 'done'], {
  description: '`waiting`: for a person, who resolves what is left or has it tried again',
})

const TargetState = Type.Enum(['pending', 'deleted', 'already_absent', 'manual_required', 'failed'])

/** A record at the provider that is to go; without an id: a person whom nobody could look up. */
export const ErasureTarget = Type.Object({
  n: Type.Integer(),
  provider: Type.String(),
  object: Type.String(),
  external_id: Nullable(Type.String({ description: 'While it is needed' })),
  state: TargetState,
  hard_deleted: Nullable(Type.Boolean({ description: 'False: it is in a bin, from which the provider removes it later' })),
  reason: Nullable(Type.String({ description: 'Why a person has to look: an error code' })),
  instead_of_delete: Nullable(Type.String({ description: 'What a person can do' })),
  attempts: Type.Integer(),
  resolved_by: Nullable(Type.String()),
  updated_at: Type.String({ format: 'date-time' }),
})
export type ErasureTarget = Static<typeof ErasureTarget>

const Counted = Type.Object({
  provider: Type.String(),
  object: Type.String(),
  state: Type.String(),
  by: Type.Enum(['vorel', 'person']),
  count: Type.Integer(),
  hard_deleted: Type.Integer({ description: 'How many of them are gone for good and in no bin' }),
})

/** What was done, without a word of whom it was done for. */
export const Certificate = Type.Object({
  format: Type.Literal('vorel-erasure-certificate/1'),
  erasure_id: Type.String(),
  tenant_id: Type.String(),
  requested_at: Type.String(),
  requested_by: Type.Object({ type: Type.String(), id: Type.String() }),
  completed_at: Type.String(),
  keys_given: Type.Array(CustomerKey),
  scrubbed: Type.Record(Type.String(), Type.Integer(), { description: 'Rows, by table' }),
  targets: Type.Array(Counted),
  versions: Type.Object({ vorel: Type.String(), driver_contract: Type.Integer() }),
})
export type Certificate = Static<typeof Certificate>

export const SignedCertificate = Type.Object({
  certificate: Certificate,
  signature: Type.Object({
    algorithm: Type.Literal('Ed25519'),
    key_id: Type.String(),
    public_key: Type.String({ description: 'SubjectPublicKeyInfo, base64' }),
    value: Type.String({ description: 'Over the canonical JSON (RFC 8785) of `certificate`, base64' }),
  }),
})
export type SignedCertificate = Static<typeof SignedCertificate>

export const ListedErasure = Type.Object({
  id: Type.String(),
  tenant_id: Type.String(),
  state: ErasureState,
  keys_given: Type.Array(CustomerKey),
  requested_by: Type.String(),
  targets: Type.Integer(),
  waiting: Type.Integer({ description: 'Targets that wait for a person' }),
  created_at: Type.String({ format: 'date-time' }),
  completed_at: Nullable(Type.String({ format: 'date-time' })),
})
export type ListedErasure = Static<typeof ListedErasure>

export const ShownErasure = Type.Object({
  ...Type.Omit(ListedErasure, ['targets']).properties,
  scrubbed: Type.Record(Type.String(), Type.Integer()),
  targets: Type.Array(ErasureTarget),
  certificate: Nullable(SignedCertificate),
})
export type ShownErasure = Static<typeof ShownErasure>
