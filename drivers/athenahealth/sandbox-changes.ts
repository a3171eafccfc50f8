import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { fromEastern } from './eastern.ts'
import { ok, refused } from './sandbox-gateway.ts'
import { formOf, isAnswer, knowing, LISTING, paged, queryOf } from './sandbox-input.ts'

interface Change {
  patientid: string
  processedAt: number | null
}

const CHANGED = {
  ...LISTING,
  ...knowing({
    integers: 'departmentid patientid',
    flag: 'leaveunprocessed',
    moment: 'showprocessedstartdatetime showprocessedenddatetime',
  }),
}
const EVENTS = ['UpdatePatient', 'AddPatient', 'DeletePatient', 'PatientMerge']
const notSubscribed = refused(
  403,
  'Changed messages require a subscription, and that subscription has not been done. Please see the documentation.',
)

/** The queue of changed patients: there with a subscription alone, and shorter with each read. */
export class Changes {
  isSubscribed: boolean
  #queue: Change[] = []

  constructor(isSubscribed: boolean) {
    this.isSubscribed = isSubscribed
  }

  add(patientid: string): void {
    if (!this.isSubscribed) return
    this.#queue = this.#queue.filter((change) => change.patientid !== patientid || change.processedAt !== null)
    this.#queue.push({ patientid, processedAt: null })
  }

  get waiting(): number {
    return this.#queue.filter(({ processedAt }) => processedAt === null).length
  }

  list(request: SandboxRequest, rowOf: (patientid: string) => unknown): SandboxAnswer {
    const wanted = queryOf(request, CHANGED)
    if (isAnswer(wanted)) return wanted
    if (!this.isSubscribed) return notSubscribed
    const { showprocessedstartdatetime: start, showprocessedenddatetime: end, leaveunprocessed, limit, offset } = wanted
    const from = start === undefined ? null : fromEastern(start)
    const to = end === undefined ? Number.POSITIVE_INFINITY : (fromEastern(end) ?? Number.NaN)
    const shown = this.#queue.filter(({ processedAt }) =>
      from === null ? processedAt === null : processedAt !== null && processedAt >= from && processedAt <= to,
    )
    const answer = paged(
      request,
      'patients',
      shown.map(({ patientid }) => rowOf(patientid)),
      { standard: 1000, most: 10_000 },
    )
    if (from === null && leaveunprocessed !== 'true') {
      const first = Number(offset ?? 0)
      for (const change of shown.slice(first, first + Number(limit ?? 1000))) change.processedAt = Date.now()
    }
    return answer
  }

  subscription(request: SandboxRequest): SandboxAnswer {
    if (request.method === 'POST') {
      const form = formOf(request, { eventname: 'text', departmentids: 'integers' }, [])
      if (isAnswer(form)) return form
      this.isSubscribed = true
      return ok({ success: 'true' })
    }
    const subscriptions = this.isSubscribed ? EVENTS.map((eventname) => ({ eventname })) : []
    return ok({ status: this.isSubscribed ? 'ACTIVE' : 'INACTIVE', subscriptions })
  }
}
