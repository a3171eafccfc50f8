import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { discover } from '../core/discover.ts'
import type { AnyDriver } from '../core/driver.ts'
import { driverFolders } from './support/driver-folders.ts'
import { ROOT } from './support/sources.ts'

const only = async (root: string) => {
  const [found, ...others] = await discover([root])
  if (!found || others.length) throw new Error('there should be one')
  return found
}

t.test("the repository's own drivers are found", async (t) => {
  const found = await discover([join(ROOT, 'drivers')])
  t.ok(found.length >= 3)
  for (const { folder, fault } of found) t.equal(fault, undefined, folder)
})

t.test('folders that hold no driver, hidden ones, files and roots that are not there are passed over', async (t) => {
  const { root, add, write } = await driverFolders(t)
  await add('lantern')
  await write('shared/words.ts', 'export const words = []')
  await write('.hidden/manifest.ts', 'export const manifest = {}')
  await write('loose.ts', 'export default 1')
  await mkdir(join(root, 'empty'))
  const found = await discover([root, join(root, 'nowhere')])
  t.same(
    found.map(({ folder }) => folder),
    [join(root, 'lantern')],
  )
})

t.test('a manifest is read without a line of the driver being run', async (t) => {
  const { root, add } = await driverFolders(t)
  await add('lantern', ['driver.ts', 'export default', "throw new Error('imported')\nexport default"])
  const found = await only(root)
  t.match(found.manifest, { slug: 'lantern' })
  await t.rejects(found.importDriver(), { message: 'imported' })
})

t.test('unchanged, a folder keeps its version and its driver', async (t) => {
  const { root, add } = await driverFolders(t)
  await add('lantern')
  const [one, two] = [await only(root), await only(root)]
  t.equal(one.version, two.version)
  t.equal(await one.importDriver(), await two.importDriver())
})

t.test('a changed driver comes anew, with its helper files, at any depth, and the core stays the same', async (t) => {
  const { root, add, edit, write } = await driverFolders(t)
  await add(
    'lantern',
    ['map.ts', 'export const Rows', "export { word } from './deep/word.ts'\nexport const Rows"],
    ['driver.ts', 'import { Columns, Row,', 'import { word, Columns, Row,'],
    ['driver.ts', 'return { ok: true, account }', 'return { ok: true, account: `${account} ${word}` }'],
  )
  await write('lantern/deep/word.ts', "export { word } from '../words.ts'")
  await write('lantern/words.ts', "export const word = 'first'")
  const account = async () => {
    const found = await only(root)
    const driver = (await found.importDriver()) as AnyDriver
    const answer = await driver.testConnection({ http: { get: async () => ({ account: 'CRM' }) } } as never)
    return { version: found.version, account: answer.ok && answer.account }
  }
  const first = await account()
  t.equal(first.account, 'CRM first')
  await write('lantern/words.ts', "export const word = 'second'")
  const second = await account()
  t.equal(second.account, 'CRM second')
  t.not(second.version, first.version)
  await edit('lantern', ['deep/word.ts', "export { word } from '../words.ts'", "export const word = 'third'"])
  t.equal((await account()).account, 'CRM third')
})

t.test('errors thrown by a version are the errors of the core: it is not loaded once more', async (t) => {
  const { root, add } = await driverFolders(t)
  const core = JSON.stringify(new URL('../core/errors.ts', import.meta.url).href)
  await add('lantern', ['driver.ts', 'export default', `export { VorelError } from ${core}\nexport default`])
  const found = await only(root)
  const { VorelError } = await import('../core/errors.ts')
  const loaded = await import(`file://${found.folder}/driver.ts?driver-version=${found.version}`)
  t.equal(loaded.VorelError, VorelError)
})

t.test('two folders of one content are two versions', async (t) => {
  const one = await driverFolders(t)
  const two = await driverFolders(t)
  await one.add('lantern')
  await two.add('lantern')
  t.not((await only(one.root)).version, (await only(two.root)).version)
})

t.test('a root that is a link is followed', async (t) => {
  const { base, root, add, edit } = await driverFolders(t)
  await add('lantern')
  await symlink(root, join(base, 'linked'))
  const before = await (await only(join(base, 'linked'))).importDriver()
  await edit('lantern', ['map.ts', 'seconds, not', 'seconds and not'])
  t.not(await (await only(join(base, 'linked'))).importDriver(), before)
})
