import { Command } from 'commander'
import { SCOPES } from '../../schemas/scopes.ts'
import { answers } from './answer.ts'
import { table } from './table.ts'

interface OfTenant {
  tenant: string
}

/** `vorel keys` */
export const keysCommand = (): Command =>
  new Command('keys').description('API keys for the public routes').addCommand(create()).addCommand(list()).addCommand(revoke())

const ofTenant = (name: string, description: string) =>
  new Command(name).description(description).requiredOption('--tenant <id>', 'whose key')

const create = () =>
  answers<[], OfTenant & { scope: string[] }>(
    ofTenant('create', 'Make a key; it is shown this once, alone on stdout, and only its hash is stored').requiredOption(
      '--scope <scope>',
      `what it may do, repeatable: ${SCOPES.join(', ')}`,
      (scope: string, before: string[] = []) => [...before, scope],
    ),
    async (_, { tenant, scope }) => {
      const { withSession } = await import('./session.ts')
      const { createKey } = await import('../admin/keys.ts')
      const scopes = [...new Set(scope)]
      const made = await withSession({}, ({ deps, database, actor }) =>
        createKey(deps, database, { ...actor, tenantId: tenant, scopes }),
      )
      const note = `${made.id}, for ${made.scopes.join(', ')}. Keep the key now: it is not shown again.`
      return { json: { tenant, ...made }, text: made.key, note }
    },
  )

const list = () =>
  answers<[], OfTenant>(ofTenant('list', 'Show keys by their first characters'), async (_, { tenant }) => {
    const { withSession } = await import('./session.ts')
    const { listKeys } = await import('../admin/keys.ts')
    const { tenantOf } = await import('../admin/tenants.ts')
    const keys = await withSession({}, async ({ database }) => {
      await tenantOf(database, tenant)
      return listKeys(database, tenant)
    })
    const rows = keys.map(({ id, prefix, scopes, created_at, revoked_at }) => [
      id,
      `${prefix}…`,
      scopes.join(' '),
      day(created_at),
      revoked_at && day(revoked_at),
    ])
    return { json: keys, text: table(['id', 'key', 'scopes', 'created', 'revoked'], rows) }
  })

const day = (time: string): string => new Date(time).toISOString().slice(0, 10)

const revoke = () =>
  answers<[id: string], OfTenant>(
    ofTenant('revoke', 'End a key, from the next request on').argument('<id>', 'key_…: vorel keys list'),
    async ([id], { tenant }) => {
      const { withSession } = await import('./session.ts')
      const { revokeKey } = await import('../admin/keys.ts')
      await withSession({}, ({ deps, database, actor }) => revokeKey(deps, database, { ...actor, tenantId: tenant, id }))
      return { json: { tenant, id, revoked: true }, text: `${id} is revoked.` }
    },
  )
