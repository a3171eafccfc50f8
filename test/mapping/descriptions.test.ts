import t from 'tap'
import { storeDescription } from '../../core/admin/fields.ts'
import type { FieldDescription } from '../../schemas/field.ts'
import { startSandbox, startService } from '../support/service.ts'

const field = (name: string, more: Partial<FieldDescription> = {}): FieldDescription => ({
  name,
  label: name,
  type: 'string',
  required: false,
  writable: true,
  custom: false,
  ...more,
})

const begin = async (t: Parameters<typeof startService>[0]) => {
  const service = await startService(t)
  await service.tenant('acme', { sandbox: await startSandbox(t) })
  const { database } = service.app
  const { rows } = await database.pool.query('select id from connection')
  const id = { tenantId: 'acme', provider: 'memory', connectionId: String(rows[0].id), object: 'lead' }
  const version = async () => (await database.pool.query('select mapping_version as v from connection')).rows[0].v
  const kept = async () => (await database.pool.query('select * from field_description')).rows
  return { database, id, version, kept }
}

t.test('a description that says something new moves the version of the mapping, and one that does not leaves it', async (t) => {
  const { database, id, version, kept } = await begin(t)
  const stage = field('stage', { type: 'option', options: [{ value: 'a', label: 'What? {?}' }] })
  t.equal(await storeDescription(database, id, { fields: [field('name'), stage] }), true)
  t.equal(await version(), 1)
  const [{ described_at: first }] = await kept()
  t.equal(await storeDescription(database, id, { fields: [stage, field('name')] }), false, 'another order is nothing new')
  t.equal(await version(), 1)
  const [after] = await kept()
  t.ok(after.described_at > first, 'but it was looked at')
  t.match(after, { object: 'lead', connection_id: id.connectionId, is_open: false, fields: [stage, field('name')] })

  t.equal(await storeDescription(database, id, { fields: [stage, field('name')], isOpen: true }), true)
  t.equal(await storeDescription(database, id, { fields: [field('name')], isOpen: true }), true)
  t.equal(await version(), 3)
})

t.test('what PostgreSQL cannot keep is left out of a label, and is nothing new the next time', async (t) => {
  const { database, id, kept } = await begin(t)
  const odd = { fields: [field('name', { label: 'A\0B\ud800' })] }
  t.equal(await storeDescription(database, id, odd), true)
  t.equal(await storeDescription(database, id, odd), false)
  t.match(await kept(), [{ fields: [{ label: 'AB\ufffd' }] }])
})

t.test('nothing is kept of a connection that is gone', async (t) => {
  const { database, id, version, kept } = await begin(t)
  const gone = { ...id, connectionId: '00000000-0000-4000-8000-000000000000' }
  t.equal(await storeDescription(database, gone, { fields: [field('name')] }), false)
  t.same([await version(), await kept()], [0, []])
})

t.test('of many that store the same at once, one finds something new', async (t) => {
  const { database, id, version } = await begin(t)
  const stored = await Promise.all(Array.from({ length: 8 }, () => storeDescription(database, id, { fields: [field('name')] })))
  t.equal(stored.filter(Boolean).length, 1)
  t.equal(await version(), 1)
})
