import type { Config } from '../config.ts'
import { OAuthClient } from '../oauth/client.ts'
import { Coordinator } from '../oauth/coordinator.ts'
import { createOutbound } from '../outbound/context.ts'
import { createSessions } from '../outbound/session.ts'
import { createTransport } from '../outbound/transport.ts'
import type { Registry } from '../registry.ts'
import { AuditLog } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import { TokenStore } from '../store/tokens.ts'
import { type KeyConfig, openKeyring } from '../vault/open.ts'
import type { AdminDeps } from './actor.ts'

type Needed = Pick<Config, 'allowAddresses' | 'endpoints' | 'oauthApps'> & KeyConfig

/** What operators' actions need, without a running service. */
export const adminDeps = async (
  { allowAddresses, endpoints, oauthApps, ...keys }: Needed,
  registry: Registry,
  { pool }: Database,
): Promise<{ deps: AdminDeps; close(): Promise<void> }> => {
  const transport = createTransport({ allowAddresses })
  const keyring = await openKeyring(keys)
  const oauth = new OAuthClient({ transport, endpoints, apps: oauthApps })
  const sessions = createSessions({ transport, endpoints })
  const observe = () => undefined
  const coordinator = new Coordinator({ store: new TokenStore(pool), keyring, client: oauth, sessions, observe })
  const outbound = createOutbound({ transport, endpoints, renewer: coordinator })
  const close = async () => {
    await coordinator.settled(5_000)
    await outbound.close()
  }
  return { deps: { registry: () => registry, outbound, oauth, sessions, keyring, audit: new AuditLog(pool) }, close }
}
