import { Command, InvalidArgumentError } from 'commander'
import type { LeadsQuery } from '../../schemas/leads.ts'
import { answers } from './answer.ts'
import { table } from './table.ts'

/** `vorel leads` */
export const leadsCommand = (): Command =>
  new Command('leads').description('Leads that were handed in and are not at their CRM').addCommand(list()).addCommand(retry())

type ListOptions = { tenant?: string; state?: LeadsQuery['state'] }

const list = () =>
  answers<[], ListOptions>(
    new Command('list')
      .description('Show leads that wait, were refused, or of which nobody knows what became of them')
      .option('--tenant <id>', 'of one tenant alone')
      .option('--state <state>', 'waiting, refused, outcome_unknown or done; all but done, unless given', stateOf),
    async (_, { tenant, state }) => {
      const { withSession } = await import('./session.ts')
      const { listLeads } = await import('../admin/leads.ts')
      const leads = await withSession({}, ({ database }) => listLeads(database, { tenantId: tenant, state }))
      const rows = leads.map(({ tenant_id, id, state, error_code, attempts, created_at }) => [
        tenant_id,
        id,
        state,
        error_code,
        String(attempts),
        created_at,
      ])
      const text = table(['tenant', 'lead', 'state', 'why', 'tries', 'accepted'], rows)
      return leads.length ? { json: leads, text } : { json: leads, text: '', note: 'There are none.' }
    },
  )

const STATES = ['waiting', 'done', 'refused', 'outcome_unknown'] as const

const stateOf = (given: string): (typeof STATES)[number] => {
  const state = STATES.find((known) => known === given)
  if (state) return state
  throw new InvalidArgumentError(`States: ${STATES.join(', ')}.`)
}

const retry = () =>
  answers<[tenant: string, lead: string], object>(
    new Command('retry')
      .description('Send a refused lead again, once what was in its way is mended')
      .argument('<tenant>')
      .argument('<lead>', 'its id: vorel leads list'),
    async ([tenantId, id]) => {
      const { withSession } = await import('./session.ts')
      const { retryLead } = await import('../admin/leads.ts')
      await withSession({}, ({ deps, database, actor }) => retryLead(deps, database, actor, { tenantId, id }))
      return { json: { tenant: tenantId, lead: id, state: 'waiting' }, text: `Lead ${id} waits again; the service sends it.` }
    },
  )
