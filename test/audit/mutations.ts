import type { ClientBase } from 'pg'
import { MARKED_COLUMNS, markOf } from '../../core/audit/mark.ts'
import { SEAL_COLUMNS, type Seal, type SealRow, sealFrom, sealOf } from '../../core/audit/seal.ts'
import type { How } from '../../core/audit/verify.ts'
import { SigningKey } from '../../core/vault/signing-key.ts'

/** What was done, and what is to be found. */
export interface Expected {
  seq: number
  how: How[]
}

export interface Stage {
  client: ClientBase
  seals: Seal[]
  /** A whole number from 0 to below this. */
  pick(below: number): number
}

type Mutation = (stage: Stage) => Promise<Expected>

const one = <T>({ pick }: Stage, list: readonly T[]): T => list[pick(list.length)] as T
const all = ({ seals }: Stage): number[] => seals.flatMap(({ seqs }) => seqs)
const sealWith = ({ seals }: Stage, seq: number): Seal => seals.find(({ seqs }) => seqs.includes(seq)) as Seal

const NEW: Record<string, string> = {
  at: "at + interval '1 microsecond'",
  actor_type: "'system'",
  phase: "'outcome'",
  fields: "array_append(fields, 'more')",
}
const NULLABLE = ['tenant_id', 'provider', 'object', 'fields']
const STOLEN = new SigningKey(Buffer.alloc(32, 'another key'))

const sealText = `update audit_seal set seqs = $2, marks = $3, prev = $4, hash = $5, key_id = $6, signature = $7 where id = $1`

/** A superuser's: everything made anew from one seal on, but for the one key. */
const rechain = async (stage: Stage, from: Seal, keepsKeyId: boolean): Promise<void> => {
  let { prev } = from
  for (const old of stage.seals.filter(({ id }) => id >= from.id)) {
    const marks = Buffer.concat(old.seqs.map((seq) => markOf(STOLEN.macKey('audit'), [String(seq)])))
    const seal = sealOf({ ...old, marks, prev }, STOLEN)
    const keyId = keepsKeyId ? old.keyId : seal.keyId
    await stage.client.query(sealText, [seal.id, seal.seqs, marks, prev, seal.hash, keyId, seal.signature])
    prev = seal.hash
  }
}

export const mutations: Record<string, Mutation> = {
  'a column is updated': async (stage) => {
    const seq = one(stage, all(stage))
    const column = one(stage, MARKED_COLUMNS.slice(1))
    const value = NULLABLE.includes(column) && stage.pick(2) ? 'null' : (NEW[column] ?? `coalesce(${column}, '') || 'x'`)
    await stage.client.query(`update audit_log set ${column} = ${value} where seq = $1`, [seq])
    return { seq, how: ['changed'] }
  },
  'a row gets another number': async (stage) => {
    const seq = one(stage, all(stage))
    await stage.client.query('alter table audit_log alter seq drop identity')
    await stage.client.query('update audit_log set seq = 1000 + $1 where seq = $1', [seq])
    return { seq, how: ['missing'] }
  },
  'a row is deleted': async (stage) => {
    const seq = one(stage, all(stage))
    await stage.client.query('delete from audit_log where seq = $1', [seq])
    return { seq, how: ['missing'] }
  },
  'many rows are deleted': async (stage) => {
    const seqs = all(stage).filter(() => stage.pick(3) === 0)
    if (seqs.length === 0) seqs.push(one(stage, all(stage)))
    await stage.client.query('delete from audit_log where seq = any($1)', [seqs])
    return { seq: seqs[0] as number, how: ['missing'] }
  },
  'two rows swap their contents': async (stage) => {
    const seqs = all(stage)
    const at = stage.pick(seqs.length - 1)
    const pair = [seqs[at], seqs[at + 1 + stage.pick(seqs.length - at - 1)]] as [number, number]
    const columns = MARKED_COLUMNS.slice(1).join(', ')
    await stage.client.query(
      `update audit_log a set (${columns}) = (select ${columns} from audit_log b where b.seq = $1 + $2 - a.seq) where a.seq in ($1, $2)`,
      pair,
    )
    return { seq: pair[0], how: ['changed'] }
  },
  'a row is added in a gap': async (stage) => {
    const seq = one(stage, [0, -7, 11, 12])
    await stage.client.query(
      `insert into audit_log (seq, actor_type, actor_id, action, request_id, phase) overriding system value values ($1, 'system', 'x', 'y', 'z', 'intent')`,
      [seq],
    )
    return { seq, how: ['added'] }
  },
  'the log is truncated': async (stage) => {
    await stage.client.query('truncate audit_log')
    return { seq: 1, how: ['missing'] }
  },
  'the seals are truncated': async (stage) => {
    await stage.client.query('truncate audit_seal')
    return { seq: 1, how: ['seal_missing'] }
  },
  'both are truncated': async (stage) => {
    await stage.client.query('truncate audit_log, audit_seal')
    return { seq: 1, how: ['missing'] }
  },
  'the tail is deleted with its seals': async (stage) => {
    const seal = one(stage, stage.seals)
    await stage.client.query('delete from audit_seal where id >= $1', [seal.id])
    await stage.client.query('delete from audit_log where seq >= $1', [seal.seqs[0]])
    return { seq: seal.seqs[0] as number, how: ['missing'] }
  },
  'a seal is deleted': async (stage) => {
    const seal = one(stage, stage.seals)
    await stage.client.query('delete from audit_seal where id = $1', [seal.id])
    return { seq: seal.seqs[0] as number, how: ['seal_missing'] }
  },
  'a seal is changed': async (stage) => {
    const seal = one(stage, stage.seals)
    const change = one(stage, [
      "at = at + interval '1 microsecond'",
      "at = at + interval '1 second'",
      'marks = set_byte(marks, 0, 255 - get_byte(marks, 0))',
      'prev = set_byte(prev, 31, 255 - get_byte(prev, 31))',
      'hash = set_byte(hash, 7, 255 - get_byte(hash, 7))',
      'signature = set_byte(signature, 9, 255 - get_byte(signature, 9))',
      "key_id = 'x'",
    ])
    await stage.client.query(`update audit_seal set ${change} where id = $1`, [seal.id])
    return { seq: seal.seqs[0] as number, how: ['seal_changed', 'seal_rewritten'] }
  },
  'a row is changed and all is chained anew without the key': async (stage) => {
    const seq = one(stage, all(stage))
    const seal = sealWith(stage, seq)
    await stage.client.query("update audit_log set actor_id = 'nobody' where seq = $1", [seq])
    await rechain(stage, seal, stage.pick(2) === 0)
    return { seq: seal.seqs[0] as number, how: ['seal_rewritten'] }
  },
  'a seal takes the place of another': async (stage) => {
    const at = stage.pick(stage.seals.length - 1)
    const [first, second] = [stage.seals[at], stage.seals[at + 1]] as [Seal, Seal]
    await stage.client.query('delete from audit_seal where id = $1', [first.id])
    await stage.client.query(
      `insert into audit_seal (${SEAL_COLUMNS}) select $1, at, seqs, marks, prev, hash, key_id, signature from audit_seal where id = $2`,
      [first.id, second.id],
    )
    return { seq: first.seqs[0] as number, how: ['seal_changed'] }
  },
}

export const readSeals = async (client: ClientBase): Promise<Seal[]> => {
  const { rows } = await client.query<SealRow>(`select ${SEAL_COLUMNS} from audit_seal order by id`)
  return rows.map(sealFrom)
}
