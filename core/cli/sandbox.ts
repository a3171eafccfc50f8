import { once } from 'node:events'
import { Command } from 'commander'
import type { Manifest } from '../../schemas/manifest.ts'
import type { Fault, Sandbox, StartSandbox } from '../sandbox.ts'
import { CliError, fail } from './fail.ts'

interface Options {
  port: string
  variant?: string
  fault: string[]
  json?: boolean
}

const HELP = `
It speaks the provider's own dialect and keeps its records until it ends (Ctrl-C). A fault is played on the next requests,
once or as often as said, in the order given: --fault rate_limited:2 --fault reset_after`

/** `vorel sandbox` */
export const sandboxCommand = (): Command =>
  new Command('sandbox')
    .description("Run one provider's sandbox alone, and print its address, its credentials and how to connect to it")
    .argument('<provider>', 'its slug: vorel drivers list')
    .option('--port <number>', 'where on 127.0.0.1 it listens; any free port, unless given', '0')
    .option('--variant <name>', 'which of the dialects, where it speaks several: its README')
    .option('--fault <name[:times]>', 'misbehave, repeatable', (fault: string, before: string[]) => [...before, fault], [])
    .option('--json', 'print one JSON line once it listens, and errors as { code, message }')
    .addHelpText('after', HELP)
    .action(async (slug: string, options: Options) => {
      try {
        await run(slug, options)
      } catch (error) {
        fail(error, options.json)
      }
    })

const run = async (slug: string, { port, variant, fault, json }: Options): Promise<void> => {
  const faults = await plannedFaults(fault)
  const { start, isElsewhere } = await sandboxOf(slug)
  const sandbox = await start({ port: portOf(port), variant, keepRequests: false }).catch((error: NodeJS.ErrnoException) => {
    throw error.code ? new CliError(`Port ${port} on 127.0.0.1 cannot be used (${error.code}). Choose another.`) : error
  })
  for (const { name, times } of faults) sandbox.play(name, { times })
  const { url, settings, credentials } = sandbox
  const connect = connectLine(slug, sandbox)
  const environment = environmentOf(slug, sandbox, isElsewhere)
  process.stdout.write(
    json
      ? `${JSON.stringify({ provider: slug, url, settings, credentials, ...(environment && { environment }), connect })}\n`
      : shown(slug, sandbox, environment),
  )
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await sandbox.close()
  process.exit(0)
}

const portOf = (text: string): number => {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new CliError(`--port is '${text}'. Set a number from 0 to 65535.`)
  return port
}

const plannedFaults = async (given: string[]): Promise<{ name: Fault; times: number }[]> => {
  const { FAULTS } = await import('../sandbox.ts')
  return given.map((text) => {
    const [name = '', times = '1', ...rest] = text.split(':')
    if (!FAULTS.includes(name as Fault)) throw new CliError(`There is no fault '${name}'. Faults: ${FAULTS.join(', ')}.`)
    if (!/^[1-9]\d{0,5}$/.test(times) || rest.length) throw new CliError(`--fault is '${text}'. Write ${name} or ${name}:3.`)
    return { name: name as Fault, times: Number(times) }
  })
}

/** And whether the provider has hosts of its own, in place of which it is called. */
const sandboxOf = async (slug: string): Promise<{ start: StartSandbox; isElsewhere: boolean }> => {
  const { loadConfig } = await import('../config.ts')
  const { discover } = await import('../discover.ts')
  const found = await discover((await loadConfig()).driverFolders)
  const { basename } = await import('node:path')
  const driver = found.find(({ folder }) => basename(folder) === slug)
  const known = found.map(({ folder }) => basename(folder))
  if (!driver) throw new CliError(`There is no driver '${slug}' here. Found: ${known.join(', ') || 'none'}.`)
  const start = await driver.importSandbox()
  if (typeof start !== 'function') throw new CliError(`${driver.folder}/sandbox.ts exports no sandbox by default.`)
  const { hosts } = driver.manifest as Manifest
  return { start: start as StartSandbox, isElsewhere: hosts !== 'tenant' }
}

const quoted = (text: string): string => (/^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

/** How this command was called is how the next one is. */
const vorel = (): string => (process.env.npm_lifecycle_event === 'vorel' ? 'npm run -s vorel --' : 'vorel')

const connectLine = (slug: string, { settings, credentials }: Pick<Sandbox, 'settings' | 'credentials'>, set: string[] = []) => {
  const secrets = Object.entries(credentials)
  const given = secrets.length ? [`printf '%s\\n' ${secrets.map(([, value]) => quoted(value)).join(' ')} |`] : []
  const options = [
    ...Object.entries(settings).map(([field, value]) => `--set ${quoted(`${field}=${value}`)}`),
    ...secrets.map(([field]) => `--secret ${field}=-`),
  ]
  return [...given, ...set, `${vorel()} connect demo ${slug}`, ...options].join(' ')
}

/** What points a service at it: the address in place of the provider's own, and the app where the provider signs in by OAuth. */
const environmentOf = (slug: string, { url, oauth }: Sandbox, isElsewhere: boolean): Record<string, string> | null => {
  const name = slug.toUpperCase()
  if (!oauth && !isElsewhere) return null
  const { id, secret } = oauth?.server.client ?? {}
  return {
    [`VOREL_ENDPOINT_${name}`]: url,
    ...(id && secret && { [`VOREL_OAUTH_${name}_CLIENT_ID`]: id, [`VOREL_OAUTH_${name}_CLIENT_SECRET`]: secret }),
  }
}

const shown = (slug: string, sandbox: Sandbox, environment: Record<string, string> | null): string => {
  const entered = Object.entries({ ...sandbox.settings, ...sandbox.credentials })
  const lines = entered.map(([field, value]) => `  ${field.padEnd(12)} ${value}`)
  const set = Object.entries(environment ?? {}).map(([name, value]) => `${name}=${quoted(value)}`)
  const line = connectLine(slug, sandbox, set)
  const which = sandbox.oauth ? ', whose client id and secret are these' : ''
  const start = set.length
    ? [`Start a service that knows it as this provider${which}:`, '', [...set, 'npm start'].join(' '), '']
    : []
  return `${[`The sandbox of ${slug} listens at ${sandbox.url}`, ...lines, '', ...start, 'Connect the demo tenant to it:', '', line, ''].join('\n')}\n`
}
