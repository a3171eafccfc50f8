import t from 'tap'
import { openDesk } from './desk.ts'

const ADA = { name: 'Ada Lovelace', phone: '(415) 555-0100', email: 'ada@example.test' }
const OTHER = { name: 'Grace Hopper', phone: '(415) 555-0199', email: 'grace@example.test' }

t.test('who is forgotten is gone here and at the CRM, and nobody else is', async (t) => {
  const { service, sandbox, key, operator, create, forget, until } = await openDesk(t)
  await create('ada-1', ADA)
  await create('ada-2', { ...ADA, email: 'countess@example.test' }, 'lead')
  const other = await create('grace', OTHER)
  t.equal(sandbox.records('contact').length + sandbox.records('lead').length, 3)

  const begun = await forget({ phone: '+1 415 555 0100' })
  t.match(begun, { status: 202, body: { tenant_id: 'acme', keys_given: ['phone'], requested_by: 'ada' } })
  const done = await until(begun.body.id, 'done')
  t.match(done, { scrubbed: { crm_operation: 2 }, waiting: 0, certificate: { certificate: { tenant_id: 'acme' } } })
  t.same(
    done.targets
      .map(({ object, state, hard_deleted, external_id }: Record<string, unknown>) => [object, state, hard_deleted, external_id])
      .sort(),
    [
      ['contact', 'deleted', true, null],
      ['lead', 'deleted', true, null],
    ],
  )
  t.same([sandbox.records('contact').length, sandbox.records('lead').length], [1, 0])
  t.match(await create('ada-1', ADA), { status: 410, body: { code: 'erased', retryable: false } })
  t.match(await service.get('/v1/crm/operations/ada-1', key), { status: 410, body: { code: 'erased' } })
  t.match(await create('grace', OTHER), { status: 201, body: { external_id: other.body.external_id } })

  t.match(await create('ada-3', ADA), { status: 201 }, 'with a new consent the same person may come again')
  t.equal(sandbox.records('contact').length, 2)
  t.match((await service.get('/api/tenant/forget?tenant_id=acme', operator)).body, { erasures: [{ state: 'done', targets: 2 }] })
})
