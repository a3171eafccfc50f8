import type { Config } from '../config.ts'
import type { Database } from '../store/database.ts'
import { missingKeys } from '../vault/inventory.ts'
import { credentialsOf, type Keyring } from '../vault/keyring.ts'
import { openKeyring } from '../vault/open.ts'
import type { Finding } from './findings.ts'

interface Sample {
  key_id: string
  tenant_id: string
  provider: string
  token_version: number
  sealed: Buffer
  count: number
}

const SAMPLES = `select distinct on (key_id) key_id, tenant_id, provider, token_version, sealed, count(*) over (partition by key_id)::int as count
  from tenant_credentials order by key_id, rotated_at desc`

const subject = 'credentials'
const MEND =
  'Add that key to CRM_CREDENTIAL_ENCRYPTION_KEYS_OLD, or connect those tenants again. The service does not start without it.'

/** Opens one stored row of each key. */
export const checkCredentials = async (config: Config, { pool }: Database): Promise<Finding[]> => {
  const keyring = await openKeyring(config)
  const missing = (await missingKeys(pool, keyring)).map((detail) => ({ subject, isFine: false, detail, remedy: MEND }) as const)
  const { rows } = await pool.query<Sample>(SAMPLES)
  if (rows.length === 0) return [...missing, { subject, isFine: true, detail: 'none are stored yet' }]
  const known = rows.filter(({ key_id }) => keyring.knows(key_id))
  return [...missing, ...(await Promise.all(known.map((sample) => checkSample(keyring, sample))))]
}

const checkSample = async (
  keyring: Keyring,
  { key_id, tenant_id, provider, token_version, sealed, count }: Sample,
): Promise<Finding> => {
  const stored = `${count} stored under key ${key_id}`
  try {
    await keyring.open(sealed, credentialsOf(tenant_id, provider, token_version))
    return { subject, isFine: true, detail: stored }
  } catch {
    const detail = `those of tenant '${tenant_id}' at ${provider} do not open: the row was damaged or changed by hand`
    return { subject, isFine: false, detail, remedy: `Restore the row, or run vorel connect ${tenant_id} ${provider} again.` }
  }
}
