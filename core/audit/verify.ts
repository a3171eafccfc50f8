import type { Pool } from 'pg'
import { MARK_BYTES, MARKED_SELECT, type MarkedRow, markOf } from './mark.ts'
import { parseRanges, type Range, RangeSet } from './ranges.ts'
import { FIRST_PREV, hashOf, type Seal, type SealRow, sealFrom } from './seal.ts'
import { isSignedBy, type SinkLine } from './sink.ts'

export type How =
  | 'changed'
  | 'missing'
  | 'added'
  | 'out_of_order'
  | 'never_sealed'
  | 'seal_changed'
  | 'seal_missing'
  | 'seal_rewritten'

/** A row of the log that is not as it was sealed, or the first row of a seal that is not. */
export interface Fault {
  seq: number
  how: How
  seal: number | null
}

export interface Verdict {
  rows: number
  seals: number
  /** Rows whose contents were not looked at, for want of the signing key under which they were sealed. */
  unread: number
  /** Rows that are too young to be sealed. */
  pending: number
  faults: number
  /** The one of the lowest seq. */
  first: Fault | null
}

export interface VerifyOptions {
  pool: Pool
  /** Base64, whose signatures count. */
  publicKeys: string[]
  /** By a seal's key id, where contents can be checked. */
  macKeys: Map<string, Buffer>
  keyIdOf(publicKey: string): string
  /** By id; empty without a sink. */
  sink: Map<number, SinkLine>
  /** How old a row may be without a seal. */
  graceMs: number
  onRows?: (rows: number) => void
}

const SEALS = 20
const EVERYTHING: Range = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]

/** Holds the log against its seals, the seals against each other, their signatures and what the sink has of them. */
export const verifyAudit = (options: VerifyOptions): Promise<Verdict> => new Verification(options).run()

class Verification {
  readonly #options: VerifyOptions
  readonly #sealed = new RangeSet()
  readonly #verdict: Verdict = { rows: 0, seals: 0, unread: 0, pending: 0, faults: 0, first: null }
  #highest = Number.MIN_SAFE_INTEGER
  #isSealMissing = false

  constructor(options: VerifyOptions) {
    this.#options = options
  }

  async run(): Promise<Verdict> {
    let before: Pick<Seal, 'id' | 'hash'> = { id: 0, hash: FIRST_PREV }
    for await (const seals of this.#batches()) {
      const good: Seal[] = []
      for (const seal of seals) {
        this.#isSealMissing ||= seal.id !== before.id + 1
        if (this.#isGood(seal, before)) good.push(seal)
        before = seal
      }
      await this.#checkRows(good)
      this.#options.onRows?.(this.#verdict.rows)
    }
    await this.#checkSink()
    await this.#checkUnsealed()
    return this.#verdict
  }

  async *#batches(): AsyncGenerator<Seal[]> {
    for (let last = '0'; ; ) {
      const { rows } = await this.#options.pool.query<SealRow>(
        `select id, case when at = date_trunc('milliseconds', at) then at else 'epoch' end as at, seqs, marks, prev, hash, key_id, signature
        from audit_seal where id > $1 order by id limit ${SEALS}`,
        [last],
      )
      if (rows.length) yield rows.map(sealFrom)
      if (rows.length < SEALS) return
      last = rows.at(-1)?.id ?? last
    }
  }

  #isGood(seal: Seal, before: Pick<Seal, 'id' | 'hash'>): boolean {
    const line = this.#options.sink.get(seal.id)
    this.#options.sink.delete(seal.id)
    this.#verdict.seals += 1
    const isNew = this.#cover(seal.seqs)
    const how = this.#sealFault(seal, before, line) ?? (isNew ? null : 'out_of_order')
    if (how) this.#tell({ seq: Math.min(seal.seqs[0] ?? 0, ...(line ? [firstOf(line)] : [])), how, seal: seal.id })
    return how === null
  }

  #cover(seqs: number[]): boolean {
    let isNew = true
    for (const seq of seqs) {
      isNew = this.#sealed.add(seq) && isNew
      if (seq > this.#highest) this.#highest = seq
    }
    return isNew
  }

  #sealFault(seal: Seal, before: Pick<Seal, 'id' | 'hash'>, line: SinkLine | undefined): How | null {
    const { publicKeys, keyIdOf } = this.#options
    const isOwn = hashOf(seal).equals(seal.hash)
    const signer = publicKeys.find((key) => isSignedBy(key, seal.hash, seal.signature))
    if (!signer) return isOwn ? 'seal_rewritten' : 'seal_changed'
    if (!isOwn || keyIdOf(signer) !== seal.keyId) return 'seal_changed'
    if (line && line.hash !== seal.hash.toString('base64')) return 'seal_rewritten'
    return seal.id === before.id + 1 && !seal.prev.equals(before.hash) ? 'out_of_order' : null
  }

  async #checkRows(seals: Seal[]): Promise<void> {
    if (seals.length === 0) return
    const { rows } = await this.#options.pool.query<MarkedRow>({
      name: 'audit-verify',
      text: `select ${MARKED_SELECT} from audit_log a where a.seq = any($1::bigint[])`,
      values: [seals.flatMap(({ seqs }) => seqs)],
      rowMode: 'array',
    } as never)
    const bySeq = new Map(rows.map((row) => [Number(row[0]), row]))
    for (const seal of seals) {
      const key = this.#options.macKeys.get(seal.keyId)
      if (!key) this.#verdict.unread += seal.seqs.length
      for (const [index, seq] of seal.seqs.entries()) {
        const how = rowFault(bySeq.get(seq), key, seal.marks.subarray(index * MARK_BYTES, (index + 1) * MARK_BYTES))
        if (how) this.#tell({ seq, how, seal: seal.id })
      }
      this.#verdict.rows += seal.seqs.length
    }
  }

  /** What is left of it, the database has not. A line that nobody of ours signed says nothing. */
  async #checkSink(): Promise<void> {
    for (const line of this.#options.sink.values()) {
      const hash = Buffer.from(line.hash, 'base64')
      if (!this.#options.publicKeys.some((key) => isSignedBy(key, hash, Buffer.from(line.signature, 'base64')))) continue
      this.#isSealMissing = true
      const seq = firstOf(line)
      const { rowCount } = await this.#options.pool.query('select from audit_log where seq = $1', [seq])
      this.#tell({ seq, how: rowCount ? 'seal_missing' : 'missing', seal: line.id })
    }
  }

  async #checkUnsealed(): Promise<void> {
    const gaps = this.#sealed.gaps(EVERYTHING)
    const { rows } = await this.#options.pool.query<{ first: string | null; old: string; young: string }>(
      `select min(seq) filter (where is_old) as first, count(*) filter (where is_old) as old, count(*) filter (where not is_old) as young
      from (
        select a.seq, a.at <= clock_timestamp() - $3 * interval '1 ms' as is_old
        from unnest($1::bigint[], $2::bigint[]) g (first, last) join audit_log a on a.seq between g.first and g.last
      ) unsealed`,
      [gaps.map(([first]) => first), gaps.map(([, last]) => last), this.#options.graceMs],
    )
    const [{ first, old, young } = { first: null, old: 0, young: 0 }] = rows
    this.#verdict.pending = Number(young)
    if (first === null) return
    const seq = Number(first)
    const how = this.#isSealMissing ? 'seal_missing' : seq < this.#highest ? 'added' : 'never_sealed'
    this.#tell({ seq, how, seal: null }, Number(old))
  }

  #tell(fault: Fault, count = 1): void {
    this.#verdict.faults += count
    if (!this.#verdict.first || fault.seq < this.#verdict.first.seq) this.#verdict.first = fault
  }
}

const firstOf = ({ seqs }: SinkLine): number => parseRanges(seqs)[0]?.[0] ?? 0

const rowFault = (row: MarkedRow | undefined, key: Buffer | undefined, mark: Buffer): How | null => {
  if (!row) return 'missing'
  return key && !markOf(key, row).equals(mark) ? 'changed' : null
}
