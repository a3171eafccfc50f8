import t from 'tap'
import { openDatabase } from '../../core/store/database.ts'
import { planConfig } from '../../core/switches/config-plan.ts'
import { tellOfProcess } from '../../core/switches/processes.ts'
import { freshDatabase } from '../support/database.ts'
import { driverFolders } from '../support/driver-folders.ts'

t.test('a plan tells what is switched, upgraded and refused, and that nothing runs', async (t) => {
  const { root, add, edit } = await driverFolders(t)
  await add('lantern')
  await add('beacon')
  const database = await openDatabase({ url: await freshDatabase(t) })
  t.teardown(() => database.close())
  const plan = (providers = {}) => planConfig({ folders: [root], providers }, database)
  t.match(await plan(), {
    processes: [],
    isRefused: false,
    changes: [{ provider: 'beacon', kind: 'on', now: null, after: 'on' }, {}],
  })
  const standing = (slug: string) => ({ slug, state: 'on' as const, version: 'before' })
  const told = { id: '3f2a91bc-0000-4000-8000-000000000000', label: 'vorel-3f2a91bc', config: 'other', inFlight: { lantern: 2 } }
  await tellOfProcess(database.pool, { ...told, drivers: [standing('lantern'), standing('beacon')] })
  await edit('lantern', ['manifest.ts', 'contractVersion: 1', 'contractVersion: 9'])
  const { processes, changes, isRefused } = await plan({ beacon: false })
  t.match(processes, [{ label: 'vorel-3f2a91bc', hasThisConfig: false }])
  t.match(changes, [
    { provider: 'beacon', kind: 'off', inFile: false },
    { provider: 'lantern', kind: 'none', now: 'on', after: 'on', inFlight: 2, refusals: [/contractVersion is 9/] },
  ])
  t.equal(isRefused, true)
  t.match((await plan()).changes[0], { provider: 'beacon', kind: 'upgraded' })
})
