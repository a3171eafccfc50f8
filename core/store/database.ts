import { Migrator } from '@mikro-orm/migrations'
import { MikroORM } from '@mikro-orm/postgresql'
import type { ClientBase, Pool } from 'pg'
import { entities } from './entities.ts'
import { FirstTables } from './migrations/0001-first-tables.ts'
import { SignIn } from './migrations/0002-sign-in.ts'
import { Mapping } from './migrations/0003-mapping.ts'
import { ServiceSecret } from './migrations/0004-service-secret.ts'
import { AuditSeal } from './migrations/0005-audit-seal.ts'
import { Vault } from './migrations/0006-vault.ts'
import { Erasure } from './migrations/0007-erasure.ts'
import { Leads } from './migrations/0008-leads.ts'
import { Processes } from './migrations/0009-processes.ts'
import { Operators } from './migrations/0010-operators.ts'
import { CallStatTable } from './migrations/0011-call-stats.ts'
import { OperatorSignIn } from './migrations/0012-operator-sign-in.ts'

export interface Database {
  orm: MikroORM
  /** The pool under the ORM, for the statements that calls share. */
  pool: Pool
  close(): Promise<void>
}

export interface DatabaseOptions {
  url: string
  maxConnections?: number
}

/** Statements are planned once and kept: a table that was small then must not be read whole for ever. */
const onConnect = (client: ClientBase) => client.query('set enable_seqscan = off')

/** Connects without looking at the schema: `vorel migrate` and the start see to that. */
export const openDatabase = async ({ url, maxConnections = 10 }: DatabaseOptions): Promise<Database> => {
  const orm = await MikroORM.init({
    clientUrl: url,
    entities,
    extensions: [Migrator],
    discovery: { warnWhenNoEntities: false },
    debug: false,
    logger: () => undefined,
    pool: { min: 0, max: maxConnections, idleTimeoutMillis: 60_000 },
    driverOptions: { connectionTimeoutMillis: 5_000, application_name: 'vorel', keepAlive: true, onConnect },
    migrations: {
      tableName: 'vorel_migration',
      snapshot: false,
      migrationsList: [
        { name: '0001-first-tables', class: FirstTables },
        { name: '0002-sign-in', class: SignIn },
        { name: '0003-mapping', class: Mapping },
        { name: '0004-service-secret', class: ServiceSecret },
        { name: '0005-audit-seal', class: AuditSeal },
        { name: '0006-vault', class: Vault },
        { name: '0007-erasure', class: Erasure },
        { name: '0008-leads', class: Leads },
        { name: '0009-processes', class: Processes },
        { name: '0010-operators', class: Operators },
        { name: '0011-call-stats', class: CallStatTable },
        { name: '0012-operator-sign-in', class: OperatorSignIn },
      ],
    },
  })
  const pool = (await orm.em.getConnection().getNativeClient()) as Pool
  return { orm, pool, close: () => orm.close() }
}
