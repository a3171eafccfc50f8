import { Command } from 'commander'
import type { ConfigPlan, PlannedProvider } from '../switches/config-plan.ts'
import { type Answer, answers } from './answer.ts'
import { table } from './table.ts'

/** What a plan exits with where something would be refused. */
const REFUSED = 2

/** `vorel plan` */
export const planCommand = (): Command =>
  answers(
    new Command('plan').description(
      'Say what the configuration in the file would do to what runs, and change nothing; exits with 2 where something would be refused',
    ),
    async () => {
      const { ConfigError, loadConfig } = await import('../config.ts')
      const { withDatabase } = await import('./session.ts')
      const { planConfig } = await import('../switches/config-plan.ts')
      try {
        const config = await loadConfig()
        const sources = { folders: config.driverFolders, providers: config.providers }
        return told(await withDatabase(config, (database) => planConfig(sources, database)))
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        const text = `${error.message}\nThe whole configuration would be refused: what runs goes on as it is.`
        return { json: { refused: true, faults: error.faults }, text, exitCode: REFUSED }
      }
    },
  )

const told = (plan: ConfigPlan): Answer => {
  const { processes, changes, unchanged, isRefused } = plan
  const others = processes.filter(({ hasThisConfig }) => !hasThisConfig).length
  const runs = processes.length
    ? `Processes running: ${processes.length}, of them with other words about drivers than this file: ${others}.`
    : 'No process runs: this is what a start would bring.'
  const rows = changes.map((provider) => [
    provider.provider,
    wordOf(provider),
    `${provider.now ?? 'none'} -> ${provider.after ?? 'none'}`,
    sayOf(provider),
    tenantsOf(provider),
    String(provider.inFlight),
  ])
  const lines = [
    runs,
    ...(rows.length ? ['', table(['provider', 'change', 'state', 'said by', 'tenants', 'calls'], rows)] : ['Nothing changes.']),
    ...changes.flatMap(({ refusals }) => refusals.map((refusal) => `refused: ${refusal}`)),
    ...(unchanged.length ? ['', `Unchanged: ${unchanged.map(({ provider }) => provider).join(', ')}.`] : []),
  ]
  const json = {
    refused: isRefused,
    running: processes.length > 0,
    processes: processes.map(({ id, label, startedAt, seenAt, hasThisConfig }) => {
      return { id, label, started_at: startedAt, seen_at: seenAt, has_this_config: hasThisConfig }
    }),
    changes: changes.map(shown),
    unchanged: unchanged.map(shown),
  }
  return { json, text: lines.join('\n'), ...(isRefused && { exitCode: REFUSED }) }
}

const wordOf = ({ kind, refusals }: PlannedProvider): string => (kind === 'none' && refusals.length ? 'refused' : kind)

/** The file's word and the operators', whichever is there. */
const sayOf = ({ inFile, switched }: PlannedProvider): string => {
  const file = inFile === null ? [] : [`file: ${inFile ? 'on' : 'off'}`]
  const operator = switched === null ? [] : [`${switched.changedBy}: ${switched.isOn ? 'on' : 'off'}`]
  return [...file, ...operator].join(', ') || 'default: on'
}

const tenantsOf = ({ tenants, tenantCount }: PlannedProvider): string => {
  if (tenantCount === 0) return '0'
  const more = tenantCount > tenants.length ? `, and ${tenantCount - tenants.length} more` : ''
  return `${tenantCount} (${tenants.map(({ id }) => id).join(', ')}${more})`
}

const shown = (provider: PlannedProvider) => ({
  provider: provider.provider,
  change: wordOf(provider),
  now: provider.now,
  after: provider.after,
  in_file: provider.inFile,
  switched: provider.switched && { is_on: provider.switched.isOn, changed_by: provider.switched.changedBy },
  tenants: provider.tenants,
  tenant_count: provider.tenantCount,
  in_flight: provider.inFlight,
  refusals: provider.refusals,
})
