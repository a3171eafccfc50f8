import fp from 'fastify-plugin'
import { type Database, openDatabase } from '../core/store/database.ts'
import { migrateDatabase } from '../core/store/migrate.ts'

declare module 'fastify' {
  interface FastifyInstance {
    database: Database
  }
}

/** The pool and the ORM, with the schema brought up to date. */
export default fp<{ url: string }>(
  async (app, { url }) => {
    const database = await openDatabase({ url })
    app.decorate('database', database)
    app.addHook('onClose', () => database.close())
    const applied = await migrateDatabase(database)
    if (applied.length) app.log.info({ applied }, 'the database schema was brought up to date')
  },
  { name: 'database', fastify: '5.x' },
)
