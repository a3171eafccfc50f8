import { randomUUID } from 'node:crypto'
import type { Fields } from '../../schemas/verbs.ts'
import { pause } from './service.ts'
import type { Reply } from './steps.ts'

const PATIENCE_MS = 60_000
const UNSETTLED = ['claimed', 'sent']

export interface OperationState {
  state: string
  externalId: string | null
}

export interface CreateBody {
  object: string
  fields: Fields
  idempotency_key: string
}

/** A caller of the public API with one tenant's key. */
export class Client {
  readonly #url: string
  readonly #headers: Record<string, string>

  constructor(url: string, apiKey: string) {
    this.#url = url
    this.#headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', connection: 'close' }
  }

  /** Null where no answer came. */
  async create(body: CreateBody): Promise<(Reply & { retryAfterMs: number }) | null> {
    try {
      const answer = await this.#post('create-record', body)
      const replayed = answer.headers.get('idempotent-replayed') === 'true'
      const retryAfterMs = Number(answer.headers.get('retry-after') ?? 1) * 1000
      return { status: answer.status, replayed, retryAfterMs, body: (await answer.json()) as Reply['body'] }
    } catch {
      return null
    }
  }

  /** Repeats the create until its answer is final. */
  async createUntilFinal(body: CreateBody): Promise<Reply> {
    for (const begun = Date.now(); Date.now() - begun < PATIENCE_MS; ) {
      const reply = await this.create(body)
      if (reply?.status === 201) return reply
      const { state } = await this.operation(body.idempotency_key)
      if (reply?.body.code === 'outcome_unknown' && state === 'outcome_unknown') return reply
      await pause(reply?.retryAfterMs ?? 500)
    }
    throw new Error(`Repeating did not lead to an answer in ${PATIENCE_MS / 1000} s.`)
  }

  /** Waits, without repeating, until the create is no longer open. */
  async settled(key: string): Promise<OperationState> {
    for (const begun = Date.now(); Date.now() - begun < PATIENCE_MS; await pause(200)) {
      const operation = await this.operation(key)
      if (!UNSETTLED.includes(operation.state)) return operation
    }
    throw new Error(`Nobody settled the create in ${PATIENCE_MS / 1000} s.`)
  }

  async operation(key: string): Promise<OperationState> {
    const answer = await fetch(`${this.#url}/v1/crm/operations/${key}`, { headers: this.#headers })
    const body = (await answer.json()) as { state?: string; code?: string; result?: { external_id: string } | null }
    if (answer.status === 404) return { state: 'absent', externalId: null }
    return { state: body.state ?? `${answer.status} ${body.code}`, externalId: body.result?.external_id ?? null }
  }

  /** A record that a case needs and is not about; gives its id. */
  async createOther(object: string, fields: Fields): Promise<string> {
    const body = { object, fields, idempotency_key: randomUUID() }
    return (await this.#answer<{ external_id: string }>('create-record', body)).external_id
  }

  /** The id of a customer, or null. */
  async lookup(key: { email: string }): Promise<string | null> {
    const { customer } = await this.#answer<{ customer: { external_id: string } | null }>('lookup-customer', key)
    return customer?.external_id ?? null
  }

  /** The id of the first that is found. */
  async search(object: string, query: string): Promise<string> {
    const { matches } = await this.#answer<{ matches: { external_id: string }[] }>('search-records', { object, query, limit: 1 })
    const [found] = matches
    if (!found) throw new Error(`There is no ${object} '${query}' at the provider.`)
    return found.external_id
  }

  async #answer<T>(verb: string, body: object): Promise<T> {
    const answer = await this.#post(verb, body)
    if (!answer.ok) throw new Error(`${verb} answered ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as T
  }

  #post(verb: string, body: object): Promise<Response> {
    return fetch(`${this.#url}/v1/crm/${verb}`, { method: 'POST', headers: this.#headers, body: JSON.stringify(body) })
  }
}
