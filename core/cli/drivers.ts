import { Command } from 'commander'
import type { ListedDriver } from '../registry.ts'
import { answers } from './answer.ts'
import { table } from './table.ts'

/** `vorel drivers` */
export const driversCommand = (): Command =>
  new Command('drivers').description('The providers that this installation can speak to').addCommand(list())

const list = () =>
  answers<[], { all?: boolean }>(
    new Command('list')
      .description('Show every provider found: on, off, reserved, or refused and why')
      .option('--all', 'with drivers that are no providers, but there to read and try'),
    async (_, { all = false }) => {
      const { loadConfig } = await import('../config.ts')
      const { readRegistry } = await import('./registry.ts')
      const { sentenceOf } = await import('../refusal.ts')
      const drivers = (await readRegistry(await loadConfig())).list()
      const examples = all ? [] : drivers.filter(({ manifest }) => manifest?.status === 'example')
      const providers = drivers.filter((driver) => !examples.includes(driver))
      const rows = providers.map(({ slug, name, manifest, state, folder }) => [
        slug,
        name,
        state,
        manifest?.status ?? null,
        folder || null,
      ])
      const why = drivers.flatMap(({ refusals }) => refusals.map((refusal) => `refused: ${sentenceOf(refusal)}`))
      const text = [table(['slug', 'name', 'state', 'status', 'folder'], rows), ...providers.flatMap(reserved), ...why].join('\n')
      const names = examples.map(({ slug }) => slug).join(', ')
      return {
        json: drivers.map(shown),
        text,
        ...(names && { note: `No providers, but examples: ${names} (--all shows them).` }),
      }
    },
  )

const reserved = ({ slug, manifest }: ListedDriver): string[] =>
  manifest?.status === 'reserved' ? [`reserved: ${slug}: ${manifest.reservedReason ?? 'It cannot be connected.'}`] : []

const shown = ({ slug, name, state, folder, version, manifest, refusals }: ListedDriver) => ({
  slug,
  name,
  status: manifest?.status ?? null,
  state,
  folder,
  version,
  reserved_reason: manifest?.reservedReason ?? null,
  objects: Object.keys(manifest?.objects ?? {}),
  signIn: manifest?.auth.kind ?? null,
  capabilities: manifest?.capabilities ?? null,
  refusals: refusals.map(({ field, reason, remedy }) => ({ field, reason, remedy })),
})
