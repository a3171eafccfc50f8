import { Command } from 'commander'
import type { FieldOption } from '../../schemas/field.ts'
import type { ShownFields } from '../../schemas/mapping.ts'
import { answers } from './answer.ts'
import { table } from './table.ts'

/** `vorel fields` */
export const fieldsCommand = (): Command =>
  answers<[tenant: string, object: string], { refresh?: boolean }>(
    new Command('fields')
      .description("The fields of an object at a tenant's CRM, as it describes them: what a slot can be mapped to")
      .argument('<tenant>')
      .argument('<object>', 'such as lead')
      .option('--refresh', 'ask the CRM now; else what it said may be a day old'),
    async ([tenantId, object], { refresh = false }) => {
      const { withSession } = await import('./session.ts')
      const { describedFields, shownFields } = await import('../admin/fields.ts')
      const { telling } = await import('./progress.ts')
      const described = await withSession({ tenantId }, ({ deps, database, actor }) =>
        telling('Asking the CRM for its fields.', describedFields(deps, database, tenantId, object, { refresh, actor })),
      )
      const fields = shownFields(described)
      return { json: fields, text: shown(fields), note: noteOn(fields) }
    },
  )

const shown = ({ fields }: ShownFields): string =>
  table(
    ['field', 'label', 'type', 'required', 'writable', 'custom', 'options'],
    fields.map(({ path, label, type, required, writable, custom, options = [] }) => [
      path,
      label,
      type,
      yes(required),
      yes(writable),
      yes(custom),
      optionsShown(options),
    ]),
  )

const yes = (is: boolean): string => (is ? 'yes' : 'no')

const MOST_OPTIONS = 4

const optionsShown = (options: FieldOption[]): string | null => {
  if (options.length === 0) return null
  const first = options.slice(0, MOST_OPTIONS).map(({ label }) => label)
  return options.length > MOST_OPTIONS ? `${first.join(', ')}, and ${options.length - MOST_OPTIONS} more` : first.join(', ')
}

const noteOn = ({ described_at, is_open }: ShownFields): string => {
  const minutes = Math.round((Date.now() - Date.parse(described_at)) / 60_000)
  const age = minutes < 1 ? 'just now' : minutes < 90 ? `${minutes} minutes ago` : `${Math.round(minutes / 60)} hours ago`
  const open = is_open ? ' It takes fields that are not in this list, too.' : ''
  return `The CRM said so ${age}${minutes < 1 ? '' : '; --refresh asks again'}.${open}`
}
