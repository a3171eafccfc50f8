import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { VorelError } from '../errors.ts'

export const MIN_PASSWORD_LENGTH = 12
const MAX_PASSWORD_BYTES = 1024
const SALT_BYTES = 16
const HASH_BYTES = 32
const MEMORY_BYTES = 64 * 1024 * 1024

/** N, r, p. */
export type Cost = [n: number, r: number, p: number]

/** 32 MiB and about a tenth of a second for each guess. */
const COST: Cost = [2 ** 15, 8, 3]

export interface Stored {
  salt: Buffer
  hash: Buffer
  cost: Cost
}

const derive = (password: string, salt: Buffer, [N, r, p]: Cost): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, { N, r, p, maxmem: MEMORY_BYTES }, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  )

export const hashPassword = async (password: string): Promise<Stored> => {
  if ([...password].length < MIN_PASSWORD_LENGTH || Buffer.byteLength(password) > MAX_PASSWORD_BYTES)
    throw new VorelError('invalid_request', `A password has at least ${MIN_PASSWORD_LENGTH} characters. Choose a longer one.`)
  const salt = randomBytes(SALT_BYTES)
  return { salt, hash: await derive(password, salt, COST), cost: COST }
}

/** Nobody's: whoever has no account is told so no sooner than whoever has one. */
const NOBODY: Stored = { salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES), cost: COST }

export const isPassword = async (given: string, stored: Stored | null): Promise<boolean> => {
  const { salt, hash, cost } = stored ?? NOBODY
  const isSame = timingSafeEqual(await derive(given.slice(0, MAX_PASSWORD_BYTES), salt, cost), hash)
  return isSame && stored !== null
}
