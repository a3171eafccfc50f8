import fp from 'fastify-plugin'
import { Deliverer } from '../core/leads/deliverer.ts'
import { Leads } from '../core/store/leads.ts'

declare module 'fastify' {
  interface FastifyInstance {
    leads: { store: Leads; deliverer: Deliverer }
  }
}

/** A turn lasts as long as one create may, its outcome written down, and is longer with each lead delivered. */
const GRACE_MS = 5_000

/** Leads that are kept, and who delivers them. */
export default fp<{ deadlineMs: number }>(
  async (app, { deadlineMs }) => {
    const { pipeline: deps, log } = app
    const store = new Leads(app.database.pool, deadlineMs + GRACE_MS)
    const later = (afterMs: number) => app.jobs.deliverLater(afterMs)
    const deliverer = new Deliverer({ deps, leads: store, log, deadlineMs, later })
    app.decorate('leads', { store, deliverer })
    app.addHook('onClose', () => deliverer.stop())
  },
  { name: 'leads', dependencies: ['pipeline', 'database'], fastify: '5.x' },
)
