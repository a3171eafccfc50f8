import type { Test } from 'tap'
import type { AppConfig } from '../../core/app.ts'
import type { Sandbox } from '../../core/sandbox.ts'
import { type Answer, operatorToken, type Service, startSandbox, startService } from '../support/service.ts'

export interface Desk {
  service: Service
  sandbox: Sandbox
  key: string
  operator: string
  create(idempotencyKey: string, fields: Record<string, unknown>, object?: string): Promise<Answer>
  forget(keys: Record<string, string>): Promise<Answer>
  /** The erasure once it is in one of these states. */
  until(id: string, ...states: string[]): Promise<Answer['body']>
}

const PATH = '/api/tenant/forget'

/** A tenant `acme` connected to a sandbox, and an operator who forgets people. */
export const openDesk = async (
  t: Test,
  overrides: Partial<AppConfig> = {},
  scopes = ['crm:read', 'crm:write'],
): Promise<Desk> => {
  const sandbox = await startSandbox(t)
  const service = await startService(t, overrides)
  const key = await service.tenant('acme', { sandbox, scopes })
  const operator = await operatorToken()
  return {
    service,
    sandbox,
    key,
    operator,
    create: (idempotency_key, fields, object = 'contact') =>
      service.post('/v1/crm/create-record', key, { object, fields, idempotency_key }),
    forget: (keys) => service.post(PATH, operator, { tenant_id: 'acme', ...keys }),
    until: (id, ...states) => until(service, operator, id, states),
  }
}

export const until = async (service: Service, operator: string, id: string, states: string[]): Promise<Answer['body']> => {
  for (const begun = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const { body } = await service.get(`${PATH}/${id}`, operator)
    if (states.includes(body.state)) return body
    if (Date.now() - begun > 30_000) throw new Error(`The erasure is not ${states.join(' or ')}: ${JSON.stringify(body)}`)
  }
}
