import type { Config } from '../config.ts'
import { Keyring } from './keyring.ts'

export type KeyConfig = Pick<Config, 'encryptionKey' | 'olderEncryptionKeys'>

/** The keyring that the configuration asks for. */
export const openKeyring = async ({ encryptionKey, olderEncryptionKeys }: KeyConfig): Promise<Keyring> =>
  new Keyring(encryptionKey, olderEncryptionKeys)
