import type { Test } from 'tap'
import { createKey } from '../../core/admin/keys.ts'
import { createTenant } from '../../core/admin/tenants.ts'
import type { Sandbox } from '../../core/sandbox.ts'
import memorySandbox from '../../drivers/memory/sandbox.ts'
import { connectAs, waysTo } from '../support/connect-as.ts'
import { type Answer, operatorToken, type Service, startService } from '../support/service.ts'

const OPERATOR = { actorType: 'platform_operator', actorId: 'test' } as const

export interface Tenant {
  sandbox: Sandbox
  /** Operators' routes of this tenant, by what follows `/api/tenants/<id>/`. */
  get(path: string): Promise<Answer>
  post(path: string, body: object): Promise<Answer>
  set(...rows: object[]): Promise<Answer>
  test(object: string, fields: object): Promise<Answer>
  /** A create as an agent's server sends it. */
  create(object: string, fields: object, key?: string): Promise<Answer>
  /** What the account of the sandbox does to its columns. */
  columns(method: string, path: string, body?: object): Promise<void>
}

export interface Desk {
  service: Service
  tenant(id: string, options?: { slug?: string; sandbox?: Sandbox; onUnmapped?: 'refuse' | 'skip' }): Promise<Tenant>
  ask(statement: string, ...values: unknown[]): Promise<Record<string, unknown>[]>
}

/** A service that reaches these sandboxes, and an operator. */
export const mappingDesk = async (t: Test, sandboxes: Record<string, Sandbox> = {}): Promise<Desk> => {
  const service = await startService(t, waysTo(sandboxes))
  const { pipeline, database } = service.app
  const operator = await operatorToken()
  const open = async () => {
    const sandbox = await memorySandbox()
    t.teardown(() => sandbox.close())
    return sandbox
  }
  return {
    service,
    ask: async (statement, ...values) => (await database.pool.query(statement, values)).rows,
    tenant: async (id, { slug = 'memory', sandbox = sandboxes[slug], onUnmapped } = {}) => {
      const crm = sandbox ?? (await open())
      await createTenant(pipeline, database, OPERATOR, { id, name: id, region: 'US' })
      const entered = { ...crm.settings, ...crm.credentials }
      const by = { ...OPERATOR, tenantId: id, entered, ...(onUnmapped && { onUnmapped }) }
      await connectAs(pipeline, database, pipeline.registry().get(slug), by)
      const { key } = await createKey(pipeline, database, { ...OPERATOR, tenantId: id, scopes: ['crm:read', 'crm:write'] })
      const post: Tenant['post'] = (path, body) => service.post(`/api/tenants/${id}/${path}`, operator, body)
      return {
        sandbox: crm,
        post,
        get: (path) => service.get(`/api/tenants/${id}/${path}`, operator),
        set: (...rows) => post('mappings', { set: rows }),
        test: (object, fields) => post('mappings/test', { object, fields }),
        create: (object, fields, idempotency_key = 'k1') =>
          service.post('/v1/crm/create-record', key, { object, fields, idempotency_key }),
        columns: (method, path, body) => changeColumns(crm, method, path, body),
      }
    },
  }
}

const changeColumns = async ({ url, credentials }: Sandbox, method: string, path: string, body?: object): Promise<void> => {
  const headers = { authorization: `Bearer ${credentials.api_key}`, 'content-type': 'application/json' }
  const answer = await fetch(`${url}/${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}`)
}
