import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { Test } from 'tap'
import type { AuditEntry } from '../../core/store/audit.ts'
import type { Claim, Finish } from '../../core/store/operations.ts'
import { freshDatabase } from '../support/database.ts'

/** A pool to a fresh database with tenants `acme` and `other`; more of them for processes beside it. */
export const stored = async (t: Pick<Test, 'teardown'>, pools = 1): Promise<[pg.Pool, ...pg.Pool[]]> => {
  const connectionString = await freshDatabase(t)
  const open = (): pg.Pool => {
    const pool = new pg.Pool({ connectionString, max: 4 })
    pool.on('error', () => undefined)
    t.teardown(() => pool.end())
    return pool
  }
  const first = open()
  await first.query("insert into tenant (id, name, region) values ('acme', 'Acme', 'US'), ('other', 'Other', 'AE')")
  return [first, ...Array.from({ length: pools - 1 }, open)]
}

export const entry = (more: Partial<AuditEntry> = {}): AuditEntry => ({
  actorType: 'api_key',
  actorId: 'key_1',
  tenantId: 'acme',
  action: 'create_record',
  provider: 'memory',
  object: 'lead',
  requestId: randomUUID(),
  phase: 'intent',
  ...more,
})

export const claimOf = (idempotencyKey: string, more: Partial<Claim> = {}): Claim => ({
  tenantId: 'acme',
  idempotencyKey,
  fingerprint: Buffer.alloc(32, 1),
  reference: `v-${idempotencyKey}`,
  provider: 'memory',
  object: 'lead',
  conversationId: null,
  state: 'claimed',
  leaseMs: 60_000,
  payload: Buffer.from('sealed payload'),
  subjects: [],
  intent: entry(),
  ...more,
})

export const finishOf = (idempotencyKey: string, epoch: number, more: Partial<Finish> = {}): Finish => ({
  tenantId: 'acme',
  idempotencyKey,
  epoch,
  state: 'done',
  leaseMs: 0,
  response: Buffer.from('sealed answer'),
  errorCode: null,
  outcome: entry({ phase: 'outcome', code: 'ok' }),
  ...more,
})
