import type { ClientBase } from 'pg'
import { type Range, RangeSet } from './ranges.ts'
import { FIRST_PREV } from './seal.ts'

/** Rows that become visible later than this after their neighbours were sealed are sealed no more: nobody's statement takes as long. */
export const LATE_MS = 10 * 60_000

interface Known {
  id: string
  at: Date | string
  seqs: string[]
  hash: Buffer
}

/** What this process knows to be sealed: where the chain goes on, and which rows of the last minutes are in it. */
export class Sealed {
  id = 0
  hash: Buffer = FIRST_PREV
  /** Rows up to here are sealed, or will not be. */
  #floor = 0
  #highest = 0
  readonly #recent = new RangeSet()
  #marks: { at: number; highest: number }[] = []

  static async read(client: ClientBase): Promise<Sealed> {
    const sealed = new Sealed()
    const { rows } = await client.query<{ floor: string | null; first: string | null }>(
      `select
        (select seqs[cardinality(seqs)] from audit_seal where at < $1 order by seqs[cardinality(seqs)] desc limit 1) as floor,
        (select id from audit_seal where at < $1 order by id desc limit 1) as first`,
      [new Date(Date.now() - LATE_MS)],
    )
    sealed.#floor = sealed.#highest = Number(rows[0]?.floor ?? 0)
    sealed.id = Number(rows[0]?.first ?? 0)
    if (sealed.id) {
      const { rows } = await client.query<Known>('select hash from audit_seal where id = $1', [sealed.id])
      sealed.hash = rows[0]?.hash ?? FIRST_PREV
    }
    return sealed
  }

  /** Takes in what others sealed since; false where the seal that was the last is gone or another. */
  async catchUp(client: ClientBase): Promise<boolean> {
    const { rows } = await client.query<Known>('select id, at, seqs, hash from audit_seal where id >= $1 order by id', [this.id])
    const first = this.id === 0 ? undefined : rows[0]
    const rest = first ? rows.slice(1) : rows
    for (const { id, at, seqs, hash } of rest) this.add({ id: Number(id), at: new Date(at), seqs: seqs.map(Number), hash })
    return this.id === 0 || rest.length > 0 || first?.hash.equals(this.hash) === true
  }

  add({ id, at, seqs, hash }: { id: number; at: Date; seqs: number[]; hash: Buffer }): void {
    for (const seq of seqs) this.#recent.add(seq)
    this.#highest = Math.max(this.#highest, seqs.at(-1) ?? 0)
    this.#marks.push({ at: at.getTime(), highest: this.#highest })
    Object.assign(this, { id, hash })
    this.#forget(at.getTime() - LATE_MS)
  }

  /** The chain goes on behind a seal that the database has no more. */
  continueBehind(id: number, hash: Buffer, highest: number): void {
    Object.assign(this, { id, hash })
    this.#highest = Math.max(this.#highest, highest)
    this.#floor = this.#highest
  }

  /** Where rows that are not sealed may be. */
  open(): Range[] {
    return this.#recent.gaps([this.#floor + 1, Number.MAX_SAFE_INTEGER])
  }

  #forget(before: number): void {
    const kept = this.#marks.findIndex(({ at }) => at >= before)
    for (const { highest } of this.#marks.splice(0, kept)) this.#floor = Math.max(this.#floor, highest)
    this.#recent.dropUpTo(this.#floor)
  }
}
