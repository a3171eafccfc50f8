import { Command } from 'commander'
import { answers } from './answer.ts'
import { table } from './table.ts'

/** `vorel operations` */
export const operationsCommand = (): Command =>
  new Command('operations')
    .description('Creates whose outcome nobody knows')
    .addCommand(list())
    .addCommand(adopt())
    .addCommand(notCreated())

const list = () =>
  answers<[], { tenant?: string }>(
    new Command('list').description('Show what waits for a person to look').option('--tenant <id>', 'of one tenant alone'),
    async (_, { tenant }) => {
      const { withSession } = await import('./session.ts')
      const { listUnknown } = await import('../admin/operations.ts')
      const operations = await withSession({}, ({ database }) => listUnknown(database, tenant))
      const rows = operations.map(({ tenant_id, idempotency_key, provider, object, created_at }) => [
        tenant_id,
        idempotency_key,
        provider,
        object,
        created_at,
      ])
      const text = table(['tenant', 'key', 'provider', 'object', 'created'], rows)
      return operations.length
        ? { json: operations, text }
        : { json: operations, text: '', note: 'No create waits for a person.' }
    },
  )

const ofOne = (name: string, description: string) =>
  new Command(name).description(description).argument('<tenant>').argument('<key>', 'its idempotency key: vorel operations list')

const adopt = () =>
  answers<[tenant: string, key: string, id: string], { object?: string }>(
    ofOne('adopt', 'The record is there: give repeats of the create its id')
      .argument('<id>', 'the record id at the CRM')
      .option('--object <object>', 'of a create of several records: which one the id is of'),
    async ([tenantId, idempotencyKey, externalId], { object }) => {
      const { withSession } = await import('./session.ts')
      const { adoptRecord } = await import('../admin/operations.ts')
      const options = { tenantId, idempotencyKey, externalId, object }
      const adopted = await withSession({ tenantId }, ({ deps, database, actor }) => adoptRecord(deps, database, actor, options))
      const looked = adopted.is_verified ? 'The CRM has it.' : 'The CRM could not be asked for it.'
      return { json: adopted, text: `${idempotencyKey} is done, with record ${externalId}. ${looked}` }
    },
  )

const notCreated = () =>
  answers<[tenant: string, key: string], object>(
    ofOne('not-created', 'There is no such record: the create may be sent again'),
    async ([tenantId, idempotencyKey]) => {
      const { withSession } = await import('./session.ts')
      const { declareNotCreated } = await import('../admin/operations.ts')
      const decided = await withSession({}, ({ deps, database, actor }) =>
        declareNotCreated(deps, database, actor, { tenantId, idempotencyKey }),
      )
      return { json: decided, text: `${idempotencyKey} is free: whoever repeats the create sends it again.` }
    },
  )
