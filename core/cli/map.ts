import { Command, Option } from 'commander'
import type { AskedRow } from '../../schemas/mapping.ts'
import { answers } from './answer.ts'
import { suggest } from './map-suggest.ts'
import { test } from './map-test.ts'
import { diff, restore, versions } from './map-versions.ts'
import { table } from './table.ts'

/** `vorel map` */
export const mapCommand = (): Command =>
  new Command('map')
    .description("Where a tenant's values go: a slot of Vorel's, such as lead.budget_max, to a field of the CRM")
    .addCommand(set())
    .addCommand(list())
    .addCommand(unset())
    .addCommand(test())
    .addCommand(suggest())
    .addCommand(versions())
    .addCommand(diff())
    .addCommand(restore())

type SetOptions = Pick<AskedRow, 'direction' | 'type'>

const TYPES = ['string', 'text', 'html', 'integer', 'number', 'boolean', 'date', 'datetime', 'option', 'options']

const set = () =>
  answers<[tenant: string, slot: string, path: string], SetOptions>(
    new Command('set')
      .description('Map a slot; the field is looked up at the CRM where the provider describes its fields')
      .argument('<tenant>')
      .argument('<slot>', '<object>.<name>, such as lead.budget_max')
      .argument(
        '<field>',
        "<object>.<the CRM's own name of the field>, such as lead.expected_revenue: vorel fields <tenant> lead",
      )
      .addOption(
        new Option('--direction <way>', 'whether values are written, read back, or both').choices(['write', 'read', 'both']),
      )
      .addOption(new Option('--type <type>', 'what the slot holds here, where it is not what it usually is').choices(TYPES)),
    async ([tenantId, slot, path], { direction, type }) => {
      const { withSession } = await import('./session.ts')
      const { setMapping } = await import('../admin/mappings.ts')
      const { telling } = await import('./progress.ts')
      const asked = { tenantId, slot, path, ...(direction && { direction }), ...(type && { type }) }
      const row = await withSession({ tenantId }, ({ deps, database, actor }) =>
        telling('Looking the field up.', setMapping(deps, database, { ...actor, ...asked })),
      )
      return {
        json: { tenant: tenantId, ...row },
        text: `${row.slot} of '${tenantId}' ${WAY[row.direction]} ${row.path} (${row.type}).`,
        ...(row.notes.length && { note: row.notes.join('\n') }),
      }
    },
  )

const WAY = { both: 'goes to', write: 'is written to', read: 'is read from' } as const

const list = () =>
  answers<[tenant: string], object>(
    new Command('list').description("Show a tenant's own mappings").argument('<tenant>'),
    async ([tenantId]) => {
      const { withSession } = await import('./session.ts')
      const { showMapping } = await import('../admin/mappings.ts')
      const { mappings } = await withSession({ tenantId }, ({ database }) => showMapping(database, tenantId))
      const rows = mappings.map(({ slot, path, label, type, direction }) => [slot, path, label, type, direction])
      const text = table(['slot', 'field', 'label', 'type', 'direction'], rows)
      return { json: mappings, text, ...(mappings.length === 0 && { note: "None; the provider's default fields apply." }) }
    },
  )

const unset = () =>
  answers<[tenant: string, slot: string], object>(
    new Command('unset')
      .description("Remove a mapping; the provider's default field applies again where there is one")
      .argument('<tenant>')
      .argument('<slot>'),
    async ([tenantId, slot]) => {
      const { withSession } = await import('./session.ts')
      const { unsetMapping } = await import('../admin/mappings.ts')
      const { version } = await withSession({ tenantId }, ({ deps, database, actor }) =>
        unsetMapping(deps, database, { ...actor, tenantId, slot }),
      )
      return { json: { tenant: tenantId, slot, removed: true, version }, text: `${slot} of '${tenantId}' is no longer mapped.` }
    },
  )
