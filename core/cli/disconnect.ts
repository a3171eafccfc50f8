import { Command } from 'commander'
import type { Revocation } from '../admin/revoke.ts'
import { answers } from './answer.ts'

const NOTES: Record<Revocation, string | undefined> = {
  done: undefined,
  none: undefined,
  failed: "The grant could not be ended at the provider. Somebody of the tenant removes Vorel's access there.",
}

/** `vorel disconnect` */
export const disconnectCommand = (): Command =>
  answers<[tenant: string], object>(
    new Command('disconnect')
      .description("End a tenant's connection: the grant at the provider where it can be, and the stored credentials")
      .argument('<tenant>'),
    async ([tenantId]) => {
      const { withSession } = await import('./session.ts')
      const { disconnectTenant } = await import('../admin/disconnect.ts')
      const { telling } = await import('./progress.ts')
      const done = await withSession({ tenantId }, ({ deps, database, actor }) =>
        telling('Ending the grant at the provider.', disconnectTenant(deps, database, { ...actor, tenantId })),
      )
      const note = NOTES[done.revocation]
      const ended = done.revocation === 'done' ? ', and the grant there is ended' : ''
      return {
        json: { tenant: tenantId, ...done },
        text: `Tenant '${tenantId}' is disconnected from ${done.provider}${ended}.`,
        ...(note && { note: `Note: ${note}` }),
      }
    },
  )
