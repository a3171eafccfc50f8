import { randomBytes } from 'node:crypto'
import type { Pool } from 'pg'
import { type Keyring, serviceSecretOf } from '../vault/keyring.ts'

const BYTES = 32

/** A key that the service made for itself, the same for all processes and for ever: made when it is first asked for. */
export const serviceSecret = async (pool: Pool, keyring: Keyring, name: string): Promise<Buffer> => {
  const made = await keyring.seal(randomBytes(BYTES).toString('base64'), serviceSecretOf(name))
  await pool.query('insert into service_secret (name, key_id, sealed) values ($1, $2, $3) on conflict (name) do nothing', [
    name,
    keyring.currentId,
    made,
  ])
  const { rows } = await pool.query<{ sealed: Buffer }>('select sealed from service_secret where name = $1', [name])
  return Buffer.from(await keyring.open<string>(rows[0]?.sealed as Buffer, serviceSecretOf(name)), 'base64')
}
