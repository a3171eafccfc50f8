/** What an error says: a sentence for people, `code` for programs, a stack only where the fault is ours. */
export interface Failure {
  code: string
  message: string
  stack?: string
}

/** Errors whose text is made for people. Told apart by name, so that nothing heavy is imported to print `--help`. */
const TOLD: Record<string, string> = { ConfigError: 'invalid_config', DriversRefused: 'drivers_refused' }
const LOST = ['57P01', '57P02', '57P03', '08006', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']

const SEVERED =
  'The database does not answer, or went away meanwhile. See to it (vorel check tells more) and run the command again.'

/** What keeps a command from its work; unless told otherwise, how it was called. */
export class CliError extends Error {
  readonly code: string

  constructor(message: string, code = 'invalid_usage') {
    super(message)
    this.name = 'CliError'
    this.code = code
  }
}

export const failureOf = (error: unknown): Failure => {
  if (!(error instanceof Error)) return { code: 'internal', message: String(error) }
  const { code, syscall, address, port } = error as Partial<Record<'code' | 'syscall' | 'address' | 'port', string>>
  const told = ['VorelError', 'CliError'].includes(error.name) ? code : TOLD[error.name]
  if (told) return { code: told, message: error.message }
  if (syscall === 'listen')
    return {
      code: 'address_unavailable',
      message: `${address}:${port} cannot be listened at (${code}). Set PORT, or HOST, to another.`,
    }
  if (isSevered(error)) return { code: 'database_unavailable', message: SEVERED }
  // What the store and the start throw by `new Error` is a sentence with its remedy; other kinds are faults of the program.
  const isSentence = error.constructor === Error && code === undefined
  return { code: 'internal', message: error.message, ...(!isSentence && error.stack && { stack: error.stack }) }
}

/** Ends the command: a sentence on stderr, or `{ code, message }` with `--json`. */
export const fail = (error: unknown, isJson = false): never => {
  tell(failureOf(error), isJson)
  process.exit(1)
}

export const tell = ({ code, message, stack }: Failure, isJson: boolean): void => {
  process.stderr.write(`${isJson ? JSON.stringify({ code, message }) : (stack ?? message)}\n`)
}

const isSevered = (error: Error): boolean => {
  const codes = [error, error.cause].map((one) => (one as { code?: string } | undefined)?.code ?? '')
  return codes.some((code) => LOST.includes(code)) || /Connection terminated/.test(error.message)
}
