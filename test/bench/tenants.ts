import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { makeApiKey } from '../../core/api-key.ts'
import { loadConfig } from '../../core/config.ts'
import { openDatabase } from '../../core/store/database.ts'
import { credentialsOf } from '../../core/vault/keyring.ts'
import { openKeyring } from '../../core/vault/open.ts'
import { databaseUrlOf } from '../faults/tenants.ts'

const SCOPES = ['crm:read', 'crm:write']

export interface BenchTenant {
  token: string
  apiKey: string
}

export interface BenchTenants {
  tenants: BenchTenant[]
  jwtSecret: string
}

/** Tenants with an active connection each, written in bulk: what `vorel connect` would have left behind. */
export const makeTenants = async (
  count: number,
  { config, dataDir, upstream }: { config: string; dataDir: string; upstream: string },
): Promise<BenchTenants> => {
  const loaded = await loadConfig({ VOREL_CONFIG: config, VOREL_DATA_DIR: dataDir })
  const secret = 'secret' in loaded.jwt ? loaded.jwt.secret : ''
  const keyring = await openKeyring(loaded)
  const ids = Array.from({ length: count }, (_, index) => `tenant-${index}`)
  const keys = ids.map(makeApiKey)
  const sealed = await Promise.all(ids.map((id) => keyring.seal({ api_key: 'bench' }, credentialsOf(id, 'memory', 1))))
  const database = await openDatabase({ url: await databaseUrlOf(dataDir), maxConnections: 1 })
  const write = (text: string, ...values: unknown[]) => database.pool.query(text, values)
  try {
    await write("insert into tenant (id, name, region) select id, id, 'US' from unnest($1::text[]) as id", ids)
    await write(
      `insert into connection (id, tenant_id, provider, status, settings)
       select gen_random_uuid(), id, 'memory', 'active', $2::jsonb from unnest($1::text[]) as id`,
      ids,
      JSON.stringify({ url: upstream }),
    )
    await write(
      `insert into tenant_credentials (tenant_id, provider, key_id, sealed)
       select id, 'memory', $3, sealed from unnest($1::text[], $2::bytea[]) as t (id, sealed)`,
      ids,
      sealed,
      keyring.currentId,
    )
    await write(
      `insert into api_key (id, tenant_id, prefix, hash, scopes)
       select 'key_' || id, id, prefix, hash, $4 from unnest($1::text[], $2::text[], $3::bytea[]) as t (id, prefix, hash)`,
      ids,
      keys.map(({ prefix }) => prefix),
      keys.map(({ hash }) => hash),
      SCOPES,
    )
    await write('analyze')
  } finally {
    await database.close()
  }
  const tokens = await Promise.all(ids.map((id) => tokenOf(id, secret)))
  return { tenants: keys.map(({ key }, index) => ({ apiKey: key, token: tokens[index] ?? '' })), jwtSecret: secret }
}

const tokenOf = (tenantId: string, secret: string): Promise<string> =>
  new SignJWT({ tenant_id: tenantId, conversation_id: randomUUID() })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret))
