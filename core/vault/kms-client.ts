import { DecryptCommand, GenerateDataKeyCommand, KMSClient, ReEncryptCommand } from '@aws-sdk/client-kms'
import type { KmsConfig } from '../config.ts'
import { VorelError } from '../errors.ts'
import { DataKey } from './data-keys.ts'

export type Context = Record<string, string>

/** What the vault asks of the key service. */
export interface KmsClient {
  generate(keyId: string, context: Context): Promise<DataKey>
  decrypt(keyId: string, wrapped: Buffer, context: Context): Promise<DataKey>
  reEncrypt(from: string, to: string, wrapped: Buffer, context: Context): Promise<Buffer>
}

/** One question to the key service, attempts included. */
const TOTAL_MS = 4_000
/** It answers, and says that the data key is not what it was: waiting does not help. */
const DAMAGED = ['InvalidCiphertextException', 'IncorrectKeyException']

export const createKmsClient = ({ region, endpoint, credentials }: KmsConfig): KmsClient => {
  const client = new KMSClient({
    region,
    ...(endpoint && { endpoint }),
    ...(credentials && { credentials }),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
  })
  const signal = () => ({ abortSignal: AbortSignal.timeout(TOTAL_MS) })
  return {
    generate: async (KeyId, EncryptionContext) => {
      const command = new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext })
      const { Plaintext, CiphertextBlob } = await client.send(command, signal()).catch(explain)
      return dataKey(Plaintext, bytesOf(CiphertextBlob))
    },
    decrypt: async (KeyId, wrapped, EncryptionContext) => {
      const command = new DecryptCommand({ KeyId, CiphertextBlob: wrapped, EncryptionContext })
      const { Plaintext } = await client.send(command, signal()).catch(explain)
      return dataKey(Plaintext, wrapped)
    },
    reEncrypt: async (SourceKeyId, DestinationKeyId, wrapped, context) => {
      const contexts = { SourceEncryptionContext: context, DestinationEncryptionContext: context }
      const command = new ReEncryptCommand({ SourceKeyId, DestinationKeyId, CiphertextBlob: wrapped, ...contexts })
      return bytesOf((await client.send(command, signal()).catch(explain)).CiphertextBlob)
    },
  }
}

const bytesOf = (bytes: Uint8Array | undefined): Buffer => Buffer.from(bytes ?? [])

const dataKey = (plain: Uint8Array | undefined, wrapped: Buffer): DataKey => {
  const bytes = bytesOf(plain)
  plain?.fill(0)
  if (bytes.length !== 32 || wrapped.length === 0) throw unavailable(new Error('The key service gave no data key'))
  return new DataKey(bytes, wrapped)
}

/** What the service says stays in the log: it names keys and accounts. */
const explain = (error: unknown): never => {
  const { name } = error as Error
  if (DAMAGED.includes(name))
    throw new VorelError('internal', 'A stored value cannot be opened: its data key is not of the configured key.', {
      cause: error,
    })
  throw unavailable(error)
}

export const unavailable = (cause: unknown): VorelError =>
  new VorelError('vault_unavailable', 'The key service does not answer, or refuses us. Try again in a moment.', {
    cause,
    retryAfterSeconds: 2,
  })
