import type { ClientBase, Pool, PoolClient } from 'pg'
import type { SigningKey } from '../vault/signing-key.ts'
import { MARKED_SELECT, type MarkedRow, markOf } from './mark.ts'
import { parseRanges } from './ranges.ts'
import { SEAL_COLUMNS, type Seal, type SealRow, sealFrom, sealOf } from './seal.ts'
import { Sealed } from './sealed.ts'
import { isSignedBy, type Sink, type SinkLine, sinkLine } from './sink.ts'

/** One process at a time, of all that share the database. */
const LOCK = 0x7365616c
const ROWS = 500
const LINES = 200

const FOREIGN = 'the audit sink is that of another database, or seals were rewritten: run vorel audit verify'

interface Log {
  error(about: object, message: string): void
}

export interface SealerOptions {
  pool: Pool
  key: SigningKey
  sink: Sink | null
  log: Log
}

/** Seals what was written to the audit log since, in the order in which it became visible, and sees that the sink has every seal. */
export class Sealer {
  readonly #options: SealerOptions
  readonly #macKey: Buffer
  #sealed: Sealed | null = null
  #saidAt = new Map<string, number>()

  constructor(options: SealerOptions) {
    this.#options = options
    this.#macKey = options.key.macKey('audit')
  }

  /** Seals all that is there. */
  async drain(isEnough: () => boolean = () => false): Promise<number> {
    let count = 0
    for (let last = 1; last > 0 && !isEnough(); count += last) last = await this.pass()
    return count
  }

  /** One seal at the most; gives how many rows it holds. None where another process is at it. */
  async pass(): Promise<number> {
    const client = await this.#options.pool.connect()
    try {
      await client.query('begin; set local enable_seqscan = off; set local enable_bitmapscan = off') // by the key, however few rows the planner expects
      const seal = (await isAlone(client)) ? await this.#next(client) : null
      await client.query('commit')
      if (seal) this.#sealed?.add(seal)
      return seal?.seqs.length ?? 0
    } catch (error) {
      this.#sealed = null
      await client.query('rollback').catch(() => undefined)
      throw error
    } finally {
      client.release()
    }
  }

  async #next(client: PoolClient): Promise<Seal | null> {
    this.#sealed ??= await this.#begin(client)
    if (!(await this.#sealed.catchUp(client))) this.#say('the last audit seal is gone or another: run vorel audit verify')
    await this.#fillSink(client, this.#sealed).catch((error: unknown) =>
      this.#say('the audit sink cannot be written: free it, or set VOREL_AUDIT_SINK', { type: String(error) }),
    )
    const rows = await unsealed(client, this.#sealed)
    return rows.length ? this.#insert(client, this.#sealed, rows) : null
  }

  async #insert(client: ClientBase, { id, hash }: Sealed, rows: MarkedRow[]): Promise<Seal> {
    const now = await client.query<{ at: Date | string }>(`select date_trunc('milliseconds', clock_timestamp()) as at`)
    const at = new Date(now.rows[0]?.at ?? 0) // the ORM's pool gives times as texts
    const marks = Buffer.concat(rows.map((row) => markOf(this.#macKey, row)))
    const seal = sealOf({ id: id + 1, at, seqs: rows.map(([seq]) => Number(seq)), marks, prev: hash }, this.#options.key)
    await client.query(`insert into audit_seal (${SEAL_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8)`, [
      seal.id,
      at,
      seal.seqs,
      marks,
      seal.prev,
      seal.hash,
      seal.keyId,
      seal.signature,
    ])
    return seal
  }

  /** Where the sink has seals of ours that the database has not, the chain goes on behind those: what is gone stays gone, for all to see. */
  async #begin(client: ClientBase): Promise<Sealed> {
    const { key, sink } = this.#options
    const sealed = await Sealed.read(client)
    await sealed.catchUp(client)
    const line = await sink?.last().catch(() => null)
    if (!line || line.id <= sealed.id) return sealed
    const hash = Buffer.from(line.hash, 'base64')
    if (!isSignedBy(key.publicKey, hash, Buffer.from(line.signature, 'base64'))) return sealed
    this.#say('the audit sink has seals that the database has not: run vorel audit verify')
    sealed.continueBehind(line.id, hash, Math.max(...parseRanges(line.seqs).map(([, to]) => to)))
    return sealed
  }

  /** Also what a process that ended too early left out. */
  async #fillSink(client: ClientBase, { id: lastId, hash }: Sealed): Promise<void> {
    const { sink, key } = this.#options
    if (!sink || lastId === 0) return
    let line = await sink.last()
    let from = line?.id ?? (sink.isKept ? 0 : lastId - 1)
    if (line?.id === lastId && !isOf(line, hash)) return this.#say(FOREIGN)
    while (from < lastId) {
      const seals = await sealsFrom(client, line ? from : from + 1)
      if (line && !isOf(line, seals.shift()?.hash)) return this.#say(FOREIGN)
      if (seals.length === 0) return
      await sink.write(seals.map((seal) => sinkLine(seal, seal.keyId === key.id ? key.publicKey : null)))
      line = await sink.last()
      from = seals.at(-1)?.id ?? lastId
    }
  }

  /** Once a minute, for as long as it is so. */
  #say(message: string, about: object = {}): void {
    if (Date.now() - (this.#saidAt.get(message) ?? 0) < 60_000) return
    this.#saidAt.set(message, Date.now())
    this.#options.log.error(about, message)
  }
}

const isOf = (line: SinkLine, hash: Buffer | undefined): boolean => hash?.equals(Buffer.from(line.hash, 'base64')) === true

const isAlone = async (client: ClientBase): Promise<boolean> => {
  const { rows } = await client.query<{ is: boolean }>('select pg_try_advisory_xact_lock($1) as is', [LOCK])
  return rows[0]?.is === true
}

const unsealed = async (client: ClientBase, sealed: Sealed): Promise<MarkedRow[]> => {
  const ranges = sealed.open()
  const { rows } = await client.query<MarkedRow>({
    text: `select a.* from unnest($1::bigint[], $2::bigint[]) g (first, last) cross join lateral (
        select ${MARKED_SELECT} from audit_log a where a.seq between g.first and g.last order by a.seq limit ${ROWS}
      ) a order by g.first limit ${ROWS}`,
    values: [ranges.map(([first]) => first), ranges.map(([, last]) => last)],
    rowMode: 'array',
  } as never)
  return rows.sort(([a], [b]) => Number(a) - Number(b))
}

const sealsFrom = async (client: ClientBase, id: number): Promise<Seal[]> => {
  const { rows } = await client.query<SealRow>(
    `select id, at, seqs, ''::bytea as marks, prev, hash, key_id, signature from audit_seal where id >= $1 order by id limit ${LINES}`,
    [id],
  )
  return rows.map(sealFrom)
}
