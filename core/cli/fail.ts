import { ConfigError } from '../config.ts'
import { isVorelError } from '../errors.ts'

/** Ends the command with a sentence for people; a stack only where the fault is ours. */
export const fail = (error: unknown): never => {
  const isTold =
    error instanceof ConfigError || isVorelError(error) || (error instanceof Error && error.name === 'DriversRefused')
  const text = isTold ? (error as Error).message : error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
