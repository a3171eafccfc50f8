import { Command } from 'commander'
import { answers } from './answer.ts'
import { CliError } from './fail.ts'
import { table } from './table.ts'

/** `vorel map` */
export const mapCommand = (): Command =>
  new Command('map')
    .description("Where a tenant's values go: a slot of Vorel's, such as lead.budget_max, to a field of the CRM")
    .addCommand(set())
    .addCommand(list())
    .addCommand(unset())

const set = () =>
  answers<[tenant: string, slot: string, path: string], object>(
    new Command('set')
      .description('Map a slot; the field is looked up at the CRM where the provider describes its fields')
      .argument('<tenant>')
      .argument('<slot>', '<object>.<name>, such as lead.budget_max')
      .argument('<field>', "<object>.<the CRM's own name of the field>, such as lead.expected_revenue"),
    async ([tenantId, slot, path]) => {
      const { withSession } = await import('./session.ts')
      const { setMapping } = await import('../admin/mappings.ts')
      const { telling } = await import('./progress.ts')
      const row = await withSession(({ deps, database, actor }) =>
        telling('Looking the field up.', setMapping(deps, database, { ...actor, tenantId, slot, path })),
      )
      return { json: { tenant: tenantId, ...row }, text: `${row.slot} of '${tenantId}' goes to ${row.path} (${row.type}).` }
    },
  )

const list = () =>
  answers<[tenant: string], object>(
    new Command('list').description("Show a tenant's own mappings").argument('<tenant>'),
    async ([tenantId]) => {
      const { withSession } = await import('./session.ts')
      const { listMappings } = await import('../admin/mappings.ts')
      const { tenantOf } = await import('../admin/tenants.ts')
      const mappings = await withSession(async ({ database }) => {
        await tenantOf(database, tenantId)
        return listMappings(database, tenantId)
      })
      const text = table(
        ['slot', 'field', 'type'],
        mappings.map(({ slot, path, type }) => [slot, path, type]),
      )
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
      const isRemoved = await withSession(({ deps, database, actor }) =>
        unsetMapping(deps, database, { ...actor, tenantId, slot }),
      )
      if (!isRemoved) throw new CliError(`Tenant '${tenantId}' has no mapping of ${slot}. See: vorel map list ${tenantId}.`)
      return { json: { tenant: tenantId, slot, removed: true }, text: `${slot} of '${tenantId}' is no longer mapped.` }
    },
  )
