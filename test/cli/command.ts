import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import { startEmbedded } from '../../core/store/embedded.ts'
import { postgresDir } from '../../core/store/postgres-dir.ts'
import { ROOT } from '../support/sources.ts'

export const MAIN = join(ROOT, 'core/cli/main.ts')

type Env = Record<string, string>

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** The command line as people run it, on a data folder of the test's own, with nothing of the test's environment. */
export class CommandLine {
  readonly env: Env

  constructor(env: Env) {
    this.env = { PATH: process.env.PATH ?? '', LOG_LEVEL: 'silent', PORT: '0', ...env }
  }

  with(env: Env): CommandLine {
    return new CommandLine({ ...this.env, ...env })
  }

  async run(args: string[], input = ''): Promise<Ended> {
    const child = this.spawn(args)
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
    return ended(child)
  }

  /** What a command answers with `--json`; an error where it exits with anything but 0. */
  async json<T = unknown>(args: string[], input = ''): Promise<T> {
    const { code, stdout, stderr } = await this.run([...args, '--json'], input)
    if (code !== 0) throw new Error(`${args.join(' ')} exited with ${code}: ${stderr}`)
    return JSON.parse(stdout) as T
  }

  /** A command that goes on until it is stopped, with the JSON line it printed when it was ready. */
  async serve<T>(t: Pick<Test, 'teardown'>, args: string[]): Promise<{ ready: T; stop(): Promise<number | null> }> {
    const child = this.spawn([...args, '--json'])
    const errors = child.stderr ? text(child.stderr) : ''
    const stop = async () => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
      return child.exitCode
    }
    t.teardown(stop)
    if (child.stdout) for await (const line of createInterface(child.stdout)) return { ready: JSON.parse(line) as T, stop }
    throw new Error(`${args.join(' ')} ended before it was ready: ${await errors}`)
  }

  spawn(args: string[]): ChildProcess {
    return spawn(process.execPath, [MAIN, ...args], { cwd: ROOT, env: this.env })
  }
}

export async function ended(child: ChildProcess): Promise<Ended> {
  const [stdout, stderr] = await Promise.all([child.stdout ? text(child.stdout) : '', child.stderr ? text(child.stderr) : ''])
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return { code: child.exitCode, stdout, stderr }
}

/** The database of a data folder, running for the whole test: else each command would start and end it. */
export async function keepDatabase(t: Pick<Test, 'teardown'>, dataDir: string): Promise<void> {
  const server = await startEmbedded(postgresDir({ dataDir }))
  t.teardown(() => server.stop())
}

/** A folder that another user, who runs PostgreSQL when we are root, may enter. */
export async function openFolder(t: Pick<Test, 'teardown'>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'vorel-cli-'))
  await chmod(path, 0o755)
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}
