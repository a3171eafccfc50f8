import type { PoolClient } from 'pg'
import packageJson from '../../package.json' with { type: 'json' }
import type { Certificate, SignedCertificate } from '../../schemas/erasure.ts'
import { CONTRACT_VERSION } from '../../schemas/manifest.ts'
import { type SigningKey, verifySignature } from '../vault/signing-key.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Taken } from './store.ts'

const COUNTS = `select provider, object, state, case when resolved_by is null then 'vorel' else 'person' end as by,
    count(*)::int as count, count(*) filter (where is_hard_deleted)::int as hard_deleted
  from erasure_target where tenant_id = $1 and erasure_id = $2 group by 1, 2, 3, 4 order by 1, 2, 3, 4`

/** What was done, as it stands in the tables: no person's data, nor anything made of it. */
export const certificateOf = async (client: PoolClient, { id, tenantId }: Taken): Promise<Certificate> => {
  const { rows } = await client.query(
    `select actor_type, actor_id, keys_given, scrubbed, created_at, now() as completed_at from erasure where tenant_id = $1 and id = $2`,
    [tenantId, id],
  )
  const [row] = rows
  const counts = await client.query<Certificate['targets'][number]>(COUNTS, [tenantId, id])
  return {
    format: 'vorel-erasure-certificate/1',
    erasure_id: id,
    tenant_id: tenantId,
    requested_at: new Date(row.created_at).toISOString(),
    requested_by: { type: row.actor_type, id: row.actor_id },
    completed_at: new Date(row.completed_at).toISOString(),
    keys_given: row.keys_given,
    scrubbed: row.scrubbed,
    targets: counts.rows,
    versions: { vorel: packageJson.version, driver_contract: CONTRACT_VERSION },
  }
}

export const signed = (key: SigningKey, certificate: Certificate): SignedCertificate => ({
  certificate,
  signature: {
    algorithm: 'Ed25519',
    key_id: key.id,
    public_key: key.publicKey,
    value: key.sign(bytesOf(certificate)).toString('base64'),
  },
})

const bytesOf = (certificate: unknown): Buffer => Buffer.from(canonicalJson(certificate))

/** Whether the signature is the given key's over exactly this; false too for what is no signature or key at all. */
export const isSignedBy = (publicKey: string, { certificate, signature }: SignedCertificate): boolean => {
  try {
    return verifySignature(publicKey, bytesOf(certificate), Buffer.from(signature.value, 'base64'))
  } catch {
    return false
  }
}
