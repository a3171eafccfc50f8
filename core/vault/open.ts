import type { Config } from '../config.ts'
import type { VaultKey } from './key.ts'
import { Keyring } from './keyring.ts'

export type KeyConfig = Pick<Config, 'encryptionKey' | 'olderEncryptionKeys' | 'kms'>

/** The keyring that the configuration asks for. The key service's client is loaded only where one is used. */
export const openKeyring = async ({ encryptionKey, olderEncryptionKeys, kms }: KeyConfig): Promise<Keyring> => {
  const masters = encryptionKey ? [encryptionKey, ...olderEncryptionKeys] : olderEncryptionKeys
  const [current, ...others] = kms ? await kmsKeys(kms) : []
  const all = kms?.seals ? [current, ...others, ...masters] : [...masters, current, ...others]
  const [sealing, ...opening] = all.filter((key) => key !== undefined)
  if (!sealing) throw new Error('No key is configured. Set CRM_CREDENTIAL_ENCRYPTION_KEY, or vault.kms.')
  return new Keyring(sealing, opening)
}

const kmsKeys = async (kms: NonNullable<Config['kms']>): Promise<VaultKey[]> => {
  const [{ createKmsClient }, { KmsKey }] = await Promise.all([import('./kms-client.ts'), import('./kms-key.ts')])
  const client = createKmsClient(kms)
  return [kms.keyId, ...kms.olderKeyIds].map((id) => new KmsKey(client, id))
}
