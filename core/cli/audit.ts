import { Command } from 'commander'
import { answers } from './answer.ts'
import { CliError } from './fail.ts'

/** `vorel audit` */
export const auditCommand = (): Command =>
  new Command('audit').description('The audit log and its seals').addCommand(verify()).addCommand(exported()).addCommand(key())

const repeated = (value: string, before: string[] = []): string[] => [...before, value]

const verify = () =>
  answers<[], { sink?: string; publicKey?: string[] }>(
    new Command('verify')
      .description('Hold every row against its seal, and every seal against its signature, the one before it and the sink')
      .option('--sink <file>', 'lines of seals, as kept elsewhere; those of VOREL_AUDIT_SINK where that is a file')
      .option('--public-key <base64>', 'trust this key alone, repeatable: vorel audit key', repeated),
    async (_, options) => (await import('./audit-verify.ts')).verifyCommand(options),
  )

interface ExportOptions {
  tenant?: string
  since?: string
  until?: string
  action?: string
  csv?: boolean
}

const exported = () =>
  new Command('export')
    .description('Print rows, the newest first, as JSON lines or CSV')
    .option('--tenant <id>', 'of this tenant alone')
    .option('--since <time>', 'from this moment on, such as 2026-01-31 or 2026-01-31T12:00:00Z')
    .option('--until <time>', 'before this moment')
    .option('--action <name>', 'such as create_record or key.created')
    .option('--csv', 'CSV with a heading')
    .option('--json', 'JSON lines, as without it')
    .action(async (options: ExportOptions & { json?: boolean }) => {
      const { fail } = await import('./fail.ts')
      await print(options).catch((error: unknown) => fail(error, options.json))
    })

const print = async ({ tenant, since, until, action, csv }: ExportOptions): Promise<void> => {
  const filter = { tenantId: tenant, action, from: timeOf('--since', since), to: timeOf('--until', until) }
  const { loadConfig } = await import('../config.ts')
  const { withDatabase } = await import('./session.ts')
  const { auditPages } = await import('../audit/read.ts')
  const { csvHeading, csvLines } = await import('../audit/csv.ts')
  await withDatabase(await loadConfig(), async ({ pool }) => {
    if (csv) await out(csvHeading)
    for await (const rows of auditPages(pool, filter))
      await out(csv ? csvLines(rows) : rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  })
}

const out = (text: string): Promise<void> => new Promise((resolve) => process.stdout.write(text, () => resolve()))

const timeOf = (option: string, text: string | undefined): Date | undefined => {
  if (text === undefined) return undefined
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw new CliError(`${option} is no time. Write 2026-01-31 or 2026-01-31T12:00:00Z.`)
  return time
}

const key = () =>
  answers(new Command('key').description('The public key under which seals and certificates are checked'), async () => {
    const { loadConfig } = await import('../config.ts')
    const { SigningKey } = await import('../vault/signing-key.ts')
    const { publicKey, id } = new SigningKey((await loadConfig()).signingKey)
    return { json: { id, public_key: publicKey }, text: publicKey, note: `Key ${id}, Ed25519. Give it to whoever verifies.` }
  })
