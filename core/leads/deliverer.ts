import type { DriverLog } from '../driver.ts'
import type { Lead, Leads, Next, Turn } from '../store/leads.ts'
import type { Deps } from '../verbs/deps.ts'
import type { Kept } from './accept.ts'
import { deliver, type Known } from './deliver.ts'
import { codeOf, type Verdict } from './judge.ts'

export interface DelivererOptions {
  deps: Deps
  leads: Leads
  log: DriverLog
  /** Of one create. */
  deadlineMs: number
  /** Asks for `deliverDue` in that many milliseconds. */
  later(afterMs: number): void
}

/** Tenants whose leads are delivered at once by one process. */
const MOST_TURNS = 16
/** While leads wait, somebody looks this often: a connection that works again is not waited for longer. */
const LOOK_AGAIN_MS = 3_000

type Told = (lead: Lead | null) => void

/** Delivers leads in the order of their acceptance: one tenant's one after the other, in whichever process has the tenant's turn. */
export class Deliverer {
  readonly #options: DelivererOptions
  readonly #turns = new Map<string, Promise<void>>()
  readonly #waiting = new Map<string, Map<Told, string>>()
  #isStopping = false

  constructor(options: DelivererOptions) {
    this.#options = options
  }

  /** What became of a lead just accepted, where that is known within the time; else as it was. */
  async settled({ lead, turn, isNext, arrivals }: Kept, known: Known, withinMs: number): Promise<Lead> {
    const isHere = turn !== null || this.#turns.has(lead.tenant_id)
    const told = isHere && lead.state === 'waiting' ? this.#told(lead, withinMs) : null
    if (turn) this.#begin(turn, isNext ? { lead, isLast: true, arrivals, failures: 0 } : null, known)
    return (await told) ?? lead
  }

  /** Takes the turns that nobody has; gives how many. */
  async deliverDue(): Promise<number> {
    const { leads } = this.#options
    const due = this.#isStopping ? [] : await leads.due(MOST_TURNS)
    let taken = 0
    for (const tenantId of due) {
      if (this.#turns.size >= MOST_TURNS) break
      const turn = this.#turns.has(tenantId) ? null : await leads.take(tenantId)
      if (turn) this.#begin(turn, null)
      taken += Number(turn !== null)
    }
    const nextMs = await leads.nextDueMs()
    if (nextMs !== null && !this.#isStopping) this.#options.later(Math.min(nextMs, LOOK_AGAIN_MS))
    return taken
  }

  /** Ends each turn after the lead that is on its way. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#turns.values())
  }

  #begin(turn: Turn, first: Next | null, known?: Known): void {
    const before = this.#turns.get(turn.tenantId) ?? Promise.resolve()
    const work = before
      .then(() => this.#work(turn, first, known))
      .catch((error: unknown) =>
        this.#options.log.warn({ code: codeOf(error) }, 'leads could not be delivered and are tried again'),
      )
      .finally(() => this.#end(turn.tenantId, work))
    this.#turns.set(turn.tenantId, work)
  }

  #end(tenantId: string, work: Promise<void>): void {
    if (this.#turns.get(tenantId) !== work) return
    this.#turns.delete(tenantId)
    for (const tell of [...(this.#waiting.get(tenantId)?.keys() ?? [])]) tell(null)
  }

  async #work(turn: Turn, first: Next | null, known?: Known): Promise<void> {
    const { leads } = this.#options
    for (let next = first ?? (await leads.next(turn)), isFirst = first !== null; next; next = await leads.next(turn)) {
      if (this.#isStopping) return void (await leads.giveUp(turn, null))
      if (!next.lead) {
        if (await leads.giveUp(turn, next.arrivals)) return
        continue
      }
      if (!(await this.#deliver(turn, { ...next, lead: next.lead }, isFirst ? known : undefined))) return
      isFirst = false
    }
  }

  /** Whether the turn goes on. */
  async #deliver(turn: Turn, next: Next & { lead: Lead }, known?: Known): Promise<boolean> {
    const { deps, leads, log, deadlineMs, later } = this.#options
    const verdict = await deliver(deps, { deadlineMs, log }, next, known)
    const { lead, isLast, arrivals } = next
    if (verdict.isOver) {
      const goesOn = await leads.settle(turn, lead.id, verdict, isLast ? arrivals : null)
      this.#tell(lead, verdict)
      return goesOn
    }
    await leads.putOff(turn, lead.id, verdict.afterMs, verdict)
    this.#tell(lead, verdict)
    later(Math.min(verdict.afterMs, LOOK_AGAIN_MS))
    return false
  }

  #tell(lead: Lead, verdict: Verdict): void {
    const now = new Date()
    const next_at = verdict.isOver ? null : new Date(now.getTime() + verdict.afterMs)
    const { provider, external_id, record_url, error_code, error_detail } = verdict
    const became = { provider, external_id, record_url, error_code, error_detail, next_at, updated_at: now }
    const state: Lead['state'] = verdict.isOver ? verdict.state : 'waiting'
    const told: Lead = { ...lead, ...became, state, attempts: lead.attempts + 1 }
    for (const [tell, id] of [...(this.#waiting.get(lead.tenant_id) ?? [])]) if (id === lead.id) tell(told)
  }

  #told({ tenant_id, id }: Lead, withinMs: number): Promise<Lead | null> {
    const ofTenant = this.#waiting.get(tenant_id) ?? new Map<Told, string>()
    this.#waiting.set(tenant_id, ofTenant)
    return new Promise((resolve) => {
      const tell: Told = (lead) => {
        clearTimeout(timer)
        ofTenant.delete(tell)
        if (ofTenant.size === 0 && this.#waiting.get(tenant_id) === ofTenant) this.#waiting.delete(tenant_id)
        resolve(lead)
      }
      const timer = setTimeout(tell, withinMs, null)
      ofTenant.set(tell, id)
    })
  }
}
