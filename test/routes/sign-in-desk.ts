import type { Test } from 'tap'
import type { AppConfig } from '../../core/app.ts'
import { logStream } from '../../core/log-stream.ts'
import type { OAuthApp } from '../../core/oauth/app.ts'
import type { Sandbox } from '../../core/sandbox.ts'
import beaconSandbox from '../support/drivers/beacon/sandbox.ts'
import lanternSandbox from '../support/drivers/lantern/sandbox.ts'
import { freePort } from '../support/port.ts'
import { type Answer, operatorToken, type Service, startSandbox, startService } from '../support/service.ts'

const folder = (path: string) => new URL(path, import.meta.url).pathname
export const CONNECTION = '/api/tenants/acme/connection'

export interface Begun {
  flowId: string
  /** Where the browser is sent back to after consent, with code and state. */
  callback: URL
  cookie: string | null
}

export interface Desk {
  service: Service
  sandbox: Sandbox
  beacon: Sandbox
  operator: string
  /** A sign-in up to the callback, which is not called yet. */
  begin(options?: { shop?: string; headers?: Record<string, string>; tenant?: string }): Promise<Begun>
  call(url: URL, options?: { headers?: Record<string, string>; method?: string }): Promise<Answer>
  status(flowId: string): Promise<Answer['body']>
  ask(statement: string, ...values: unknown[]): Promise<Record<string, unknown>[]>
  /** What the audit log says of sign-ins, oldest first: action, code, tenant. */
  audit(): Promise<string[]>
  /** How many connections and credentials are stored. */
  stored(): Promise<number[]>
  /** Everything logged so far. */
  logged(): string
  /** As if the service had been started without the platform's own apps. */
  forgetApps(): void
}

/** A service with two sandboxes that sign in, and one tenant. */
export const signInDesk = async (t: Test, overrides: Partial<AppConfig> = {}): Promise<Desk> => {
  const [sandbox, beacon, port] = await Promise.all([startSandbox(t, lanternSandbox), startSandbox(t, beaconSandbox), freePort()])
  const lines: string[] = []
  const write = logStream.write
  logStream.write = (line) => void lines.push(line)
  t.teardown(() => {
    logStream.write = write
  })
  const appOf = ({ oauth }: Sandbox) => ({
    clientId: oauth?.server.client.id ?? '',
    clientSecret: oauth?.server.client.secret ?? '',
    variants: {},
  })
  const apps: Record<string, OAuthApp> = { lantern: appOf(sandbox), beacon: appOf(beacon) }
  const service = await startService(t, {
    port,
    publicUrl: `http://127.0.0.1:${port}`,
    driverFolders: [folder('../../drivers'), folder('../support/drivers')],
    providers: Object.fromEntries(['hubspot', 'salesforce', 'zoho', 'athenahealth'].map((slug) => [slug, false])),
    oauthApps: apps,
    endpoints: { lantern: sandbox.url, beacon: beacon.url },
    logLevel: 'trace',
    ...overrides,
  })
  await service.tenant('acme')
  const operator = await operatorToken()
  const { pool } = service.app.database
  const ask: Desk['ask'] = async (statement, ...values) => (await pool.query(statement, values)).rows
  return {
    service,
    sandbox,
    beacon,
    operator,
    begin: async ({ shop = 'corner', headers = {}, tenant = 'acme' } = {}) => {
      const path = `/api/tenants/${tenant}/connection`
      const begun = await service.post(path, operator, { provider: 'lantern', settings: { shop } }, headers)
      if (begun.status !== 202) throw new Error(JSON.stringify(begun.body))
      const consented = await fetch(begun.body.authorize_url, { redirect: 'manual' })
      const callback = new URL(consented.headers.get('location') ?? '')
      return { flowId: begun.body.flow_id, callback, cookie: begun.headers.get('set-cookie')?.split(';')[0] ?? null }
    },
    call: async (url, options = {}) => {
      const answer = await fetch(url, options)
      return { status: answer.status, headers: answer.headers, body: await answer.text() }
    },
    status: async (flowId) => (await service.get(`${CONNECTION}/sign-ins/${flowId}`, operator)).body,
    ask,
    audit: async () =>
      (
        await ask(
          "select concat_ws(' ', action, code, coalesce(tenant_id, 'nobody'), actor_id) as did from audit_log where phase = 'outcome' and action !~ '^(tenant|api_key)' order by seq",
        )
      ).map(({ did }) => String(did)),
    stored: async () => {
      const [row] = await ask(
        'select (select count(*)::int from connection) as c, (select count(*)::int from tenant_credentials) as s',
      )
      return [Number(row?.c), Number(row?.s)]
    },
    logged: () => lines.join(''),
    forgetApps: () => {
      for (const slug of Object.keys(apps)) delete apps[slug]
    },
  }
}
