import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startDemo } from '../core/demo.ts'
import { startService } from './support/service.ts'

t.test('the demo tenant can create a record; where its provider is off there is no demo, and no failure', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'vorel-demo-'))
  t.teardown(() => rm(dataDir, { recursive: true }))
  const service = await startService(t)
  const demo = await startDemo(service.app, 'memory', dataDir)
  t.teardown(() => demo?.close())
  const body = { object: 'lead', fields: { name: 'Ada' }, idempotency_key: demo?.idempotencyKey }
  t.match(await service.post('/v1/crm/create-record', demo?.apiKey ?? '', body), { status: 201 })

  const afresh = await startService(t)
  const again = await startDemo(afresh.app, 'memory', dataDir)
  t.teardown(() => again?.close())
  t.not(again?.apiKey, demo?.apiKey, 'a key kept from another database is made anew')
  t.match(await afresh.post('/v1/crm/create-record', again?.apiKey ?? '', body), { status: 201 })

  const without = await startService(t, { providers: { memory: false } })
  t.equal(await startDemo(without.app, 'memory', dataDir), null)
})
