import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { CliError } from './fail.ts'

/** Reads `field=@file` and `field=-`; nothing else says where a secret is, and none is repeated in an error. */
export const readSecrets = async (given: [field: string, source: string][]): Promise<Record<string, string>> => {
  for (const [field, source] of given)
    if (source !== '-' && !/^@./.test(source))
      throw new CliError(
        `--secret ${field} takes @file or - (standard input), since a command line can be read by others; no secret itself.`,
      )
  const fromInput = await readInput(given.filter(([, source]) => source === '-').map(([field]) => field))
  const pairs = await Promise.all(
    given.map(async ([field, source]) => [field, fromInput[field] ?? (await readSecretFile(field, source.slice(1)))] as const),
  )
  for (const [field, value] of pairs) if (value === '') throw new CliError(`The secret ${field} that was given is empty.`)
  return Object.fromEntries(pairs)
}

const withoutNewline = (value: string): string => value.replace(/\r?\n$/, '')

const readSecretFile = async (field: string, path: string): Promise<string> => {
  try {
    return withoutNewline(await readFile(path, 'utf8'))
  } catch (error) {
    throw new CliError(`The file of --secret ${field}, ${path}, cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}

/** One secret is all that comes in, less its last newline; several are a line each. */
const readInput = async (fields: string[]): Promise<Record<string, string>> => {
  const [first] = fields
  if (first === undefined) return {}
  if (process.stdin.isTTY) return askFor(fields)
  const all = withoutNewline(await text(process.stdin))
  const values = fields.length === 1 ? [all] : all.split(/\r?\n/)
  if (values.length !== fields.length)
    throw new CliError(
      `Standard input has ${values.length} lines for ${fields.length} secrets: ${fields.join(', ')}, a line each.`,
    )
  return Object.fromEntries(fields.map((field, index) => [field, values[index] ?? '']))
}

/** At a terminal: asked for by name, and not shown while typed. */
const askFor = async (fields: string[]): Promise<Record<string, string>> => {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  const entered: Record<string, string> = {}
  lines.on('SIGINT', () => process.exit(130))
  for (const field of fields) {
    process.stderr.write(`${field} (not shown): `)
    entered[field] = await lines.question('')
    process.stderr.write('\n')
  }
  lines.close()
  return entered
}
