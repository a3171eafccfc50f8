import { VorelError } from '../../core/driver.ts'

interface Found {
  duplicateRule?: unknown
  allowSave?: unknown
  matchResults?: { entityType?: unknown; matchRecords?: { record?: { Id?: unknown } }[] }[]
}

/** The key is misspelt in some versions. */
const foundIn = (json: unknown): Found => {
  const [first = {}] = json as { duplicateResut?: Found; duplicateResult?: Found }[]
  return first.duplicateResut ?? first.duplicateResult ?? {}
}

const nameIn = (value: unknown): string | null => (typeof value === 'string' && /^\w{1,80}$/.test(value) ? value : null)

/** What a duplicate rule speaks against; the match may be of another object. */
export const duplicate = (json: unknown): VorelError => {
  const { duplicateRule, matchResults } = foundIn(json)
  const match = Array.isArray(matchResults) ? matchResults[0] : undefined
  const [rule, entity, id] = [duplicateRule, match?.entityType, match?.matchRecords?.[0]?.record?.Id].map(nameIn)
  const like = `${entity ? `a ${entity}` : 'a record'} like this one already${id ? ` (${id})` : ''}`
  return new VorelError(
    'record_conflict',
    `Salesforce has ${like}${rule ? `, says its duplicate rule ${rule}` : ''}. Change that record, or the rule there.`,
  )
}
