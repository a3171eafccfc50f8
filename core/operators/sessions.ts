import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Pool } from 'pg'

export const SESSION_MS = 12 * 3_600_000
export const IDLE_MS = 3_600_000
const ID_BYTES = 32

const hashOf = (id: string): Buffer => createHash('sha256').update(id).digest()

/** What a browser is known by before and after a sign-in; of a session only its hash is kept. */
export const newBrowserId = (): string => randomBytes(ID_BYTES).toString('base64url')

const BEGIN = `with old as (delete from operator_session where created_at < now() - interval '30 days')
  insert into operator_session (id_hash, operator, account)
  select $1, $2, $3 where $3::text is null or exists (select from operator_account where name = $3 and disabled_at is null)
  returning id_hash`

const SEE = `update operator_session s set seen_at = clock_timestamp()
  where id_hash = $1 and ended_at is null
    and created_at > clock_timestamp() - $2 * interval '1 ms' and seen_at > clock_timestamp() - $3 * interval '1 ms'
    and (account is null or exists (select from operator_account a where a.name = s.account and a.disabled_at is null))
  returning operator`

const END = 'update operator_session set ended_at = clock_timestamp() where id_hash = $1 and ended_at is null returning operator'

/** Operators who are signed in to the console, and the tokens that their forms carry. */
export class OperatorSessions {
  readonly #pool: Pool
  readonly #csrfKey: Buffer

  constructor(pool: Pool, csrfKey: Buffer) {
    this.#pool = pool
    this.#csrfKey = csrfKey
  }

  /** `account` is null for who signed in at the identity provider. Null where the account was disabled meanwhile. */
  async begin(operator: string, account: string | null): Promise<string | null> {
    const id = newBrowserId()
    const { rowCount } = await this.#pool.query(BEGIN, [hashOf(id), operator, account])
    return rowCount ? id : null
  }

  /** Who it is, if the session still holds; it is in use from now on for another hour. */
  async see(id: string): Promise<string | null> {
    const { rows } = await this.#pool.query<{ operator: string }>(SEE, [hashOf(id), SESSION_MS, IDLE_MS])
    return rows[0]?.operator ?? null
  }

  async end(id: string): Promise<string | null> {
    const { rows } = await this.#pool.query<{ operator: string }>(END, [hashOf(id)])
    return rows[0]?.operator ?? null
  }

  /** What an unsafe request of this browser has to carry. */
  csrfToken(id: string): string {
    return createHmac('sha256', this.#csrfKey).update(id).digest('base64url')
  }

  isCsrfToken(id: string, token: unknown): boolean {
    if (typeof token !== 'string') return false
    const [expected, given] = [this.csrfToken(id), token].map((text) => createHash('sha256').update(text).digest())
    return timingSafeEqual(expected as Buffer, given as Buffer)
  }
}
