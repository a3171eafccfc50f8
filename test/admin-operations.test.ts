import { join } from 'node:path'
import t, { type Test } from 'tap'
import { adoptRecord, declareNotCreated, listUnknown } from '../core/admin/operations.ts'
import { startProvider } from './faults/provider.ts'
import { claimOf, finishOf } from './store/rows.ts'
import { operatorToken, type Service, startSandbox, startService } from './support/service.ts'
import { ROOT } from './support/sources.ts'

const ADA = { actorType: 'platform_operator', actorId: 'ada' } as const
const PATH = '/v1/crm/create-record'
const body = (idempotency_key: string) => ({ object: 'lead', fields: { name: 'Ada Lovelace' }, idempotency_key })

/** A tenant at a provider that cannot tell what became of a create, with one whose answer was lost. */
const lost = async (t: Test) => {
  const provider = await startProvider()
  t.teardown(() => provider.close())
  const driverFolders = [join(ROOT, 'test/faults/drivers')]
  const service = await startService(t, { driverFolders })
  const sandbox = { settings: { url: provider.url }, credentials: {} } as never
  const key = await service.tenant('acme', { provider: 'none_class', sandbox })
  const held = provider.holdNext('stored')
  const answer = service.post(PATH, key, body('conv_1:turn_2'))
  ;(await held).drop()
  t.match(await answer, { status: 504, body: { code: 'outcome_unknown' } })
  return { provider, service, key }
}

/** The same at a CRM that can look people up, as the table has it. */
const unknownContact = async (t: Test) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox })
  const made = await service.post(PATH, key, { object: 'contact', fields: { name: 'Ada' }, idempotency_key: 'there' })
  const { operations } = service.app.pipeline
  await operations.claim(claimOf('k', { object: 'contact' }))
  await operations.finish(finishOf('k', 1, { state: 'outcome_unknown', response: null, errorCode: 'provider_timeout' }))
  return { service, key, externalId: made.body.external_id as string }
}

const audited = async ({ app }: Service, action: string) =>
  (
    await app.database.pool.query(
      'select phase, code, external_id, actor_id, object from audit_log where action = $1 order by seq',
      [action],
    )
  ).rows

t.test(
  'what nobody could find out is listed, and adopted by its id: repeats are answered with it, and nothing is sent',
  async (t) => {
    const { provider, service, key } = await lost(t)
    const operator = await operatorToken()
    const listed = await service.get('/api/operations?tenant_id=acme', operator)
    t.match(listed, {
      status: 200,
      body: { operations: [{ tenant_id: 'acme', idempotency_key: 'conv_1:turn_2', object: 'lead' }] },
    })
    t.equal(listed.body.operations.length, 1)
    const [record = ''] = provider.records('Ada Lovelace')
    const path = `/api/operations/acme/${encodeURIComponent('conv_1:turn_2')}`
    const adopted = await service.post(`${path}/adopt`, operator, { external_id: record })
    t.match(adopted, { status: 200, body: { state: 'done', result: { external_id: record }, is_verified: false } })
    const repeated = await service.post(PATH, key, body('conv_1:turn_2'))
    t.match(repeated, { status: 201, body: { external_id: record } })
    t.equal(repeated.headers.get('idempotent-replayed'), 'true')
    t.equal(provider.writes('Ada Lovelace'), 1)
    t.match(await audited(service, 'operation.adopted'), [
      { phase: 'intent', code: null, external_id: record, actor_id: 'ada', object: 'lead' },
      { phase: 'outcome', code: 'ok' },
    ])
    t.same((await service.get('/api/operations', operator)).body, { operations: [] })
    const again = await service.post(`${path}/adopt`, operator, { external_id: 'another' })
    t.match(again, { status: 409, body: { code: 'operation_settled' } }, 'what was answered is not taken back')
  },
)

t.test('declared not created, the key is free and a repeat sends it again', async (t) => {
  const { provider, service, key } = await lost(t)
  const operator = await operatorToken()
  t.match(await service.post(PATH, key, body('conv_1:turn_2')), { body: { code: 'outcome_unknown' } })
  t.equal(provider.writes('Ada Lovelace'), 1)
  const declared = await service.post('/api/operations/acme/conv_1:turn_2/not-created', operator, {})
  t.match(declared, { status: 200, body: { state: 'failed' } })
  t.match(await service.get('/v1/crm/operations/conv_1:turn_2', key), { body: { state: 'failed', error_code: 'not_created' } })
  t.match(await service.post(PATH, key, body('conv_1:turn_2')), { status: 201 })
  t.equal(provider.writes('Ada Lovelace'), 2)
  t.match(await audited(service, 'operation.not_created'), [{ phase: 'intent' }, { phase: 'outcome', code: 'ok' }])
})

t.test('of people the CRM is asked first: one that it does not have is not adopted', async (t) => {
  const { service, externalId } = await unknownContact(t)
  const { pipeline: deps, database } = service.app
  const id = { tenantId: 'acme', idempotencyKey: 'k' }
  await t.rejects(adoptRecord(deps, database, ADA, { ...id, externalId: '99' }), { code: 'record_not_found' })
  t.match(await audited(service, 'operation.adopted'), [{ phase: 'intent' }, { phase: 'outcome', code: 'record_not_found' }])
  t.equal((await listUnknown(database, 'acme')).length, 1)
  const adopted = await adoptRecord(deps, database, ADA, { ...id, externalId })
  t.match(adopted, { is_verified: true, result: { external_id: externalId, record_url: /contacts/ } })
})

t.test('of two operators who decide at once one does, and a late answer changes nothing', async (t) => {
  const { service, key, externalId } = await unknownContact(t)
  const { pipeline: deps, database } = service.app
  const id = { tenantId: 'acme', idempotencyKey: 'k' }
  const decisions = await Promise.allSettled([
    adoptRecord(deps, database, ADA, { ...id, externalId }),
    declareNotCreated(deps, database, { ...ADA, actorId: 'grace' }, id),
  ])
  const refused = decisions.flatMap((decision) => (decision.status === 'rejected' ? [decision.reason] : []))
  t.match(refused, [{ code: 'operation_settled' }])
  const before = (await service.get('/v1/crm/operations/k', key)).body
  t.equal(await deps.operations.finish(finishOf('k', 1)), false)
  t.same((await service.get('/v1/crm/operations/k', key)).body, before)
})

t.test('a decision about a create that does not wait, is none, or is another tenant’s is refused', async (t) => {
  const { service } = await unknownContact(t)
  const { pipeline: deps, database } = service.app
  await service.tenant('other')
  const decide = (tenantId: string, idempotencyKey: string) =>
    declareNotCreated(deps, database, ADA, { tenantId, idempotencyKey })
  await t.rejects(decide('acme', 'there'), { code: 'operation_settled' })
  await t.rejects(decide('acme', 'nothing'), { code: 'operation_not_found' })
  await t.rejects(decide('other', 'k'), { code: 'operation_not_found' })
  t.same(await listUnknown(database, 'other'), [])
  t.equal((await listUnknown(database)).length, 1)
})

t.test('of a create of several records the one in doubt is named, and the answer has them all', async (t) => {
  const { service, key } = await unknownContact(t)
  const { pipeline: deps, database } = service.app
  await deps.operations.claim(claimOf('several'))
  const made = { contact: { external_id: '7', record_url: null, fingerprint: 'x' } }
  const sealed = await deps.keyring.seal(made, ['progress', 'acme', 'several'])
  await deps.operations.note({ tenantId: 'acme', idempotencyKey: 'several' }, 1, 'sent', sealed)
  await deps.operations.finish(finishOf('several', 1, { state: 'outcome_unknown', response: null }))
  const options = { tenantId: 'acme', idempotencyKey: 'several', externalId: '12' }
  for (const object of [undefined, 'contact'])
    await t.rejects(adoptRecord(deps, database, ADA, { ...options, object }), {
      code: 'invalid_request',
      message: /contact of this create/,
    })
  await adoptRecord(deps, database, ADA, { ...options, object: 'lead' })
  t.match((await service.get('/v1/crm/operations/several', key)).body, {
    state: 'done',
    result: { external_id: '7', associated: [{ object: 'lead', external_id: '12' }] },
  })
})
