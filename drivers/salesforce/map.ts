import Type, { type Static } from 'typebox'
import { VorelError } from '../../core/driver.ts'
import { Nullable } from '../../schemas/text.ts'
import type { Ctx } from './call.ts'
import { type Native, nativeOf, type ObjectName } from './manifest.ts'

const Text = Type.Optional(Nullable(Type.String()))
/** `2026-09-11T13:27:39.000+0000`: the offset has no colon. */
const Moment = Type.Optional(
  Nullable(Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:?\\d\\d)$' })),
)

export const Row = Type.Object({
  attributes: Type.Object({ type: Type.String() }),
  Id: Type.String({ pattern: '^[A-Za-z0-9]{15,18}$' }),
  Name: Text,
  Email: Text,
  Phone: Text,
  MobilePhone: Text,
  HomePhone: Text,
  OtherPhone: Text,
  CreatedDate: Moment,
  SystemModstamp: Moment,
})
export type Row = Static<typeof Row>

export const PHONES = ['Phone', 'MobilePhone', 'HomePhone', 'OtherPhone'] as const
const PERSON_PHONES: Record<Native, readonly (typeof PHONES)[number][]> = {
  Contact: PHONES,
  Lead: ['Phone', 'MobilePhone'],
  Opportunity: [],
}
const TIMES = ['CreatedDate', 'SystemModstamp']

/** Every field that answers are made of. */
export const READ: Record<Native, readonly string[]> = {
  Contact: ['Id', 'Name', 'Email', ...PERSON_PHONES.Contact, ...TIMES],
  Lead: ['Id', 'Name', 'Email', ...PERSON_PHONES.Lead, ...TIMES],
  Opportunity: ['Id', 'Name', ...TIMES],
}

const listIn = (fact: string | undefined): string[] => fact?.split(',') ?? []

/** Those of them that the connected user may see: one that is hidden makes a whole statement fail. */
export const readableFields = ({ facts }: Ctx, object: ObjectName): string[] => {
  const hidden = listIn(facts[`hidden.${object}`])
  return READ[nativeOf(object)].filter((field) => !hidden.includes(field))
}

export const readablePhones = (ctx: Ctx, object: ObjectName): string[] =>
  readableFields(ctx, object).filter((field) => (PHONES as readonly string[]).includes(field))

/** Whether the org has the object, and the user may see it. */
export const isVisible = ({ facts }: Ctx, object: ObjectName): boolean => !listIn(facts.missing).includes(object)

const PREFIX: Record<Native, string> = { Contact: '003', Lead: '00Q', Opportunity: '006' }
const ID = /^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/

export const isIdOf = (object: string, external_id: string): boolean =>
  ID.test(external_id) && external_id.startsWith(PREFIX[nativeOf(object)])

/** The id, or "no such record" for what no record of the object can have. */
export const idOf = (object: string, external_id: string): string => {
  if (isIdOf(object, external_id)) return external_id
  throw new VorelError(
    'record_not_found',
    `Salesforce has no such record: ids of ${nativeOf(object)} begin with ${PREFIX[nativeOf(object)]} and have 15 or 18 characters.`,
  )
}

export const recordUrl = ({ facts }: Ctx, object: string, id: string): string | null =>
  facts.instance_url ? `${facts.instance_url.replace(/\/+$/, '')}/lightning/r/${nativeOf(object)}/${id}/view` : null
