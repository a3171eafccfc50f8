import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnyDriver } from '../driver.ts'
import { isVorelError, VorelError } from '../errors.ts'
import type { OpenConnection } from '../outbound/context.ts'
import type { Sessions } from '../outbound/session.ts'
import type { AuditEntry } from '../store/audit.ts'
import type { TokenId, TokenRow, TokenStore } from '../store/tokens.ts'
import { credentialsOf, type Keyring } from '../vault/keyring.ts'
import type { Granted, OAuthClient } from './client.ts'
import { GrantError } from './grant-error.ts'
import { explainGrantError, pauseMsAfter } from './renewal-error.ts'
import type { Renewed, Renewer } from './sign-in.ts'
import { hasExpired, refreshAt, tokensIn, withoutTokens } from './tokens.ts'

export interface CoordinatorOptions {
  store: TokenStore
  keyring: Keyring
  client: OAuthClient
  sessions: Sessions
  /** How each renewal ended: `ok` or the fault. */
  observe(provider: string, outcome: string): void
}

/** A token call may take this long, whatever the calls that wait for it can spare. */
const TOKEN_CALL_MS = 30_000
/** A process that ended while renewing holds others up for no longer. */
const LEASE_MS = 5_000
const BEAT_MS = 1_000
const LOOK_AGAIN_MS = 100
/** A token refused this soon after it was given would be followed by another just as good. */
const FRESH_MS = 10_000
/** How long tokens that cannot be written down are held on to: a database's restart, and more. */
const PERSIST_MS = 120_000
const PERSIST_AGAIN_MS = 200
const AGAIN_UNASKED_MS = 300_000

/**
 * Renews tokens once for everybody, over all processes. Within a process calls share one promise; between processes a claim in the row, kept up
 * while the provider is asked, says who does it: unlike a lock it outlives a restart of the database, and holds no connection. New tokens are
 * written down before anybody uses them, guarded by the version they replace; whoever comes second finds the version moved and takes theirs.
 */
export class Coordinator implements Renewer {
  readonly #options: CoordinatorOptions
  readonly #flights = new Map<string, Promise<Renewed>>()

  constructor(options: CoordinatorOptions) {
    this.#options = options
  }

  async renew(driver: AnyDriver, connection: OpenConnection): Promise<Renewed> {
    if (connection.version === 0) throw refusedFresh()
    const key = `${connection.tenant.id}\n${connection.provider}`
    const under = this.#flights.get(key)
    if (under) {
      const renewed = await under
      return renewed.version === connection.version ? this.renew(driver, connection) : renewed
    }
    const flight = this.#settle(driver, connection).finally(() => this.#flights.delete(key))
    flight.catch(() => undefined) // whoever asked may have run out of time
    this.#flights.set(key, flight)
    return flight
  }

  /** Lets renewals under way come to their end, for so long. */
  async settled(withinMs: number): Promise<void> {
    const timeout = new AbortController()
    const all = Promise.allSettled(this.#flights.values()).finally(() => timeout.abort())
    await Promise.race([all, sleep(withinMs, undefined, { signal: timeout.signal }).catch(() => undefined)])
  }

  /** Takes what another renewed, renews, or waits for the one who does. */
  async #settle(driver: AnyDriver, connection: OpenConnection): Promise<Renewed> {
    const { store } = this.#options
    const id = { tenantId: connection.tenant.id, provider: connection.provider }
    for (;;) {
      const row = await persistently(() => store.read(id))
      if (!row) throw new VorelError('connection_not_active', 'The connection was changed meanwhile. Try again.')
      if (row.version !== connection.version) return this.#adopt(id, row)
      if (row.status !== 'active')
        throw new VorelError('auth_error', 'The CRM no longer accepts the stored sign-in. Connect it again.')
      const credentials = await this.#credentialsOf(id, row)
      const tokens = tokensIn(credentials)
      if (tokens && !hasExpired(tokens) && Date.now() - tokens.issued_at < FRESH_MS) throw refusedFresh()
      const claim = randomUUID()
      if (await persistently(() => store.claim(id, row.version, claim, LEASE_MS)))
        return this.#renew({ id, driver, connection, row, credentials, claim })
      if (row.waitMs > 0 && row.claim === null) throw paused(row.waitMs)
      await sleep(LOOK_AGAIN_MS * (0.5 + Math.random()))
    }
  }

  async #renew(effort: Effort): Promise<Renewed> {
    const { id, claim } = effort
    const beat = setInterval(() => void this.#options.store.keep(id, claim, LEASE_MS).catch(() => undefined), BEAT_MS)
    try {
      const granted = await this.#ask(effort)
      const renewed = await this.#persist(effort, granted)
      this.#options.observe(id.provider, 'ok')
      return renewed
    } catch (error) {
      if (!(error instanceof GrantError)) throw error
      return await this.#failed(effort, error)
    } finally {
      clearInterval(beat)
    }
  }

  async #ask({ driver, connection, row, credentials }: Effort): Promise<Granted> {
    const { client, sessions } = this.#options
    const { facts } = row
    if (driver.manifest.auth.kind === 'form') {
      const opened = sessions.open(driver, { ...connection, credentials, facts }).catch(asGrantError)
      return { tokens: await opened, facts }
    }
    const tokens = tokensIn(credentials)
    if (!tokens) throw notStored()
    return client.refresh({ driver, settings: connection.settings, facts }, tokens, AbortSignal.timeout(TOKEN_CALL_MS))
  }

  /** The old tokens may be dead by now: these are written down however long the database is away. */
  async #persist({ id, driver, row, credentials: before }: Effort, { tokens, facts }: Granted): Promise<Renewed> {
    const { store, keyring } = this.#options
    const version = row.version + 1
    const { auth } = driver.manifest
    const credentials = { ...withoutTokens(before), ...tokens }
    const changed = Object.fromEntries(Object.entries(facts).filter(([name, value]) => row.facts[name] !== value))
    const sealed = await persistently(() => keyring.seal(credentials, credentialsOf(id.tenantId, id.provider, version)))
    const stored = {
      keyId: keyring.currentId,
      sealed,
      refreshAt: auth.kind === 'form' ? null : refreshAt(tokens, auth),
      facts: changed,
    }
    const entry = entryOf(id, 'token.refreshed', 'ok')
    const isReplaced = await persistently(() => store.replace(id, row.version, stored, entry))
    if (isReplaced) return { version, credentials, facts }
    return this.#current(id)
  }

  /** Somebody connected anew meanwhile, or an answer to our own statement was lost: what is stored counts. */
  async #current(id: TokenId): Promise<Renewed> {
    const row = await persistently(() => this.#options.store.read(id))
    if (!row) throw new VorelError('connection_not_active', 'The connection was changed meanwhile. Try again.')
    return this.#adopt(id, row)
  }

  async #failed({ id, row, claim, driver }: Effort, error: GrantError): Promise<Renewed> {
    const { store, observe } = this.#options
    observe(id.provider, error.fault)
    if (error.fault !== 'dead') {
      await store.release(id, claim, pauseMsAfter(error), AGAIN_UNASKED_MS).catch(() => undefined)
      throw explainGrantError(driver, error)
    }
    const reason = row.claim === null ? error.reason : `${error.reason} (an earlier renewal was interrupted)`
    const isEnded = await persistently(() =>
      store.end(id, row.version, reason, entryOf(id, 'connection.reauth_required', codeIn(error))),
    )
    const now = isEnded ? null : await persistently(() => store.read(id))
    if (now && now.version !== row.version) return this.#adopt(id, now)
    throw explainGrantError(driver, error)
  }

  async #adopt(id: TokenId, row: TokenRow): Promise<Renewed> {
    const credentials = await this.#credentialsOf(id, row)
    if (!tokensIn(credentials)) throw notStored()
    return { version: row.version, credentials, facts: row.facts }
  }

  #credentialsOf({ tenantId, provider }: TokenId, { sealed, version }: TokenRow): Promise<Record<string, unknown>> {
    return this.#options.keyring.open(sealed, credentialsOf(tenantId, provider, version))
  }
}

interface Effort {
  id: TokenId
  driver: AnyDriver
  connection: OpenConnection
  row: TokenRow
  credentials: Record<string, unknown>
  claim: string
}

/** What a form's provider refuses, by the words of a grant. */
const asGrantError = (error: unknown): never => {
  if (!isVorelError(error)) throw error
  const { code, retryAfterSeconds } = error
  if (code === 'auth_error') throw new GrantError('dead', 'credentials_refused', { cause: error })
  if (code === 'provider_rate_limited')
    throw new GrantError('throttled', code, { cause: error, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) })
  throw new GrantError('unreachable', code, { cause: error })
}

const notStored = () => new VorelError('auth_error', 'No sign-in is stored for this CRM. Connect it again.')

const persistently = async <T>(write: () => Promise<T>): Promise<T> => {
  const until = performance.now() + PERSIST_MS
  for (;;) {
    try {
      return await write()
    } catch (error) {
      if ((isVorelError(error) && error.code !== 'vault_unavailable') || performance.now() > until) throw error
      await sleep(PERSIST_AGAIN_MS)
    }
  }
}

const codeIn = ({ reason }: GrantError): string => reason.split(':')[0] ?? reason

const entryOf = ({ tenantId, provider }: TokenId, action: string, code: string): AuditEntry => ({
  actorType: 'system',
  actorId: 'token-renewal',
  tenantId,
  action,
  provider,
  requestId: randomUUID(),
  phase: 'outcome',
  code,
})

const refusedFresh = () =>
  new VorelError(
    'auth_error',
    'The CRM refuses a sign-in that it has only just given. Check the rights of the account, or connect it again.',
  )

const paused = (waitMs: number) => {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000))
  return new VorelError(
    'provider_rate_limited',
    `The CRM's sign-in cannot be renewed at the moment. Try again in ${retryAfterSeconds} s.`,
    {
      retryAfterSeconds,
    },
  )
}
