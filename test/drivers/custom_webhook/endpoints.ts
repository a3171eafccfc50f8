import { isVorelError, type VorelError } from '../../../core/errors.ts'
import { defineSandbox, type Sandbox, type SandboxAnswer, type SandboxRequest, type StartSandbox } from '../../../core/sandbox.ts'
import driver from '../../../drivers/custom_webhook/driver.ts'
import sandbox from '../../../drivers/custom_webhook/sandbox.ts'
import { type Crm, reference } from '../../contract/connect.ts'

export const ada = { name: 'Ada Lovelace', email: 'ada@example.test', phone: '+14155550100' }
export const since = '2020-01-01T00:00:00.000Z'
export const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

export const changed =
  (start: StartSandbox, change: (started: Sandbox) => Partial<Sandbox>): StartSandbox =>
  async (options) => {
    const started = await start(options)
    return { ...started, ...change(started) }
  }
export const byGet = (start: StartSandbox) => changed(start, ({ settings }) => ({ settings: { ...settings, reads: 'GET' } }))
export const variant =
  (name: string): StartSandbox =>
  () =>
    sandbox({ variant: name })

/** An endpoint that takes every request for good and answers as told. */
export const endpoint = (answer: (request: SandboxRequest) => SandboxAnswer): StartSandbox =>
  defineSandbox(() => ({
    handle: answer,
    unauthorized: () => ({ status: 401 }),
    rateLimited: () => ({ status: 429 }),
    isWrite: () => true,
    records: () => [],
    settings: (url) => ({ url }),
    credentials: { secret: SECRET },
  }))

/** An endpoint that passes the test of its connection and answers everything else in one way. */
export const answering = (answer: (request: SandboxRequest) => SandboxAnswer): StartSandbox =>
  endpoint((request) => {
    const { type, data } = JSON.parse(request.body)
    return type === 'crm.connection.test' ? { status: 200, body: { ok: true, challenge: data.challenge } } : answer(request)
  })

export const create = (crm: Crm, ref = reference(), fields = ada) =>
  driver.createRecord(crm.call(), { object: 'contact', fields, idempotency_key: 'conv_1:turn_2', reference: ref })

/** The error of ours that something ended in; whatever else it did is thrown. */
export const failureOf = async (asked: Promise<unknown> | undefined): Promise<VorelError> => {
  const error = await Promise.resolve(asked).then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  )
  if (isVorelError(error)) return error
  throw error
}
