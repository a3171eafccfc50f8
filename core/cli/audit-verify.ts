import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseSinkLine, type SinkLine } from '../audit/sink.ts'
import { type Fault, type How, type Verdict, verifyAudit } from '../audit/verify.ts'
import { type Config, loadConfig } from '../config.ts'
import { publicKeyId, SigningKey } from '../vault/signing-key.ts'
import type { Answer } from './answer.ts'
import { CliError } from './fail.ts'
import { progress } from './progress.ts'
import { withDatabase } from './session.ts'

const GRACE_MS = 60_000
const TELL_EVERY = 500_000

type Needed = Pick<Config, 'databaseUrl' | 'dataDir' | 'auditSink'> & { key: SigningKey | null }

export const verifyCommand = async ({ sink, publicKey }: { sink?: string; publicKey?: string[] }): Promise<Answer> => {
  const { key, ...config } = await needed(publicKey !== undefined)
  const publicKeys = publicKey ?? (key ? [key.publicKey] : [])
  for (const one of publicKeys) assertKey(one)
  const file = sink ?? (config.auditSink === 'stdout' ? null : config.auditSink)
  const lines = file ? await readSink(file, sink !== undefined) : new Map<number, SinkLine>()
  const known = lines.size
  const begun = performance.now()
  const verdict = await withDatabase(config, ({ pool }) =>
    verifyAudit({
      pool,
      publicKeys,
      macKeys: new Map(key ? [[key.id, key.macKey('audit')]] : []),
      keyIdOf: publicKeyId,
      sink: lines,
      graceMs: GRACE_MS,
      onRows: telling(),
    }),
  )
  return report(verdict, known, file, performance.now() - begun)
}

/** Whoever verifies by the public key needs the database's address and nothing else. */
const needed = async (hasPublicKey: boolean): Promise<Needed> => {
  const { DATABASE_URL: databaseUrl, VOREL_SIGNING_KEY } = process.env
  if (hasPublicKey && databaseUrl && !VOREL_SIGNING_KEY) return { databaseUrl, dataDir: '', auditSink: null, key: null }
  const config = await loadConfig()
  return { ...config, key: new SigningKey(config.signingKey) }
}

const assertKey = (publicKey: string): void => {
  try {
    publicKeyId(publicKey)
  } catch {
    throw new CliError('--public-key is no Ed25519 key in base64. Take it from: vorel audit key.')
  }
}

const readSink = async (file: string, isAsked: boolean): Promise<Map<number, SinkLine>> => {
  const lines = new Map<number, SinkLine>()
  try {
    for await (const text of createInterface({ input: createReadStream(file) })) {
      const line = parseSinkLine(text)
      if (line) lines.set(line.id, line)
    }
  } catch (error) {
    if (isAsked) throw new CliError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}). Name the file of seals.`)
  }
  return lines
}

const telling = (): ((rows: number) => void) => {
  let told = 0
  return (rows) => {
    if (rows - told < TELL_EVERY) return
    told = rows
    progress(`${rows} rows so far.`)
  }
}

const SENTENCES: Record<How, string> = {
  changed: 'is not what was sealed',
  missing: 'was sealed and is gone',
  added: 'lies among sealed rows and was never sealed',
  out_of_order: 'is under a seal that stands at the wrong place',
  never_sealed: 'is older than a minute and was never sealed. Does a service run, and can it reach the database?',
  seal_changed: 'is under a seal that was changed',
  seal_missing: 'has lost its seal',
  seal_rewritten: 'is under a seal that is not the one that was signed',
}

const report = ({ first, ...verdict }: Verdict, sinkLines: number, file: string | null, ms: number): Answer => {
  const { rows, seals, unread, pending, faults } = verdict
  const notes = [
    ...(unread ? [`The contents of ${unread} rows were not looked at: that takes the signing key.`] : []),
    ...(pending ? [`${pending} rows of the last minute are not sealed yet.`] : []),
    ...(sinkLines ? [] : ['No sink was read: whether the newest seals were cut off cannot be told. Name one: --sink <file>.']),
  ]
  const text = first ? sentence(first, faults) : `All is as it was sealed: ${rows} rows under ${seals} seals.`
  return {
    json: { ok: !first, ...verdict, first, sink: file && { file, seals: sinkLines }, seconds: Math.round(ms / 100) / 10 },
    text,
    note: notes.join('\n'),
    isFine: !first,
  }
}

const sentence = ({ seq, how, seal }: Fault, faults: number): string =>
  `Row ${seq} ${SENTENCES[how]}${seal === null ? '' : ` (seal ${seal})`}${faults > 1 ? `; ${faults - 1} more are not in order` : ''}.`
