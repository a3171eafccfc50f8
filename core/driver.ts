/** The front door for drivers: all that a driver imports besides the schemas and its own folder. */
import Type, { type Static } from 'typebox'
import type { DescribeObjectOutput } from '../schemas/field.ts'
import type { FormFields, Manifest } from '../schemas/manifest.ts'
import type { CrmRecord } from '../schemas/record.ts'
import type {
  AssociateInput,
  AssociateOutput,
  CreateRecordInput,
  CreateRecordOutput,
  CustomerKey,
  DeleteRecordInput,
  DeleteRecordOutput,
  FindByReferenceInput,
  FindByReferenceOutput,
  ListRecentInput,
  ListRecentOutput,
  LookupCustomerInput,
  LookupCustomerOutput,
  OpenSessionOutput,
  ReadField,
  ReadFields,
  SearchRecordsInput,
  SearchRecordsOutput,
  TestConnectionOutput,
  UpdateRecordInput,
  UpdateRecordOutput,
} from '../schemas/verbs.ts'
import { isVorelError, type VorelError } from './errors.ts'

export { type ErrorCode, VorelError } from './errors.ts'
export { path } from './path.ts'
export { samePhone, toE164 } from './phone.ts'
export { fromLocal, isZone, toLocal } from './zone.ts'
export type { Manifest }

export type TSecret = Type.TString & { secret: true }

/** A form field that is stored encrypted and never shown again. */
export const Secret = (options: { title?: string; description?: string; minLength?: number; maxLength?: number } = {}): TSecret =>
  Type.String({ minLength: 1, maxLength: 4096, ...options, secret: true }) as TSecret

type Properties<M extends Manifest> = M['auth']['fields'] extends { properties: infer P extends Type.TProperties } ? P : never
type SecretNames<P> = { [K in keyof P]: P[K] extends { secret: true } ? K : never }[keyof P]
export type Credentials<M extends Manifest> = Static<Type.TObject<Pick<Properties<M>, SecretNames<Properties<M>>>>>
export type Settings<M extends Manifest> = Static<Type.TObject<Omit<Properties<M>, SecretNames<Properties<M>>>>>

export const isSecret = (schema: Type.TSchema): boolean => (schema as { secret?: boolean }).secret === true
export const formProperties = (fields: FormFields): Record<string, Type.TSchema> => fields.properties

export type Query = Record<string, string | number | boolean | undefined>

export interface RawRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Relative to the manifest's `baseUrl`; empty for the base itself. */
  path: string
  query?: Query
  headers?: Record<string, string>
  /** Sent byte for byte. */
  body?: string | Uint8Array
  /** Reads only: sent again after a lost answer or a 502, 503 or 504, while the deadline lasts. */
  isRead?: boolean
}

export interface RawAnswer {
  status: number
  /** Names in lower case. */
  headers: Record<string, string>
  body: Buffer
}

/** What a provider answered that is no success, for a driver to name by our codes. */
export interface Refusal extends RawAnswer {
  /** The body as JSON, or undefined where it is none. */
  json: unknown
}

/**
 * The way to the provider: signed in, timed, throttled, and repeated where that is safe. Each answer is held against `shape`
 * (which lists only what is read; more is welcome). Statuses of 300 and over are thrown as `VorelError`, by `refusal` of the driver
 * where it has an opinion, else by status: 401 and 403 `auth_error`, 404 `record_not_found`, 409 `record_conflict`, 400 and 422 `field_invalid`,
 * 429 `provider_rate_limited`, others `provider_unavailable`.
 */
export interface Http {
  get<S extends Type.TSchema>(path: string, shape: S, query?: Query): Promise<Static<S>>
  /** A read that has to be a POST at this provider. */
  query<S extends Type.TSchema>(path: string, shape: S, body: unknown): Promise<Static<S>>
  post<S extends Type.TSchema>(path: string, shape: S, body: unknown): Promise<Static<S>>
  put<S extends Type.TSchema>(path: string, shape: S, body: unknown): Promise<Static<S>>
  patch<S extends Type.TSchema>(path: string, shape: S, body: unknown): Promise<Static<S>>
  delete(path: string, query?: Query): Promise<void>
  /** For dialects that are not JSON over REST. Gives every answer below 300; the rest is thrown as above. */
  raw(request: RawRequest): Promise<RawAnswer>
  /** Holds a value that came by `raw` against a shape. */
  decode<S extends Type.TSchema>(shape: S, value: unknown): Static<S>
}

export interface DriverLog {
  debug(fields: Record<string, string | number | boolean>, message: string): void
  warn(fields: Record<string, string | number | boolean>, message: string): void
}

export interface DriverContext<M extends Manifest = Manifest> {
  http: Http
  /** What the operator entered at connect, less the secrets. */
  settings: Settings<M>
  /** For what the outbound layer cannot apply by itself (signatures over a body, credentials inside a call). */
  credentials: Credentials<M>
  /** What `testConnection` found out when the tenant was connected (`facts`): versions, dialects. */
  facts: Readonly<Record<string, string>>
  /** `region`: ISO 3166 country of phone numbers written without one. */
  tenant: { id: string; region: string }
  /** Unique to this call and the same for all requests made within it. Never what the caller sent, which may be anything. */
  callId: string
  deadline: { remainingMs(): number; signal: AbortSignal }
  log: DriverLog
}

type Verb<M extends Manifest, I, O> = (ctx: DriverContext<M>, input: I) => Promise<O>

/** The verbs all drivers have. */
interface CommonVerbs<M extends Manifest> {
  manifest: M
  testConnection(ctx: DriverContext<M>): Promise<TestConnectionOutput>
  /** `null` says "nobody"; a failure is thrown. The oldest of equals first, so that it is the same one each time: `firstMatch`. */
  lookupCustomer: Verb<M, LookupCustomerInput, LookupCustomerOutput>
  searchRecords: Verb<M, SearchRecordsInput, SearchRecordsOutput>
  createRecord: Verb<M, CreateRecordInput, CreateRecordOutput>
  updateRecord: Verb<M, UpdateRecordInput, UpdateRecordOutput>
  listRecent: Verb<M, ListRecentInput, ListRecentOutput>
  /**
   * Names what the provider refused by our codes; undefined: the status decides. Must hold no person's data. Without `effect: 'unknown'`
   * it says that nothing happened: the key of a create is free again, so say it only of answers that the provider gives before it acts.
   */
  refusal?(refusal: Refusal): VorelError | undefined
  /** With a session: ends the token that `http` is signed in with, where the provider can. */
  closeSession?(ctx: DriverContext<M>): Promise<void>
}

type When<Flag, Present> = Flag extends true ? Present : { [K in keyof Present]?: never }

type HasSession<M extends Manifest> = M['auth'] extends { session: object } ? true : false

/** Verbs that a manifest promises must be there, and others must not. */
export type Driver<M extends Manifest = Manifest> = CommonVerbs<M> &
  When<M['capabilities']['supportsDelete'], { deleteRecord: Verb<M, DeleteRecordInput, DeleteRecordOutput> }> &
  When<M['capabilities']['supportsDescribe'], { describeObject: Verb<M, { object: string }, DescribeObjectOutput> }> &
  When<M['capabilities']['supportsAssociate'], { associate: Verb<M, AssociateInput, AssociateOutput> }> &
  When<HasSession<M>, { openSession(ctx: DriverContext<M>): Promise<OpenSessionOutput> }> &
  When<
    M['idempotency'] extends 'search' ? true : false,
    { findByReference: Verb<M, FindByReferenceInput, FindByReferenceOutput> }
  >

/** A driver whose manifest is known at run time only. */
export interface AnyDriver extends CommonVerbs<Manifest> {
  deleteRecord?: Verb<Manifest, DeleteRecordInput, DeleteRecordOutput>
  describeObject?: Verb<Manifest, { object: string }, DescribeObjectOutput>
  findByReference?: Verb<Manifest, FindByReferenceInput, FindByReferenceOutput>
  associate?: Verb<Manifest, AssociateInput, AssociateOutput>
  openSession?(ctx: DriverContext): Promise<OpenSessionOutput>
}

/** Declares a driver; the compiler holds the verbs against the manifest. */
export const defineDriver = <const M extends Manifest>(driver: Driver<M>): AnyDriver => driver as unknown as AnyDriver

type Hits = Promise<readonly CrmRecord[] | CrmRecord | null> | undefined | false | '' | null

/** Whom the first of the keys finds that finds anybody: phone before e-mail before id. All are asked at once. */
export const firstMatch = async (asked: Record<CustomerKey, Hits>): Promise<LookupCustomerOutput> => {
  const keys = ['phone', 'email', 'external_id'] as const
  const answers = await Promise.all(keys.map((key) => asked[key] || null))
  const found = answers.map((answer) => (answer === null ? [] : Array.isArray(answer) ? [...answer] : [answer as CrmRecord]))
  const at = found.findIndex((customers) => customers.length > 0)
  const [matched_by, customers] = [keys[at], found[at]]
  return matched_by && customers ? { matched_by, customers } : null
}

/** The fields of an object to read beside the usual ones. */
export const readOf = ({ read }: { read?: ReadFields }, object: string): readonly ReadField[] => read?.[object] ?? []

/** The answer, or null where the provider has no such record. */
export const orNull = async <T>(asked: Promise<T>): Promise<T | null> => {
  try {
    return await asked
  } catch (error) {
    if (isVorelError(error) && error.code === 'record_not_found') return null
    throw error
  }
}
