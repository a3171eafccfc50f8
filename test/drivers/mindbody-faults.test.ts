import t from 'tap'
import mindbody from '../../drivers/mindbody/driver.ts'
import { APPOINTMENT, CLIENT } from '../../drivers/mindbody/fields.ts'
import type { FieldType } from '../../schemas/field.ts'
import { ADA, create, errorOf, idsBy, open, openThat, refused, update } from './mindbody/site.ts'

const refusalOf = (status: number, json: unknown) => mindbody.refusal?.({ status, json, headers: {}, body: Buffer.from('') })
const meaning = (status: number, Code: string, Message?: string) => refusalOf(status, errorOf(status, Code, Message).body)

const CODES: Record<string, string> = {
  InvalidSourceCredentials: 'auth_error',
  InvalidSiteId: 'auth_error',
  DeniedAccess: 'auth_error',
  InvalidUserCredentials: 'auth_error',
  InvalidStaffCredentials: 'auth_error',
  InvalidUserAccessLevel: 'auth_error',
  ClientNotFound: 'record_not_found',
  ClassVisitNotFound: 'record_not_found',
  MissingRequiredFields: 'field_invalid',
  InvalidParameter: 'field_invalid',
  ValidationFailed: 'field_invalid',
  InvalidClientCreation: 'record_conflict',
  InvalidClientUpdate: 'record_conflict',
  ClientIsAlreadyBooked: 'record_conflict',
  ClassSignUpsFull: 'field_invalid',
  InvalidBookingTime: 'field_invalid',
  SchedulingWindowViolated: 'field_invalid',
  PaymentRequired: 'field_invalid',
  SQLDBMaintenance: 'provider_unavailable',
  Unknown: 'provider_unavailable',
  TooManyRequests: 'provider_rate_limited',
}

t.test('errors are known by their code, whatever their status, and quote nothing', async (t) => {
  for (const [Code, code] of Object.entries(CODES))
    for (const status of [400, 401, 403, 404, 500]) {
      const error = meaning(status, Code)
      t.equal(error?.code, code, `${Code} ${status}`)
      t.notMatch(`${error?.message} ${error?.fields}`, /Ada|Lovelace|example|555/, Code)
      t.equal(error?.effect, code === 'provider_unavailable' ? 'unknown' : 'none', Code)
    }
})

t.test('only a refused staff sign-in is worth a fresh token', async (t) => {
  for (const Code of Object.keys(CODES))
    t.equal(meaning(401, Code)?.isExpired ?? false, /^Invalid(User|Staff)Credentials$/.test(Code), Code)
  t.equal(refusalOf(401, { Error: { Message: 'Missing API key' } })?.isExpired, false)
})

t.test('names of fields in an error are told, what only looks like one is not', async (t) => {
  const error = meaning(400, 'InvalidParameter', 'MobilePhone 4155550100 of Ada, EmergContact, constructor, StartDateTime')
  t.strictSame(error?.fields?.toSorted(), [
    'EmergencyContactInfoEmail',
    'EmergencyContactInfoName',
    'EmergencyContactInfoPhone',
    'EmergencyContactInfoRelationship',
    'MobilePhone',
    'StartDateTime',
  ])
})

t.test('an error without a word that is known is left to its status', async (t) => {
  for (const json of [
    undefined,
    null,
    'text',
    {},
    { Message: 'An error has occurred.' },
    { Error: null },
    { Error: { Code: 'constructor' } },
    { Error: { Code: 5 } },
  ])
    t.equal(refusalOf(500, json), undefined, JSON.stringify(json) ?? 'none')
})

t.test('a 500 without a word leaves it open what happened to a create, and is an error of a lookup', async (t) => {
  let isBroken = false
  const crm = await openThat(t, () => (isBroken ? { status: 500, body: { Message: 'An error has occurred.' } } : undefined))
  isBroken = true
  t.match(await refused(create(crm, 'contact', ADA)), { code: 'provider_unavailable', effect: 'unknown' })
  t.match(await refused(idsBy(crm, { email: ADA.Email })), { code: 'provider_unavailable' })
})

t.test('what staff keep for themselves leaves by no verb, whatever is asked for', async (t) => {
  const crm = await open(t)
  const external_id = await create(crm, 'contact', ADA)
  const names = [
    'ClientCreditCard',
    'RedAlert',
    'YellowAlert',
    'Notes',
    'LastFormulaNotes',
    'AccountBalance',
    'Liability',
    'constructor',
    '__proto__',
    'CustomClientFields',
    'CustomClientFields.x',
    'CustomClientFields.999999999',
    'Gone',
  ]
  const read = { contact: names.map((field) => ({ field, type: 'string' as FieldType })) }
  const answers = [
    await mindbody.lookupCustomer(crm.call(), { external_id, email: ADA.Email, phone: ADA.MobilePhone, read }),
    await mindbody.searchRecords(crm.call(), { object: 'contact', query: 'Ada', limit: 5, read }),
    await mindbody.listRecent(crm.call(), { object: 'contact', since: '2026-01-01T00:00:00.000Z', limit: 5, read }),
  ]
  for (const answer of answers) {
    const text = JSON.stringify(answer)
    t.match(text, external_id)
    t.notMatch(text, /private|4242|12\.5|Visa/i)
  }
  const [found] = answers
  const fields = found && 'customers' in found ? Object.values(found.customers[0]?.fields ?? {}) : []
  t.ok(fields.length > 10 && fields.every((value) => value === null))
  for (const name of ['Notes', 'RedAlert', 'ClientCreditCard']) t.notOk(name in CLIENT)
  t.ok(APPOINTMENT.Notes?.isHidden)
  t.match(await refused(update(crm, 'contact', external_id, { Notes: 'x' })), { code: 'field_invalid' })
})

t.test('hostile names of fields are fields of nobody, in every write', async (t) => {
  const crm = await open(t)
  const external_id = await create(crm, 'contact', ADA)
  const before = crm.sandbox.writes().length
  for (const name of [
    '__proto__',
    'toString',
    'Client',
    'CrossRegionalUpdate',
    'NewId',
    'ReactivateInactiveClient',
    'Test',
    'UniqueId',
    'CustomClientFields.1e9',
  ])
    for (const asked of [create(crm, 'contact', { ...ADA, [name]: true }), update(crm, 'contact', external_id, { [name]: true })])
      t.match(await refused(asked), { code: 'field_invalid', fields: [name] }, name)
  t.equal(crm.sandbox.writes().length, before)
})

t.test('nothing is deleted, and it is said what can be done instead', async (t) => {
  const { capabilities } = mindbody.manifest
  t.equal(capabilities.supportsDelete, false)
  t.equal(mindbody.deleteRecord, undefined)
  t.match(capabilities.insteadOfDelete, /Active to false.+Status to Cancelled/)
})
