import type { Command } from 'commander'
import { failureOf, tell } from './fail.ts'

/** What a command has to say. */
export interface Answer {
  /** The one value that `--json` prints. */
  json: unknown
  /** What people and pipes read on stdout. */
  text: string
  /** For people alone, on stderr. */
  note?: string
  /** False: the command looked, and what it found is not in order; it exits with 1. */
  isFine?: boolean
  /** Where 0 and 1 do not tell enough. */
  exitCode?: number
}

/** Prints something before the command is done. */
export type Announce = (early: Answer) => void

type Run<A extends string[], O> = (args: A, options: O, announce: Announce) => Promise<Answer>

/** Gives the command its `--json`, and prints what `run` answers or why it could not. */
export const answers = <A extends string[], O extends object>(command: Command, run: Run<A, O>): Command =>
  command.option('--json', 'print one JSON value, and errors as { code, message }').action(async () => {
    const { json: isJson = false, ...options } = command.opts<{ json?: boolean }>()
    try {
      print(await run(command.processedArgs as A, options as O, (early) => print(early, isJson)), isJson)
    } catch (error) {
      tell(failureOf(error), isJson)
      process.exitCode = 1
    }
  })

const print = ({ json, text, note, isFine = true, exitCode }: Answer, isJson: boolean): void => {
  if (isJson) process.stdout.write(`${JSON.stringify(json)}\n`)
  else {
    if (text) process.stdout.write(`${text}\n`)
    if (note) process.stderr.write(`${note}\n`)
  }
  if (exitCode !== undefined) process.exitCode = exitCode
  else if (!isFine) process.exitCode = 1
}
