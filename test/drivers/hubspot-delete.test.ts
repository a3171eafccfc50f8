import t, { type Test } from 'tap'
import { isVorelError } from '../../core/errors.ts'
import hubspot from '../../drivers/hubspot/driver.ts'
import startSandbox from '../../drivers/hubspot/sandbox.ts'
import { type Crm, connect, reference } from '../contract/connect.ts'

const open = (t: Test, variant = ''): Promise<Crm> => connect(t, hubspot, (options) => startSandbox({ ...options, variant }))

const FIELDS = { contact: { email: 'ada@example.test' }, deal: { dealname: 'Kitchen' }, ticket: { subject: 'Leak' } }
type ObjectName = keyof typeof FIELDS

const add = async (crm: Crm, object: ObjectName): Promise<string> => {
  const ref = reference()
  const input = { object, fields: FIELDS[object], reference: ref, idempotency_key: ref }
  return (await hubspot.createRecord(crm.call(), input)).external_id
}

const remove = (crm: Crm, object: string, external_id: string, on_delete?: string) => {
  const ctx = crm.call()
  const settings = on_delete === undefined ? ctx.settings : { on_delete }
  return hubspot.deleteRecord?.({ ...ctx, settings }, { object, external_id })
}

const codeOf = async (asked: Promise<unknown> | undefined): Promise<string> =>
  Promise.resolve(asked).then(
    () => 'no error',
    (error: unknown) => (isVorelError(error) ? error.code : String(error)),
  )

const inBin = async (crm: Crm, native: string, id: string): Promise<number> => {
  const { access_token } = crm.tokens?.granted.tokens ?? {}
  const url = `${crm.sandbox.url}/crm/objects/2026-09/${native}/${id}?archived=true`
  return (await fetch(url, { headers: { authorization: `Bearer ${access_token}` } })).status
}

for (const variant of ['', 'repeat-404'])
  t.test(
    `a deleted record is in the bin, and not deleted twice${variant && ', whatever HubSpot says to the second'}`,
    async (t) => {
      const crm = await open(t, variant)
      for (const [object, native] of [
        ['contact', 'contacts'],
        ['deal', 'deals'],
        ['ticket', 'tickets'],
      ] as const) {
        const id = await add(crm, object)
        t.strictSame(await remove(crm, object, id), { deleted: true, hard_deleted: false })
        t.equal(await inBin(crm, native, id), 200, object)
        t.equal(await codeOf(remove(crm, object, id)), 'record_not_found')
      }
    },
  )

t.test('with on_delete gdpr a contact is gone for good, from the bin too, and other objects are archived', async (t) => {
  const crm = await open(t)
  const contact = await add(crm, 'contact')
  t.strictSame(await remove(crm, 'contact', contact, 'gdpr'), { deleted: true, hard_deleted: true })
  t.equal(await inBin(crm, 'contacts', contact), 404)
  t.equal(await codeOf(remove(crm, 'contact', contact, 'gdpr')), 'record_not_found')

  const binned = await add(crm, 'contact')
  await remove(crm, 'contact', binned)
  t.strictSame(await remove(crm, 'contact', binned, 'gdpr'), { deleted: true, hard_deleted: true })
  t.equal(await inBin(crm, 'contacts', binned), 404)

  const deal = await add(crm, 'deal')
  t.strictSame(await remove(crm, 'deal', deal, 'gdpr'), { deleted: true, hard_deleted: false })
})

t.test('a delete never goes by address: one that nobody has would be blocked for ever', async (t) => {
  const crm = await open(t)
  for (const id of ['ada@example.test', 'gdpr-delete', '0'])
    t.equal(await codeOf(remove(crm, 'contact', id, 'gdpr')), 'record_not_found', id)
  t.strictSame(
    crm.sandbox.requests.filter(({ path }) => path.endsWith('gdpr-delete')),
    [],
  )
  t.ok(await add(crm, 'contact'), 'the address is free')
})

t.test('a record in the bin is not changed, not listed and not found', async (t) => {
  const crm = await open(t)
  const id = await add(crm, 'contact')
  await remove(crm, 'contact', id)
  const update = { object: 'contact', external_id: id, fields: { city: 'London' } }
  t.equal(await codeOf(hubspot.updateRecord(crm.call(), update)), 'record_not_found')
  t.equal(await hubspot.lookupCustomer(crm.call(), { email: 'ada@example.test' }), null)
  const since = new Date(Date.now() - 60_000).toISOString()
  t.strictSame(await hubspot.listRecent(crm.call(), { object: 'contact', since, limit: 5 }), { records: [] })
})
