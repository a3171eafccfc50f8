import { createHash, createHmac } from 'node:crypto'
import { generateRandomState } from 'oauth4webapi'
import type { Pool } from 'pg'
import { SignInRefusal } from './sign-in-refusal.ts'

const SIGN_IN_MS = 600_000

/** A sign-in under way, and what its callback is held against. */
export interface SignInFlow {
  state: string
  nonce: string
  /** PKCE's secret. */
  verifier: string
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest()

const BEGIN = `with old as (delete from operator_sign_in where created_at < clock_timestamp() - interval '1 day')
  insert into operator_sign_in (state_hash, browser_hash, return_to) values ($1, $2, $3)`

const TAKE = `update operator_sign_in set used_at = clock_timestamp()
  where state_hash = $1 and browser_hash = $2 and used_at is null and created_at > clock_timestamp() - $3 * interval '1 ms'
  returning return_to`

const LOOK = `select used_at is not null as is_used, created_at <= clock_timestamp() - $2 * interval '1 ms' as is_over
  from operator_sign_in where state_hash = $1`

/** Sign-ins at the identity provider. Nonce and verifier follow from the state by a key, so that no secret of theirs is stored. */
export class SignInFlows {
  readonly #pool: Pool
  readonly #key: Buffer

  constructor(pool: Pool, key: Buffer) {
    this.#pool = pool
    this.#key = key
  }

  async begin(browserId: string, returnTo: string): Promise<SignInFlow> {
    const state = generateRandomState()
    await this.#pool.query(BEGIN, [hashOf(state), hashOf(browserId), returnTo])
    return this.#flow(state)
  }

  /** The sign-in of this callback, once, and only for the browser that began it; else a `SignInRefusal`. */
  async take(state: string, browserId: string): Promise<SignInFlow & { returnTo: string }> {
    const { rows } = await this.#pool.query(TAKE, [hashOf(state), hashOf(browserId), SIGN_IN_MS])
    if (!rows[0]) throw await this.#refusal(state)
    return { ...this.#flow(state), returnTo: rows[0].return_to }
  }

  async #refusal(state: string): Promise<SignInRefusal> {
    const { rows } = await this.#pool.query(LOOK, [hashOf(state), SIGN_IN_MS])
    const [row] = rows
    if (!row) return new SignInRefusal('unknown_state')
    if (row.is_used) return new SignInRefusal('used_before')
    return new SignInRefusal(row.is_over ? 'expired' : 'other_browser')
  }

  #flow(state: string): SignInFlow {
    const derived = (of: string) => createHmac('sha256', this.#key).update(`${of} ${state}`).digest('base64url')
    return { state, nonce: derived('nonce'), verifier: derived('verifier') }
  }
}
