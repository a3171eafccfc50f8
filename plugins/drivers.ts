import fp from 'fastify-plugin'
import { AuditLog } from '../core/store/audit.ts'
import { type DriverSources, Drivers } from '../core/switches/drivers.ts'
import { readSwitches } from '../core/switches/store.ts'

declare module 'fastify' {
  interface FastifyInstance {
    drivers: Drivers
  }
}

/** Drivers, discovered, checked, and switched on where the config file and the operators have them on. */
export default fp<DriverSources>(
  async (app, { folders, providers }) => {
    const { pool } = app.database
    const options = { sources: { folders, providers }, readSwitches: () => readSwitches(pool), audit: new AuditLog(pool) }
    app.decorate('drivers', await Drivers.start({ ...options, log: app.log }))
  },
  { name: 'drivers', dependencies: ['database'], fastify: '5.x' },
)
