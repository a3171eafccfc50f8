import { createHash, randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface DevelopmentSecrets {
  encryptionKey: string
  jwtSecret: string
  signingKey: string
}

/** Made once and kept in the data folder, so that a restart can read what was stored. */
export const developmentSecrets = async (dataDir: string, faults: string[]): Promise<DevelopmentSecrets | null> => {
  const file = join(dataDir, 'development.json')
  try {
    await makeSecrets(file)
    return withSigningKey(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    faults.push(
      `${file} cannot be ${code ? `made or read (${code}). Mend the folder or set VOREL_DATA_DIR` : 'read. Mend or remove it'}.`,
    )
    return null
  }
}

/** A folder made before there was a signing key: one follows from the other secret, the same each time. */
const withSigningKey = (secrets: DevelopmentSecrets): DevelopmentSecrets => ({
  ...secrets,
  signingKey: secrets.signingKey ?? createHash('sha256').update(`signing ${secrets.encryptionKey}`).digest('base64'),
})

/** Whoever links first is right, and what is linked is whole: another process may be starting at this moment. */
const makeSecrets = async (file: string): Promise<void> => {
  if (await stat(file).catch(() => null)) return
  const secrets = {
    encryptionKey: randomBytes(32).toString('base64'),
    jwtSecret: randomBytes(32).toString('base64url'),
    signingKey: randomBytes(32).toString('base64'),
  }
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  await mkdir(dirname(file), { recursive: true })
  await writeFile(draft, JSON.stringify(secrets), { mode: 0o600, flag: 'wx' })
  try {
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft)
  }
}
