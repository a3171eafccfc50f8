import { join } from 'node:path'
import t from 'tap'
import { discover } from '../core/discover.ts'
import { buildRegistry } from '../core/registry.ts'
import { driverFolders, type Edit } from './support/driver-folders.ts'

const registryOf = async (roots: string[], providers: Record<string, boolean> = {}) =>
  buildRegistry({ found: await discover(roots), providers })

t.test('a copy of memory under another slug, its manifest alone changed, is on', async (t) => {
  const { root, add } = await driverFolders(t)
  await add('lantern')
  const registry = await registryOf([root])
  t.match(registry.list(), [{ slug: 'lantern', state: 'on', refusals: [], folder: join(root, 'lantern') }])
  t.equal(registry.get('lantern').manifest.slug, 'lantern')
})

const withoutVerb = /async listRecent\([\s\S]*?\n {2}\},\n/

/** One fault each: the edit, and what must be said of it. */
const FAULTS: Record<string, { edits: Edit[]; field: string; reason: RegExp; remedy: RegExp }> = {
  other_slug: {
    edits: [['manifest.ts', "'other_slug'", "'elsewhere'"]],
    field: 'slug',
    reason: /'elsewhere'.*'other_slug'/,
    remedy: /rename the folder/,
  },
  contract: {
    edits: [['manifest.ts', 'contractVersion: 1', 'contractVersion: 99']],
    field: 'contractVersion',
    reason: /99.*speaks 1/,
    remedy: /release/,
  },
  no_verb: { edits: [['driver.ts', withoutVerb, '']], field: 'listRecent', reason: /not there/, remedy: /Write the verb/ },
  no_delete: {
    edits: [['driver.ts', 'async deleteRecord(', 'async eraseRecord(']],
    field: 'deleteRecord',
    reason: /promised.*not there/,
    remedy: /capability off/,
  },
  hidden_delete: {
    edits: [['manifest.ts', 'supportsDelete: true', 'supportsDelete: false']],
    field: 'deleteRecord',
    reason: /there although/,
    remedy: /capability on/,
  },
  no_search: {
    edits: [['manifest.ts', "idempotency: 'native'", "idempotency: 'search'"]],
    field: 'searchLagMs',
    reason: /missing/,
    remedy: /milliseconds/,
  },
  bad_host: {
    edits: [['manifest.ts', "hosts: 'tenant'", "hosts: ['https://api.example.com/']"]],
    field: 'hosts',
    reason: /api\.example\.com/,
    remedy: /host name/,
  },
  wide_host: {
    edits: [['manifest.ts', "hosts: 'tenant'", "hosts: ['*.com']"]],
    field: 'hosts',
    reason: /\*\.com/,
    remedy: /host name/,
  },
  unknown_field: {
    edits: [['manifest.ts', "hosts: 'tenant',", "hosts: 'tenant', hots: [],"]],
    field: 'hots',
    reason: /not known/,
    remedy: /schemas\/manifest/,
  },
  wrong_type: {
    edits: [['manifest.ts', 'concurrency: 64', "concurrency: 'many'"]],
    field: 'limits.concurrency',
    reason: /integer/,
    remedy: /Correct/,
  },
  plain_form: {
    edits: [['manifest.ts', /fields: Type\.Object\(\{[\s\S]*?\n {4}\}\),\n/, 'fields: { url: 1 },\n']],
    field: 'auth.fields',
    reason: /TypeBox/,
    remedy: /Type\.Object/,
  },
  wrong_name: {
    edits: [['manifest.ts', '{api_key}', '{api_kye}']],
    field: 'auth.signIn',
    reason: /api_kye/,
    remedy: /form|auth\.fields/,
  },
  stands_for_nothing: {
    edits: [['manifest.ts', "native: 'leads',", "native: 'leads', standsFor: 'person',"]],
    field: 'objects.lead.standsFor',
    reason: /'person'/,
    remedy: /Name one/,
  },
  stands_for_itself: {
    edits: [['manifest.ts', "native: 'leads',", "native: 'leads', standsFor: 'lead',"]],
    field: 'objects.lead.standsFor',
    reason: /no object with records of its own/,
    remedy: /Name one/,
  },
  leads_nowhere: {
    edits: [
      [
        'manifest.ts',
        "move_in: { field: 'move_in', type: 'date' }",
        "move_in: { field: 'move_in', type: 'date', object: 'deal' }",
      ],
      ['manifest.ts', 'supportsAssociate: false', 'supportsAssociate: true'],
    ],
    field: 'objects.lead.fields.move_in.object',
    reason: /'deal'/,
    remedy: /Name one/,
  },
  leads_apart: {
    edits: [
      [
        'manifest.ts',
        "move_in: { field: 'move_in', type: 'date' }",
        "move_in: { field: 'move_in', type: 'date', object: 'contact' }",
      ],
    ],
    field: 'objects.lead.fields',
    reason: /supportsAssociate is off/,
    remedy: /associate/,
  },
  associates_nothing: {
    edits: [['manifest.ts', 'supportsAssociate: false', 'supportsAssociate: true']],
    field: 'associate',
    reason: /not there/,
    remedy: /Write the verb/,
  },
  session_unopened: {
    edits: [
      [
        'manifest.ts',
        "signIn: { header: 'authorization', value: 'Bearer {api_key}' }",
        "signIn: { header: 'authorization', value: 'Bearer {access_token}' }, session: { needs: ['api_key'] }",
      ],
    ],
    field: 'openSession',
    reason: /not there/,
    remedy: /Write the verb/,
  },
  session_of_nothing: {
    edits: [
      [
        'manifest.ts',
        "signIn: { header: 'authorization', value: 'Bearer {api_key}' }",
        "signIn: [{ header: 'authorization', value: 'Bearer {access_token}' }], session: { needs: ['password'] }",
      ],
    ],
    field: 'auth.session.needs',
    reason: /'password'/,
    remedy: /Correct/,
  },
  session_unused: {
    edits: [
      [
        'manifest.ts',
        "signIn: { header: 'authorization', value: 'Bearer {api_key}' }",
        "signIn: [{ header: 'authorization', value: 'Bearer {api_key}' }], session: { needs: ['api_key'] }",
      ],
    ],
    field: 'auth.session',
    reason: /access_token/,
    remedy: /where the token goes/,
  },
  throws: {
    edits: [['manifest.ts', 'export const manifest', "throw new Error('out of order')\nexport const manifest"]],
    field: 'manifest.ts',
    reason: /out of order/,
    remedy: /Mend/,
  },
  no_export: {
    edits: [['manifest.ts', 'export const manifest', 'export const manifesto']],
    field: 'manifest',
    reason: /object/,
    remedy: /manifest\.ts/,
  },
  broken_text: {
    edits: [['manifest.ts', 'export const manifest =', 'export const manifest = = =']],
    field: 'manifest.ts',
    reason: /cannot be read/,
    remedy: /Mend/,
  },
  driver_throws: {
    edits: [['driver.ts', 'export default', "throw new Error('no licence')\nexport default"]],
    field: 'driver.ts',
    reason: /no licence/,
    remedy: /Mend/,
  },
  no_default: {
    edits: [['driver.ts', 'export default', 'export const driver =']],
    field: 'driver.ts',
    reason: /by default/,
    remedy: /export default/,
  },
  two_manifests: {
    edits: [['driver.ts', '  manifest,\n', "  manifest: { ...manifest, hosts: ['evil.example.com'] } as never,\n"]],
    field: 'manifest',
    reason: /not the manifest\.ts/,
    remedy: /import/,
  },
}

t.test(
  'every fault of every driver is told at once, with folder, field, reason and remedy, and the good ones serve',
  async (t) => {
    const { root, add, write } = await driverFolders(t)
    await add('good')
    for (const [slug, { edits }] of Object.entries(FAULTS)) await add(slug, ...edits)
    await write('headless/driver.ts', 'export default {}')
    const registry = await registryOf([root])
    for (const [slug, { field, reason, remedy }] of Object.entries(FAULTS)) {
      const found = registry.refusals().filter((refusal) => refusal.slug === slug)
      t.match(
        found.filter((refusal) => refusal.field === field),
        [{ folder: join(root, slug), field, reason, remedy }],
        slug,
      )
      t.throws(() => registry.get(slug), { code: 'provider_disabled', message: /Switched on: good\.$/ }, slug)
    }
    t.match(
      registry.refusals().filter(({ slug }) => slug === 'headless'),
      [{ field: 'manifest.ts', reason: /no manifest\.ts/ }],
    )
    t.same(
      registry.list().flatMap(({ slug, state }) => (state === 'on' ? [slug] : [])),
      ['good'],
    )
  },
)

t.test('several faults of one manifest are all told', async (t) => {
  const { root, add } = await driverFolders(t)
  await add(
    'many',
    ['manifest.ts', "'many'", "'others'"],
    ['manifest.ts', 'contractVersion: 1', 'contractVersion: 2'],
    ['manifest.ts', "hosts: 'tenant'", "hosts: ['x', 'a b']"],
  )
  const registry = await registryOf([root])
  t.same(
    registry
      .refusals()
      .map(({ field }) => field)
      .sort(),
    ['contractVersion', 'hosts', 'hosts', 'slug'],
  )
})

t.test('a field that is missing is named itself, nested ones by their path', async (t) => {
  const { root, add } = await driverFolders(t)
  await add('thin', ['manifest.ts', "name: 'In-memory CRM',", ''], ['manifest.ts', 'supportsDelete: true, ', ''])
  const told = (await registryOf([root])).refusals().map(({ field, reason }) => `${field} ${reason}`)
  t.same(told.sort(), ['capabilities.supportsDelete is missing', 'name is missing'])
})

t.test('of two folders with one slug the first is used, and the other is named', async (t) => {
  const { root, add } = await driverFolders(t)
  const beside = await driverFolders(t)
  await add('lantern')
  await beside.add('lantern', ['manifest.ts', 'In-memory CRM', 'The other'])
  const registry = await registryOf([root, beside.root])
  t.equal(registry.get('lantern').manifest.name, 'In-memory CRM')
  t.match(registry.refusals(), [
    {
      folder: join(beside.root, 'lantern'),
      slug: 'lantern',
      field: 'slug',
      reason: new RegExp(join(root, 'lantern')),
      remedy: /Rename/,
    },
  ])
})

t.test('a provider that is switched on and not there is told', async (t) => {
  const { root, add } = await driverFolders(t)
  await add('lantern')
  const registry = await registryOf([root], { lantern: true, hubspt: true, other: false })
  t.match(registry.refusals(), [{ slug: 'hubspt', field: 'providers', reason: /no folder/, remedy: /Correct the slug/ }])
  t.throws(() => registry.get('hubspt'), {
    code: 'provider_disabled',
    message: "No provider 'hubspt' is switched on here. Switched on: lantern.",
  })
})

t.test('a reserved provider is listed with its reason, and its code is not asked for', async (t) => {
  const { root, add } = await driverFolders(t)
  await add(
    'later',
    ['manifest.ts', "status: 'example'", "status: 'reserved', reservedReason: 'Its API is not open.'"],
    ['driver.ts', 'export default', "throw new Error('imported')\nexport default"],
  )
  const registry = await registryOf([root])
  t.match(registry.list(), [{ slug: 'later', state: 'reserved', refusals: [] }])
  t.throws(() => registry.get('later'), { code: 'provider_reserved', message: 'Its API is not open.' })
})

t.test('the code of a driver that is off is never run; switched on, it is', async (t) => {
  const { root, add } = await driverFolders(t)
  const ran = globalThis as { lanternRan?: number }
  await add('lantern', [
    'driver.ts',
    'export default',
    'globalThis.lanternRan = (globalThis.lanternRan ?? 0) + 1\nexport default',
  ])
  const off = await registryOf([root], { lantern: false })
  t.match(off.list(), [{ slug: 'lantern', name: 'In-memory CRM', state: 'off' }])
  t.equal(ran.lanternRan, undefined)
  t.throws(() => off.get('lantern'), { code: 'provider_disabled' })
  await registryOf([root], { lantern: true })
  t.equal(ran.lanternRan, 1)
})

t.test('where a new version is refused the old one stays, with the refusal told, and mended it is replaced', async (t) => {
  const { root, add, edit } = await driverFolders(t)
  await add('lantern')
  const first = await registryOf([root])
  const old = first.get('lantern')
  await edit('lantern', ['manifest.ts', 'contractVersion: 1', 'contractVersion: 2'])
  const second = await buildRegistry({ found: await discover([root]), providers: {}, previous: first })
  t.equal(second.get('lantern'), old)
  t.match(second.list(), [{ state: 'on', refusals: [{ field: 'contractVersion' }] }])
  await edit(
    'lantern',
    ['manifest.ts', 'contractVersion: 2', 'contractVersion: 1'],
    ['manifest.ts', 'In-memory CRM', 'Mended CRM'],
  )
  const third = await buildRegistry({ found: await discover([root]), providers: {}, previous: second })
  t.equal(third.get('lantern').manifest.name, 'Mended CRM')
  t.same(third.refusals(), [])
})

t.test('switched off, a driver is gone even where its new version is refused', async (t) => {
  const { root, add, edit } = await driverFolders(t)
  await add('lantern')
  const first = await registryOf([root])
  await edit('lantern', ['manifest.ts', 'contractVersion: 1', 'contractVersion: 2'])
  const off = await buildRegistry({ found: await discover([root]), providers: { lantern: false }, previous: first })
  t.throws(() => off.get('lantern'), { code: 'provider_disabled' })
})
