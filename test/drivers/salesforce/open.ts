import type { Test } from 'tap'
import { VorelError } from '../../../core/errors.ts'
import type { SandboxRequest } from '../../../core/sandbox.ts'
import salesforce from '../../../drivers/salesforce/driver.ts'
import startSandbox from '../../../drivers/salesforce/sandbox.ts'
import type { Fields } from '../../../schemas/verbs.ts'
import { type Crm, connect, reference } from '../../contract/connect.ts'

export const DATA = '/services/data/v67.0'

export const open = (t: Test, variant = 'native'): Promise<Crm> =>
  connect(t, salesforce, (options) => startSandbox({ ...options, variant }))

export const create = (crm: Crm, object: string, fields: Fields, ref = reference()) =>
  salesforce.createRecord(crm.call(), { object, fields, reference: ref, idempotency_key: ref })

export const update = (crm: Crm, object: string, external_id: string, fields: Fields) =>
  salesforce.updateRecord(crm.call(), { object, external_id, fields })

/** What somebody else at the org does, by the same API. */
export const elsewhere = async (crm: Crm, method: 'POST' | 'PATCH', path: string, body: object): Promise<unknown> => {
  const headers = { 'content-type': 'application/json' }
  const answer = await crm.call().http.raw({ method, path: `${DATA}${path}`, headers, body: JSON.stringify(body) })
  return answer.body.length ? JSON.parse(answer.body.toString()) : null
}

export const stored = (crm: Crm, object = 'contact', at = 0): Record<string, unknown> => crm.sandbox.records(object)[at] ?? {}

export const refused = async (asked: Promise<unknown>): Promise<VorelError> => {
  const answer = await asked.catch((error: unknown) => error)
  if (answer instanceof VorelError) return answer
  throw new Error(`it was not refused, but ${JSON.stringify(answer) ?? String(answer)}`)
}

/** The statements among requests. */
export const statementsIn = (requests: SandboxRequest[]): string[] =>
  requests.flatMap(({ path, query }) => (/\/(query|search)$/.test(path) ? [query.get('q') ?? ''] : []))

/** What a call asks the sandbox. */
export const askedBy = async (crm: Crm, run: () => Promise<unknown>): Promise<SandboxRequest[]> => {
  const before = crm.sandbox.requests.length
  await run()
  return crm.sandbox.requests.slice(before)
}
