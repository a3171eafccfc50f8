#!/usr/bin/env node
import { Command } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { startCommand } from './start.ts'

const program = new Command('vorel')
  .description('The layer between AI agents and the CRMs of your customers')
  .version(packageJson.version)
program.addCommand(startCommand())
await program.parseAsync()
