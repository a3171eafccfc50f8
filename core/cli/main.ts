#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { auditCommand } from './audit.ts'
import { checkCommand } from './check.ts'
import { connectCommand } from './connect.ts'
import { disconnectCommand } from './disconnect.ts'
import { driftCommand } from './drift.ts'
import { driversCommand } from './drivers.ts'
import { tell } from './fail.ts'
import { fieldsCommand } from './fields.ts'
import { keysCommand } from './keys.ts'
import { leadsCommand } from './leads.ts'
import { mapCommand } from './map.ts'
import { migrateCommand } from './migrate.ts'
import { operationsCommand } from './operations.ts'
import { operatorsCommand } from './operators.ts'
import { planCommand } from './plan.ts'
import { sandboxCommand } from './sandbox.ts'
import { startCommand } from './start.ts'
import { tenantsCommand } from './tenants.ts'
import { tokensCommand } from './tokens.ts'
import { vaultCommand } from './vault.ts'

// What the commands import when they run is compiled once and kept; where nothing can be kept, it is compiled again.
enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/vorel'))

const program = new Command('vorel')
  .description('The layer between AI agents and the CRMs of your customers')
  .version(packageJson.version)
  .addCommand(startCommand())
  .addCommand(checkCommand())
  .addCommand(planCommand())
  .addCommand(migrateCommand())
  .addCommand(tenantsCommand())
  .addCommand(connectCommand())
  .addCommand(disconnectCommand())
  .addCommand(fieldsCommand())
  .addCommand(mapCommand())
  .addCommand(driftCommand())
  .addCommand(leadsCommand())
  .addCommand(operationsCommand())
  .addCommand(keysCommand())
  .addCommand(tokensCommand())
  .addCommand(operatorsCommand())
  .addCommand(vaultCommand())
  .addCommand(auditCommand())
  .addCommand(driversCommand())
  .addCommand(sandboxCommand())
  .addHelpText('after', '\nEach command takes --json, and --help says more of it. docs/cli.md has examples.')

const isJson = process.argv.includes('--json')

/** A mistake in the call itself is told as every other: in words, or as JSON. */
const told = (command: Command): void => {
  command.exitOverride()
  if (isJson) command.configureOutput({ writeErr: () => undefined })
  for (const sub of command.commands) told(sub)
}
told(program)

process.stdout.on('error', () => undefined) // whoever read it has gone; the command's work goes on

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  const message = error.code === 'commander.help' ? 'A subcommand is missing; --help lists them.' : error.message
  if (error.exitCode !== 0 && isJson) tell({ code: 'invalid_usage', message: message.replace(/^error: /, '') }, true)
  process.exitCode = error.exitCode
}
