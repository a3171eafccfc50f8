import { Command } from 'commander'
import type { Suggestion } from '../../schemas/mapping.ts'
import { answers } from './answer.ts'
import { table } from './table.ts'

interface Options {
  object?: string
  accept?: string[] | true
}

/** `vorel map suggest` */
export const suggest = () =>
  answers<[tenant: string], Options>(
    new Command('suggest')
      .description("Mappings that look right by the CRM's own labels. None applies until it is accepted")
      .argument('<tenant>')
      .option('--object <object>', 'of one object alone, such as lead')
      .option('--accept [slot...]', 'map these of them; all that have a field, where none is named'),
    async ([tenantId], { object, accept }) => {
      const { withSession } = await import('./session.ts')
      const { acceptSuggestions, suggestMappings } = await import('../admin/suggest.ts')
      const { telling } = await import('./progress.ts')
      const asked = { tenantId, ...(object && { object }) }
      if (accept) {
        const slots = accept === true ? [] : accept
        const done = await withSession({ tenantId }, ({ deps, database, actor }) =>
          telling('Looking the fields up.', acceptSuggestions(deps, database, { ...actor, ...asked, slots })),
        )
        const text = `The mapping of '${tenantId}' has ${done.mappings.length} slots now, as version ${done.version}.`
        return { json: { tenant: tenantId, ...done }, text, ...(done.notes.length && { note: done.notes.join('\n') }) }
      }
      const { suggestions } = await withSession({ tenantId }, ({ deps, database, actor }) =>
        telling('Looking the fields up.', suggestMappings(deps, database, { ...actor, ...asked })),
      )
      return { json: suggestions, text: shown(suggestions), note: noteOn(suggestions, tenantId) }
    },
  )

const shown = (suggestions: Suggestion[]): string =>
  table(
    ['slot', 'field', 'label', 'type', 'reason'],
    suggestions.map(({ slot, path, label, type, reason }) => [slot, path, label, type, reason]),
  )

const noteOn = (suggestions: Suggestion[], tenantId: string): string => {
  const first = suggestions.find(({ path }) => path !== null)
  return first ? `None is applied. Accept one: vorel map suggest ${tenantId} --accept ${first.slot}` : 'Nothing to accept.'
}
