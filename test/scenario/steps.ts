import { randomUUID } from 'node:crypto'
import type { FieldDescription, FieldType, FieldValue } from '../../schemas/field.ts'
import type { Manifest } from '../../schemas/manifest.ts'
import type { Answer, Party } from './world.ts'

/** What the scenario knows of its person by now. */
export interface Person {
  object: string
  fields: Record<string, FieldValue>
  /** The tenant's own field, its slot and what is written there. */
  own: { slot: string; field: string; value: FieldValue }
  externalId: string
}

/** What a step says of itself where there is more to say than that it holds. */
type Step = (party: Party, person: Person) => Promise<string | undefined>

class Broken extends Error {}

const holds = (claim: boolean, what: string, { status, body }: Pick<Answer, 'status' | 'body'>): void => {
  if (!claim) throw new Broken(`${what}: ${status} ${JSON.stringify(body).slice(0, 300)}`)
}

const connect: Step = async ({ operate, sandbox, manifest }) => {
  const { settings, credentials } = sandbox
  const connected = await operate('POST', 'connection', { provider: manifest.slug, settings, credentials })
  if (connected.status === 201) return undefined
  holds(connected.status === 202, 'connecting', connected)
  // The person in the sandbox's browser always consents, and is sent back to the service.
  const consent = await fetch(connected.body.authorize_url, { redirect: 'manual' })
  await (await fetch(consent.headers.get('location') ?? '')).text()
  const signIn = await operate('GET', `connection/sign-ins/${connected.body.flow_id}`)
  holds(signIn.body.status === 'done', 'the sign-in', signIn)
  return undefined
}

const lookUp = async ({ call }: Party, keys: object): Promise<Answer> => {
  const found = await call('lookup-customer', keys)
  holds(found.status === 200, 'the lookup', found)
  return found
}

const nobody: Step = async (party) => {
  const found = await lookUp(party, { phone: '(415) 555-0100' })
  holds(found.body.customer === null, 'nobody is there yet', found)
  return undefined
}

/** A field that nothing given goes to: one of the account's own where it has one, else one that is nobody's default. */
const map: Step = async ({ operate, manifest }, person) => {
  const described = await operate('GET', `fields/${person.object}`)
  holds(described.status === 200, 'the fields', described)
  const own = fieldOf(described.body.fields, person, manifest)
  const field = own ? own.path : `${person.object}.scenario`
  person.own = { slot: 'scenario', field, value: sampleOf(own?.type ?? 'string') }
  const mapped = await operate('POST', 'mappings', { set: [{ slot: `${person.object}.scenario`, field }] })
  holds(mapped.status === 200, 'the mapping', mapped)
  const preview = await operate('POST', 'mappings/test', { object: person.object, fields: given(person) })
  holds(preview.status === 200 && !preview.body.would_be_refused, 'the mapping without writing', preview)
  return field
}

type Listed = FieldDescription & { object?: string }
const VALUES: Partial<Record<FieldType, FieldValue>> = {
  string: 'blue',
  text: 'blue',
  number: 1234.5,
  integer: 42,
  date: '2026-05-01',
}
const sampleOf = (type: FieldType): FieldValue => VALUES[type] ?? 'blue'

const fieldOf = (fields: Listed[], { object, fields: given }: Person, { objects }: Manifest) => {
  const records = objects[object]?.standsFor ?? object
  const defaults = Object.entries(objects[object]?.fields ?? {})
  const taken = defaults.flatMap(([slot, { field }]) => (slot in given ? field : []))
  const isPlain = ({ name, options, type }: Listed) => !options && type in VALUES && !/id$|phone|fax/i.test(name)
  const isGood = (field: Listed) =>
    field.writable && isPlain(field) && !taken.includes(field.name) && (field.object ?? records) === records
  const rank = ({ name, custom }: Listed) => (custom ? 0 : defaults.some(([, { field }]) => field === name) ? 2 : 1)
  const [best] = fields.filter(isGood).sort((a, b) => rank(a) - rank(b))
  return best && { path: `${records}.${best.name}`, type: best.type }
}

const given = ({ fields, own }: Person) => ({ ...fields, [own.slot]: own.value })

const create: Step = async ({ call, sandbox, manifest }, person) => {
  const body = { object: person.object, fields: given(person), idempotency_key: randomUUID() }
  const created = await call('create-record', body)
  holds(created.status === 201, 'the create', created)
  person.externalId = created.body.external_id
  const again = await call('create-record', body)
  holds(again.body.external_id === person.externalId, 'the same create again', again)
  const records = sandbox.records(manifest.objects[person.object]?.standsFor ?? person.object)
  holds(records.length === 1, `${records.length} records at the provider`, again)
  const further = (created.body.associated ?? []).map(({ object }: { object: string }) => `+ ${object}`)
  return further.join(' ') || undefined
}

const found: Step = async (party, { externalId, own }) => {
  const answer = await lookUp(party, { phone: '415-555-0100' })
  const { customer, matched_by, match_count } = answer.body
  holds(customer?.external_id === externalId, 'the person by phone', answer)
  holds(matched_by === 'phone' && match_count === 1, 'how it matched', answer)
  holds(customer.custom?.[own.slot] === own.value, `the value of ${own.field}`, answer)
  return undefined
}

const update: Step = async (party, { object, externalId }) => {
  const email = 'countess@example.test'
  const updated = await party.call('update-record', { object, external_id: externalId, fields: { email } })
  holds(updated.status === 200, 'the update', updated)
  const answer = await lookUp(party, { external_id: externalId })
  holds(answer.body.customer?.email === email, 'the new address', answer)
  return undefined
}

const isAmong = (records: { external_id: string }[] | undefined, { externalId }: Person): boolean =>
  records?.some(({ external_id }) => external_id === externalId) ?? false

const recent: Step = async ({ call }, person) => {
  const listed = await call('list-recent', { object: person.object })
  holds(listed.status === 200 && isAmong(listed.body.records, person), 'the recent records', listed)
  return undefined
}

const search: Step = async ({ call }, person) => {
  const matched = await call('search-records', { object: person.object, query: 'Lovelace' })
  holds(matched.status === 200 && isAmong(matched.body.matches, person), 'the search', matched)
  return undefined
}

const erase: Step = async (party, { object, externalId }) => {
  const erased = await party.operate('DELETE', `records/${object}/${externalId}`)
  if (!party.manifest.capabilities.supportsDelete) {
    holds(erased.status === 409 && erased.body.code === 'delete_unsupported', 'the refusal to delete', erased)
    return 'delete_unsupported'
  }
  holds(erased.status === 200, 'the erasure', erased)
  const answer = await lookUp(party, { external_id: externalId })
  holds(answer.body.customer === null, 'nobody is left', answer)
  return erased.body.hard_deleted ? 'for good' : 'to the bin'
}

export const STEPS: Record<string, Step> = {
  connect,
  'nobody by phone': nobody,
  map,
  create,
  'found by phone': found,
  update,
  'list recent': recent,
  search,
  erase,
}
