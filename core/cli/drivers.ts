import { Command } from 'commander'
import type { ListedDriver } from '../registry.ts'
import { answers } from './answer.ts'
import { table } from './table.ts'

/** `vorel drivers` */
export const driversCommand = (): Command =>
  new Command('drivers').description('The providers that this installation can speak to').addCommand(list())

const list = () =>
  answers(new Command('list').description('Show every driver found: on, off, reserved, or refused and why'), async () => {
    const { loadConfig } = await import('../config.ts')
    const { readRegistry } = await import('./registry.ts')
    const drivers = (await readRegistry(await loadConfig())).list()
    const { sentenceOf } = await import('../refusal.ts')
    const why = drivers.flatMap(({ refusals }) => refusals.map((refusal) => `refused: ${sentenceOf(refusal)}`))
    const rows = drivers.map(({ slug, name, state, folder }) => [slug, name, state, folder || null])
    return { json: drivers.map(shown), text: [table(['slug', 'name', 'state', 'folder'], rows), ...why].join('\n') }
  })

const shown = ({ slug, name, state, folder, version, manifest, refusals }: ListedDriver) => ({
  slug,
  name,
  state,
  folder,
  version,
  objects: Object.keys(manifest?.objects ?? {}),
  signIn: manifest?.auth.kind ?? null,
  capabilities: manifest?.capabilities ?? null,
  refusals: refusals.map(({ field, reason, remedy }) => ({ field, reason, remedy })),
})
