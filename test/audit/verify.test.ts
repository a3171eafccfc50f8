import type { Pool, PoolClient } from 'pg'
import t from 'tap'
import { type SinkLine, sinkLine } from '../../core/audit/sink.ts'
import { type VerifyOptions, verifyAudit } from '../../core/audit/verify.ts'
import { publicKeyId, SigningKey } from '../../core/vault/signing-key.ts'
import { stored } from '../store/rows.ts'
import { forced, KEY, sealerOn, write } from './desk.ts'
import { mutations, readSeals } from './mutations.ts'

const COUNT = Number(process.env.VOREL_MUTATIONS ?? 28)
const SEED = Number(process.env.VOREL_SEED ?? 20_260)

const random = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const verified = (pool: Pool | PoolClient, sink: SinkLine[] = [], more: Partial<VerifyOptions> = {}) =>
  verifyAudit({
    pool: pool as Pool,
    publicKeys: [KEY.publicKey],
    macKeys: new Map([[KEY.id, KEY.macKey('audit')]]),
    keyIdOf: publicKeyId,
    sink: new Map(sink.map((line) => [line.id, line])),
    graceMs: 0,
    ...more,
  })

/** Six seals over sixty rows; the numbers 11 and 12 are nobody's. */
const sealedLog = async (t: Parameters<typeof stored>[0]) => {
  const [pool] = await stored(t)
  const { sealer } = sealerOn(pool)
  for (let round = 0; round < 6; round += 1) {
    await write(pool, 10)
    if (round === 0) await pool.query("select setval(pg_get_serial_sequence('audit_log', 'seq'), 12)")
    await sealer.drain()
  }
  const client = await pool.connect()
  t.teardown(() => client.release())
  const seals = await readSeals(client)
  return { pool, client, seals, sink: seals.map((seal) => sinkLine(seal, KEY.publicKey)) }
}

t.test(`each of ${COUNT} mutations is found, and its first row named`, async (t) => {
  const { client, seals, sink } = await sealedLog(t)
  t.match(await verified(client, sink), { rows: 60, seals: 6, unread: 0, pending: 0, faults: 0, first: null })
  t.comment(`seed ${SEED}`)
  const kinds = Object.entries(mutations)
  const pick = random(SEED)
  for (let n = 0; n < COUNT; n += 1) {
    const [name, mutate] = kinds[n % kinds.length] as (typeof kinds)[number]
    await client.query('begin')
    await client.query('set local session_replication_role = replica')
    const { seq, how } = await mutate({ client, seals, pick })
    const { first } = await verified(client, sink)
    await client.query('rollback')
    t.equal(first?.seq, seq, `${name}: row ${seq}`)
    t.ok(first && how.includes(first.how), `${name}: ${how.join(' or ')}, said ${first?.how}`)
  }
  t.equal((await verified(client, sink)).first, null, 'and nothing else is')
})

t.test('who has the signing key can make all of it anew, and is found by the sink alone', async (t) => {
  const { pool, sink } = await sealedLog(t)
  await forced(pool, 'truncate audit_log, audit_seal restart identity')
  await write(pool, 10)
  await sealerOn(pool).sealer.drain()
  t.match(await verified(pool), { rows: 10, first: null })
  t.match(await verified(pool, sink), { first: { seq: 1, how: 'seal_rewritten' } })
})

t.test('a row without a seal is at fault once it is old enough', async (t) => {
  const { pool, client, sink } = await sealedLog(t)
  await write(pool, 2)
  t.match(await verified(client, sink, { graceMs: 60_000 }), { pending: 2, first: null })
  t.match(await verified(client, sink), { pending: 0, faults: 2, first: { seq: 63, how: 'never_sealed' } })
})

t.test('by the public key alone, seals and missing rows are seen, and contents are said not to be', async (t) => {
  const { client, sink } = await sealedLog(t)
  const alone = { macKeys: new Map() }
  t.match(await verified(client, sink, alone), { rows: 60, unread: 60, first: null })
  const other = new SigningKey(Buffer.alloc(32, 'somebody else'))
  t.match(await verified(client, sink, { publicKeys: [other.publicKey] }), { first: { seq: 1, how: 'seal_rewritten' } })
})
