import { randomUUID } from 'node:crypto'
import type { Actor, AdminDeps } from '../../core/admin/actor.ts'
import { connectTenant } from '../../core/admin/connections.ts'
import type { AnyDriver } from '../../core/driver.ts'
import { startSignIn } from '../../core/oauth/flow.ts'
import { finishSignIn } from '../../core/oauth/flow-finish.ts'
import type { Sandbox } from '../../core/sandbox.ts'
import type { Database } from '../../core/store/database.ts'

/** Connects a tenant as an operator would, by its provider's form or its sign-in, where the sandbox's person always consents. */
export const connectAs = async (
  deps: AdminDeps,
  database: Database,
  { manifest: { slug: provider, auth } }: AnyDriver,
  { tenantId, entered, ...actor }: Actor & { tenantId: string; entered: Record<string, string> },
): Promise<void> => {
  const isInBrowser = auth.kind === 'oauth2' && auth.grant === 'authorization_code'
  if (!isInBrowser) return void (await connectTenant(deps, database, { ...actor, tenantId, provider, entered }))
  const begun = { actor, tenantId, provider, settings: entered, publicUrl: 'http://127.0.0.1' }
  const { authorizeUrl } = await startSignIn(deps, database, begun)
  const { headers } = await fetch(authorizeUrl, { redirect: 'manual' })
  const parameters = new URL(headers.get('location') ?? 'about:blank').searchParams
  const end = await finishSignIn(deps, database, { provider, parameters, cookie: null, requestId: randomUUID() })
  if (end.code !== 'ok') throw new Error(`The sign-in of ${tenantId} ended with ${end.code}: ${end.detail}`)
}

/** What leads a service to sandboxes in place of providers, by slug. */
export const waysTo = (sandboxes: Record<string, Sandbox>) => ({
  endpoints: Object.fromEntries(Object.entries(sandboxes).map(([slug, { url }]) => [slug, url])),
  oauthApps: Object.fromEntries(
    Object.entries(sandboxes).flatMap(([slug, { oauth }]) => {
      const { id, secret } = oauth?.server.client ?? {}
      return id && secret ? [[slug, { clientId: id, clientSecret: secret, variants: {} }]] : []
    }),
  ),
})
