import { VorelError } from '../../core/driver.ts'

const MODELS: Record<string, { noun: string; right: (verb: string) => string }> = {
  'res.partner': {
    noun: 'contacts',
    right: (verb) =>
      ({
        access: 'make them an internal user',
        delete: "give them 'Contact Creation'",
      })[verb] ?? "give them 'Contact Creation' or 'Sales: Own Documents Only'",
  },
  'crm.lead': {
    noun: 'leads and opportunities',
    right: (verb) => (verb === 'delete' ? "give them 'Sales: Administrator'" : "give them 'Sales: Own Documents Only' or more"),
  },
}
const VERBS: Record<string, string> = { access: 'read', create: 'create', modify: 'change', delete: 'delete' }

/** Which right the key's user lacks, by the words of Odoo's message that name model and operation. */
export const missingRight = (message: string): VorelError => {
  const [, field] = /rights to access the field "(\w+)"/.exec(message) ?? []
  if (field)
    return new VorelError('auth_error', `The API key's user may not see or change '${field}' in Odoo. Its groups decide there.`, {
      fields: [field],
    })
  const [, verb = '', model = ''] = /not allowed to (\w+) '[^']*' \(([\w.]+)\)/.exec(message) ?? []
  const known = MODELS[model]
  if (!known || !VERBS[verb])
    return new VorelError(
      'auth_error',
      "A rule of Odoo keeps the API key's user from this record or action. Ask an administrator there for the right, or use another user's key.",
    )
  return new VorelError(
    'auth_error',
    `The API key's user may not ${VERBS[verb]} ${known.noun} in Odoo. An administrator there can ${known.right(verb)}.`,
  )
}
