import { Command } from 'commander'
import type { MappingRow } from '../../schemas/mapping.ts'
import { answers } from './answer.ts'
import { CliError } from './fail.ts'
import { table } from './table.ts'

/** `vorel map versions` */
export const versions = () =>
  answers<[tenant: string, version: string], object>(
    new Command('versions')
      .description('Every change of the mapping, the newest first; or the mapping as it stood after one')
      .argument('<tenant>')
      .argument('[version]', 'a number of that list'),
    async ([tenantId, version]) => {
      const { withSession } = await import('./session.ts')
      const { listVersions, versionOf } = await import('../admin/mapping-versions.ts')
      if (version) {
        const found = await withSession({ tenantId }, ({ database }) => versionOf(database, tenantId, numberOf(version)))
        const rows = found.mappings.map(({ slot, path, label, type, direction }) => [slot, path, label, type, direction])
        return { json: found, text: table(['slot', 'field', 'label', 'type', 'direction'], rows) }
      }
      const { versions: all } = await withSession({ tenantId }, ({ database }) => listVersions(database, tenantId))
      const rows = all.map(({ version, at, by, change }) => [String(version), at, by, change])
      const none = all.length === 0 && { note: "None yet; the provider's default fields apply." }
      return { json: all, text: table(['version', 'at', 'by', 'change'], rows), ...none }
    },
  )

/** `vorel map diff` */
export const diff = () =>
  answers<[tenant: string, from: string, to: string], object>(
    new Command('diff')
      .description('What became of the mapping between two versions; what the last change did, unless told which')
      .argument('<tenant>')
      .argument('[from]', 'a version; 0 is before the first')
      .argument('[to]', 'a version; the newest, unless given'),
    async ([tenantId, from, to]) => {
      const { withSession } = await import('./session.ts')
      const { diffVersions } = await import('../admin/mapping-versions.ts')
      const asked = { ...(from && { from: numberOf(from) }), ...(to && { to: numberOf(to) }) }
      const found = await withSession({ tenantId }, ({ database }) => diffVersions(database, tenantId, asked))
      const lines = [
        ...found.removed.map((row) => `- ${shown(row)}`),
        ...found.added.map((row) => `+ ${shown(row)}`),
        ...found.changed.flatMap((row) => [`- ${shown(row.from)}`, `+ ${shown(row.to)}`]),
      ]
      const note = `Version ${found.from} to ${found.to}${lines.length ? '' : ': no difference'}.`
      return { json: found, text: lines.join('\n'), note }
    },
  )

/** `vorel map restore` */
export const restore = () =>
  answers<[tenant: string, version: string], object>(
    new Command('restore')
      .description('Make the mapping what it was after an earlier change, as a new version; checked as by map set')
      .argument('<tenant>')
      .argument('<version>', 'vorel map versions <tenant>'),
    async ([tenantId, version]) => {
      const { withSession } = await import('./session.ts')
      const { restoreMapping } = await import('../admin/mappings.ts')
      const { telling } = await import('./progress.ts')
      const asked = { tenantId, version: numberOf(version) }
      const done = await withSession({ tenantId }, ({ deps, database, actor }) =>
        telling('Looking the fields up.', restoreMapping(deps, database, { ...actor, ...asked })),
      )
      return {
        json: { tenant: tenantId, restored: asked.version, ...done },
        text: `The mapping of '${tenantId}' is that of version ${asked.version} again, as version ${done.version}.`,
        ...(done.notes.length && { note: done.notes.join('\n') }),
      }
    },
  )

const shown = ({ slot, path, type, direction }: MappingRow): string =>
  `${slot} -> ${path} (${type}${direction === 'both' ? '' : `, ${direction}`})`

const numberOf = (text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new CliError(`'${text}' is no version. Versions are numbers: vorel map versions <tenant>.`)
}
