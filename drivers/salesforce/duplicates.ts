import { VorelError } from '../../core/driver.ts'

interface Found {
  duplicateRule?: unknown
  allowSave?: unknown
  matchResults?: { entityType?: unknown }[]
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
  const rule = nameIn(duplicateRule)
  const entity = nameIn(Array.isArray(matchResults) ? matchResults[0]?.entityType : undefined)
  return new VorelError(
    'record_conflict',
    `Salesforce has ${entity ? `a ${entity}` : 'a record'} like this one already${rule ? `, says its duplicate rule ${rule}` : ''}. Look it up and change it, or change the rule there.`,
  )
}
