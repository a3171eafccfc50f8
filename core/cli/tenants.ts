import { Command } from 'commander'
import { answers } from './answer.ts'
import { table } from './table.ts'

/** `vorel tenants` */
export const tenantsCommand = (): Command =>
  new Command('tenants').description('The customers of your platform').addCommand(create()).addCommand(list())

const create = () =>
  answers<[id: string], { name?: string; region: string }>(
    new Command('create')
      .description('Add a tenant')
      .argument('<id>', 'up to 63 of a-z, 0-9, _ and -')
      .option('--name <name>', 'what people call it; the id, unless given')
      .option('--region <country>', 'ISO 3166 country of phone numbers written without one', 'US'),
    async ([id], { name = id, region }) => {
      const { withSession } = await import('./session.ts')
      const { createTenant } = await import('../admin/tenants.ts')
      const tenant = { id, name, region: region.toUpperCase() }
      await withSession({}, ({ deps, database, actor }) => createTenant(deps, database, actor, tenant))
      return { json: tenant, text: `Tenant '${id}' was created.`, note: `Connect its CRM: vorel connect ${id} <provider>` }
    },
  )

const list = () =>
  answers(new Command('list').description('Show every tenant, with its provider and connection status'), async () => {
    const { withSession } = await import('./session.ts')
    const { listTenants } = await import('../admin/tenants.ts')
    const tenants = await withSession({}, ({ database }) => listTenants(database))
    const rows = tenants.map(({ id, name, region, provider, status, status_reason }) => [
      id,
      name,
      region,
      provider,
      status && status_reason ? `${status}: ${status_reason}` : status,
    ])
    return { json: tenants, text: table(['id', 'name', 'region', 'provider', 'status'], rows) }
  })
