import type { Pool } from 'pg'
import { Sealer } from '../../core/audit/sealer.ts'
import type { Sink } from '../../core/audit/sink.ts'
import { AuditLog } from '../../core/store/audit.ts'
import { SigningKey } from '../../core/vault/signing-key.ts'
import { entry } from '../store/rows.ts'

export const KEY = new SigningKey(Buffer.from('a signing key of these tests, 32'.slice(0, 32)))

/** A sealer and what it said. */
export const sealerOn = (pool: Pool, sink: Sink | null = null, key = KEY): { sealer: Sealer; said: string[] } => {
  const said: string[] = []
  return { sealer: new Sealer({ pool, key, sink, log: { error: (_, message) => said.push(message) } }), said }
}

export const write = async (pool: Pool, count: number): Promise<void> => {
  const log = new AuditLog(pool)
  for (let n = 0; n < count; n += 1)
    await log.write(entry({ requestId: `r${n}`, conversationId: n % 2 ? null : `conv_${n}`, fields: ['name', `f${n}`] }))
}

/** As a superuser who has switched the triggers off. */
export const forced = async (pool: Pool, ...statements: string[]): Promise<void> => {
  const client = await pool.connect()
  try {
    await client.query('set session_replication_role = replica')
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.query('set session_replication_role = default')
    client.release()
  }
}

export const sealedSeqs = async (pool: Pool): Promise<number[][]> => {
  const { rows } = await pool.query<{ seqs: string[] }>('select seqs from audit_seal order by id')
  return rows.map(({ seqs }) => seqs.map(Number))
}
