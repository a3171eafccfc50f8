import { Command } from 'commander'
import type { MappingTest, PreviewedRequest, PreviewedValue } from '../../schemas/mapping.ts'
import { answers } from './answer.ts'
import { CliError } from './fail.ts'
import { table } from './table.ts'

interface Options {
  object: string
  set: string[]
}

/** `vorel map test` */
export const test = () =>
  answers<[tenant: string], Options>(
    new Command('test')
      .description('Show what a create would make of values, and the requests it would send. Nothing is written')
      .argument('<tenant>')
      .requiredOption('--object <object>', 'such as lead')
      .requiredOption('--set <slot=value>', 'a value, repeatable; the same slot twice makes a list', collect, []),
    async ([tenantId], { object, set }) => {
      const { withSession } = await import('./session.ts')
      const { previewMapping } = await import('../admin/preview.ts')
      const { telling } = await import('./progress.ts')
      const asked = { tenantId, object, fields: fieldsOf(set) }
      const tested = await withSession({ tenantId }, ({ deps, database, actor }) =>
        telling('Asking the CRM what the driver has to know.', previewMapping(deps, database, { ...actor, ...asked })),
      )
      const { not_shown, would_be_refused } = tested
      return {
        json: { tenant: tenantId, ...tested },
        text: shown(tested),
        note: [...not_shown.map((what) => `Not shown: ${what}`), 'Nothing was written.'].join('\n'),
        isFine: would_be_refused === null,
      }
    },
  )

const collect = (value: string, before: string[]): string[] => [...before, value]

const fieldsOf = (set: string[]): Record<string, string | string[]> => {
  const pairs = set.map((given): [string, string] => {
    const at = given.indexOf('=')
    if (at > 0) return [given.slice(0, at), given.slice(at + 1)]
    throw new CliError('--set takes a slot and a value: --set budget_max=500000.')
  })
  const bySlot = Map.groupBy(pairs, ([slot]) => slot)
  return Object.fromEntries([...bySlot].map(([slot, all]) => [slot, oneOrAll(all.map(([, value]) => value))]))
}

const oneOrAll = (values: string[]): string | string[] => {
  const [first = '', ...more] = values
  return more.length ? values : first
}

const shown = ({ conversions, requests, would_be_refused }: MappingTest): string => {
  const rows = conversions.map(rowOf)
  const refusal = would_be_refused ? [`A create would be refused (${would_be_refused.code}): ${would_be_refused.detail}`] : []
  return [table(['slot', 'given', 'field', 'type', 'value'], rows), ...requests.map(requestShown), ...refusal].join('\n\n')
}

const rowOf = ({ slot, given, path, type, value, fault }: PreviewedValue): (string | null)[] => [
  slot,
  JSON.stringify(given),
  path,
  type,
  fault === null ? JSON.stringify(value) : `! ${fault}`,
]

const requestShown = ({ object, method, path, content_type, body }: PreviewedRequest): string => {
  const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2)
  return [`${method} ${path}   (the ${object})`, ...(content_type ? [`content-type: ${content_type}`] : []), text].join('\n')
}
