import { Command } from 'commander'
import { answers } from './answer.ts'
import { table } from './table.ts'

/** `vorel drift` */
export const driftCommand = (): Command =>
  answers<[tenant: string], { accept?: boolean }>(
    new Command('drift')
      .description("What the CRM changed under a tenant's mapping: fields renamed, removed, retyped, closed, newly required")
      .argument('<tenant>')
      .option('--accept', 'take new names of the same fields, and fields that are required now, as they are')
      .addHelpText(
        'after',
        '\nThe service looks once a day by itself, and tells by the connection, the audit and the metric vorel_mapping_drift_total.',
      ),
    async ([tenantId], { accept }) => {
      const { withSession } = await import('./session.ts')
      const { acceptDrift, checkDrift } = await import('../drift/accept.ts')
      const { telling } = await import('./progress.ts')
      const silent = { debug: () => undefined, warn: () => undefined }
      const drift = await withSession({ tenantId }, ({ deps, database, actor }) => {
        const watching = { database, log: silent, observe: () => undefined }
        const looked = (accept ? acceptDrift : checkDrift)(deps, watching, { ...actor, tenantId })
        return telling('Comparing the mapping with the fields there.', looked)
      })
      const rows = drift.map(({ kind, field, slot, detail }) => [kind, field, slot, detail])
      const text = drift.length ? table(['what', 'field', 'slot', 'detail'], rows) : ''
      return {
        json: drift,
        text,
        isFine: drift.length === 0,
        ...(drift.length === 0 && { note: 'Everything mapped is there as it was.' }),
      }
    },
  )
