import type { Test } from 'tap'
import { VorelError } from '../../../core/driver.ts'
import { defineSandbox, type SandboxAnswer, type SandboxRequest, type StartSandbox } from '../../../core/sandbox.ts'
import athenahealth from '../../../drivers/athenahealth/driver.ts'
import startSandbox from '../../../drivers/athenahealth/sandbox.ts'
import { isTokenRequest, ok, openAuthorization, PRACTICE, throughGateway } from '../../../drivers/athenahealth/sandbox-gateway.ts'
import type { Fields } from '../../../schemas/verbs.ts'
import { type Crm, connect, reference } from '../../contract/connect.ts'

export const ADA = {
  firstname: 'Ada',
  lastname: 'Lovelace',
  dob: '1990-12-10',
  email: 'ada@example.test',
  mobilephone: '+14155550100',
}

export const open = (t: Test, variant = ''): Promise<Crm> =>
  connect(t, athenahealth, (options) => startSandbox({ ...options, variant }))

export type Answering = (request: SandboxRequest, path: string) => SandboxAnswer | undefined

/** A practice that answers as the test says, once it is connected. */
export const practiceThat = (answer: Answering, settings: Record<string, string> = {}): StartSandbox =>
  defineSandbox(() => {
    const server = openAuthorization()
    const usual: Record<string, unknown> = {
      '/ping': { pong: true },
      '/departments': { totalcount: 1, departments: [{ departmentid: '1', name: 'Main', providergroupid: '1' }] },
      '/patients/changed/subscription': { status: 'ACTIVE' },
    }
    return {
      handle: (request) => {
        const through = throughGateway(server, request)
        if (!('path' in through)) return through
        return answer(request, through.path) ?? ok(usual[through.path] ?? {})
      },
      unauthorized: () => ({ status: 401 }),
      rateLimited: () => ({ status: 429 }),
      isWrite: (request) => request.method !== 'GET' && !isTokenRequest(request),
      records: () => [],
      settings: () => ({
        environment: 'preview',
        practice_id: PRACTICE,
        department_id: '1',
        patient_changes: 'own',
        ...settings,
      }),
      credentials: {},
      oauth: { server, isTokenRequest },
    }
  })

export const openThat = (t: Test, answer: Answering, settings?: Record<string, string>): Promise<Crm> =>
  connect(t, athenahealth, practiceThat(answer, settings))

export const create = async (crm: Crm, object: string, fields: Fields): Promise<string> => {
  const ref = reference()
  const input = { object, fields, reference: ref, idempotency_key: ref }
  return (await athenahealth.createRecord(crm.call(), input)).external_id
}

export const update = (crm: Crm, object: string, external_id: string, fields: Fields) =>
  athenahealth.updateRecord(crm.call(), { object, external_id, fields })

export const refused = async (asked: Promise<unknown>): Promise<VorelError> => {
  const error = await asked.then(
    () => null,
    (error: unknown) => error,
  )
  if (error instanceof VorelError) return error
  throw new Error(`it was not refused by an error of ours: ${String(error)}`)
}

/** What went out since, less the sign-in. */
export const asked = (crm: Crm, before = 0): SandboxRequest[] =>
  crm.sandbox.requests.slice(before).filter((request) => !isTokenRequest(request))
