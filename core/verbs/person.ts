import type { Fields } from '../../schemas/field.ts'
import { VorelError } from '../errors.ts'
import type { Subjects } from '../subjects.ts'
import type { Progress } from './parts.ts'
import { type Plan, slotOf } from './plan.ts'

const PHONE_WORDS = new Set(['phone', 'mobile', 'cell', 'tel', 'telephone', 'fax', 'whatsapp', 'msisdn', 'sms'])
const isEmail = (value: string): boolean => /^[^\s@]+@[^\s@]+$/.test(value.trim())

/** `lead.WorkPhone__c` -> lead, work, phone, c */
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+|(?<=[a-z])(?=\d)/)

const isPhoneName = (name: string): boolean => wordsOf(name).some((word) => PHONE_WORDS.has(word) || word.endsWith('phone'))

type Tenant = Parameters<Subjects['of']>[0]

/**
 * Keyed hashes of the phones and e-mails among a create's fields: a phone is told by its slot's name or its field's at the provider, an e-mail
 * by what it looks like. They find the operation again when the person is to be forgotten.
 */
export const subjectsIn = (
  subjects: Subjects,
  tenant: Tenant,
  { object, fields }: { object: string; fields: Fields },
  { write }: Pick<Plan, 'write'>,
): Buffer[] => {
  const found = Object.entries(fields).flatMap(([name, value]) => {
    const texts = [value].flat().filter((text) => typeof text === 'string' && text.trim() !== '') as string[]
    const isPhone = isPhoneName(name) || isPhoneName(write.get(slotOf(object, name))?.field ?? '')
    return texts.flatMap((text) =>
      isEmail(text) ? subjects.of(tenant, { email: text }) : isPhone ? subjects.of(tenant, { phone: text }) : [],
    )
  })
  return [...new Map(found.map((hash) => [hash.toString('hex'), hash])).values()]
}

/** The same of the records that a create made. */
export const subjectsMade = (subjects: Subjects, tenant: Tenant, progress: Progress): Buffer[] =>
  Object.values(progress).flatMap(({ external_id }) => subjects.of(tenant, { external_id }))

/** What a key stands for whose create was forgotten. */
export const erased = () =>
  new VorelError(
    'erased',
    'This idempotency_key stands for a create about a person who was forgotten since. Create anew under another key, with a new consent.',
  )
