import { pause } from './service.ts'
import type { Reply } from './steps.ts'

const PATIENCE_MS = 40_000
const UNSETTLED = ['claimed', 'sent']

export interface OperationState {
  state: string
  externalId: string | null
}

/** A caller of the public API with one tenant's key. */
export class Client {
  readonly #url: string
  readonly #headers: Record<string, string>

  constructor(url: string, apiKey: string) {
    this.#url = url
    this.#headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', connection: 'close' }
  }

  /** Null where no answer came. The record is named after the key, so that it can be counted at the provider. */
  async create(key: string): Promise<(Reply & { retryAfterMs: number }) | null> {
    const body = JSON.stringify({ object: 'lead', fields: { name: key }, idempotency_key: key })
    try {
      const answer = await fetch(`${this.#url}/v1/crm/create-record`, { method: 'POST', headers: this.#headers, body })
      const replayed = answer.headers.get('idempotent-replayed') === 'true'
      const retryAfterMs = Number(answer.headers.get('retry-after') ?? 1) * 1000
      return { status: answer.status, replayed, retryAfterMs, body: (await answer.json()) as Reply['body'] }
    } catch {
      return null
    }
  }

  /** Repeats the create until its answer is final. */
  async createUntilFinal(key: string): Promise<Reply> {
    for (const begun = Date.now(); Date.now() - begun < PATIENCE_MS; ) {
      const reply = await this.create(key)
      if (reply?.status === 201) return reply
      const { state } = await this.operation(key)
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
}
