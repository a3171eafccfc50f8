import { Command } from 'commander'
import type { Service } from '../main.ts'
import { fail } from './fail.ts'
import { progress } from './progress.ts'

/** `vorel start` */
export const startCommand = (): Command =>
  new Command('start')
    .description('Serve; with nothing configured: an embedded database and a demo tenant')
    .option('--json', 'print one JSON line { url, demo } once it listens; the log, on the same stream, is JSON lines too')
    .action(async ({ json: isJson = false }: { json?: boolean }) => {
      try {
        const { serve } = await import('../main.ts')
        const service = await serve(isJson ? progress : (line) => process.stdout.write(`${line}\n`))
        process.stdout.write(isJson ? `${JSON.stringify(summary(service))}\n` : banner(service))
      } catch (error) {
        fail(error, isJson)
      }
    })

const summary = ({ url, demo }: Service) => ({ url, demo: demo && { tenant: demo.tenantId, api_key: demo.apiKey } })

const banner = ({ url, config, demo }: Service): string => {
  const shown = config.mode === 'development' ? url : config.publicUrl
  const lines = [
    '',
    `Vorel CRM serves at ${shown}`,
    `  API reference   ${shown}/docs`,
    `  Console         ${shown}/console`,
    `  Health          ${shown}/ready`,
    '',
  ]
  return `${[...lines, ...(demo ? demoLines(shown, demo) : [])].join('\n')}\n`
}

const demoLines = (url: string, { tenantId, apiKey, idempotencyKey }: NonNullable<Service['demo']>): string[] => [
  `The tenant '${tenantId}' is connected to a sandbox. Create a record there; the second time, the first answer comes again:`,
  '',
  `curl -i ${url}/v1/crm/create-record \\`,
  `  -H 'authorization: Bearer ${apiKey}' -H 'content-type: application/json' \\`,
  `  -d '{"object":"lead","fields":{"name":"Ada Lovelace","phone":"+14155550100","budget_max":500000},"idempotency_key":"${idempotencyKey}"}'`,
  '',
]
