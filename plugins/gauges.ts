import fp from 'fastify-plugin'
import { Gauge } from 'prom-client'
import { BacklogReader } from '../core/observe/backlog.ts'
import { JOB_STATES, NONE, OPERATION_STATES, oneOf } from '../core/observe/labels.ts'

/** How things stand at the moment they are asked for: backlogs of the database, and connections in and out of use. */
export default fp(
  async (app) => {
    const { register } = app.metrics
    const { pool } = app.database
    const reader = new BacklogReader(pool)
    const registers = [register]
    const countOf = async (name: string) => (await reader.read()).counts.get(name) ?? new Map<string, number>()

    const operationState = oneOf(OPERATION_STATES)
    new Gauge({
      name: 'vorel_operations',
      help: 'Creates under way (claimed, sent) and those whose outcome nobody knows',
      labelNames: ['state'],
      registers,
      async collect() {
        for (const state of OPERATION_STATES) this.set({ state }, 0)
        for (const [state, n] of await countOf('operations')) this.set({ state: operationState(state) }, n)
      },
    })
    const jobState = oneOf(JOB_STATES)
    new Gauge({
      name: 'vorel_jobs',
      help: 'Jobs by queue and state, as the queue last counted them',
      labelNames: ['queue', 'state'],
      registers,
      async collect() {
        for (const [kind, n] of await countOf('jobs')) {
          const [queue = '', state = ''] = kind.split(' ')
          this.set({ queue, state: jobState(state) }, n)
        }
      },
    })
    const single = (metric: string, part: string, help: string) =>
      new Gauge({
        name: metric,
        help,
        registers,
        async collect() {
          this.set((await countOf(part)).get(NONE) ?? 0)
        },
      })
    single('vorel_leads_waiting', 'leads', 'Leads accepted and not delivered yet')
    single('vorel_erasures_waiting', 'erasures', 'Erasures that wait for an operator')
    single('vorel_audit_unsealed_rows', 'unsealed', 'Audit rows that no seal covers yet, counted to 100,000')
    new Gauge({
      name: 'vorel_backlog_read_timestamp_seconds',
      help: 'When the database was last asked for the gauges above',
      registers,
      async collect() {
        this.set((await reader.read()).readAt / 1000)
      },
    })
    new Gauge({
      name: 'vorel_database_connections',
      help: 'Connections to PostgreSQL: open, of them in use, and requests waiting for one',
      labelNames: ['state'],
      registers,
      collect() {
        this.set({ state: 'open' }, pool.totalCount)
        this.set({ state: 'in_use' }, pool.totalCount - pool.idleCount)
        this.set({ state: 'waiting' }, pool.waitingCount)
      },
    })
    new Gauge({
      name: 'vorel_outbound_connections',
      help: 'Connections to providers: open, of them in use, and requests waiting for one',
      labelNames: ['state'],
      registers,
      collect() {
        for (const [state, n] of Object.entries(app.outboundUse())) this.set({ state }, n)
      },
    })
    new Gauge({
      name: 'vorel_calls_uncounted',
      help: "Calls missing from tenants' charts because too many tenants called within ten seconds",
      registers,
      collect() {
        this.set(app.callStats.lost)
      },
    })
  },
  { name: 'gauges', dependencies: ['metrics', 'database', 'pipeline', 'call-stats'], fastify: '5.x' },
)
