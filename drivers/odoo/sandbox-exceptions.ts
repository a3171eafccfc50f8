import { type Major, TITLES } from './sandbox-models.ts'

/** A Python exception, as Odoo raises it. */
export class PythonError extends Error {
  readonly type: string
  readonly status: number

  constructor(type: string, message: string, status = STATUSES[type.split('.').at(-1) ?? ''] ?? 500) {
    super(message)
    this.type = type
    this.status = status
  }
}

const STATUSES: Record<string, number> = {
  MissingError: 404,
  NotFound: 404,
  UserError: 422,
  ValidationError: 422,
  UnprocessableEntity: 422,
  BadRequest: 400,
  AccessError: 403,
  AccessDenied: 403,
  Unauthorized: 401,
}

const odoo = (name: string) => `odoo.exceptions.${name}`

export const repr = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : pythonOf(value))
const pythonOf = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`
  if (value === true) return 'True'
  if (value === false) return 'False'
  return value === null ? 'None' : String(value)
}

/** Odoo's own sentences, which changed between the versions. */
export const sentences = (major: Major) => {
  const is14 = major === 14
  const title = (model: string) => TITLES[major][model] ?? model
  const error = (type: string, message: string) => new PythonError(type, message)
  return {
    missing: (model: string, id: unknown) =>
      error(odoo('MissingError'), `Record does not exist or has been deleted.\n(Record: ${model}(${repr(id)},), User: 2)`),
    typedIds: (id: unknown) =>
      error(
        odoo('AccessError'),
        `Database fetch misses ids ((${repr(id)},)) and has extra ids ((${Number(id)},)), may be caused by a type incoherence in a previous request`,
      ),
    unknownModel: (model: string) => new PythonError('werkzeug.exceptions.NotFound', `the model '${model}' does not exist`),
    unknownMethod: (model: string, method: string) =>
      error(
        'AttributeError',
        is14 ? `type object '${model}' has no attribute '${method}'` : `The method '${model}.${method}' does not exist`,
      ),
    privateMethod: (model: string, method: string) =>
      error(
        odoo('AccessError'),
        `Private methods (such as ${is14 ? method : `'${model}.${method}'`}) cannot be called remotely.`,
      ),
    unknownInCreate: (model: string, name: string) =>
      error('ValueError', `Invalid field '${name}' ${is14 ? 'on model' : 'in'} '${model}'`),
    unknownInWrite: (model: string, name: string) =>
      !is14 && model === 'res.partner'
        ? error('KeyError', name)
        : error('ValueError', `Invalid field '${name}' ${is14 ? 'on model' : 'in'} '${model}'`),
    unknownInRead: (model: string, name: string) =>
      error('ValueError', `Invalid field '${name}' ${is14 ? 'on model' : 'on'} '${model}'`),
    unknownInDomain: (model: string, [name, operator, value]: unknown[]) =>
      error(
        'ValueError',
        `Invalid field ${model}.${name} in ${is14 ? 'leaf' : 'condition'} (${repr(name)}, ${repr(operator)}, ${repr(value)})`,
      ),
    unknownInOrder: (model: string, name: string) => error('ValueError', `Invalid field '${name}' on model '${model}'`),
    unknownColumn: (name: string) => (is14 ? error('KeyError', name) : error('ValueError', `Invalid field name '${name}'`)),
    badOrder: (order: string) =>
      error(
        odoo('UserError'),
        `Invalid "order" specified (${order}). A valid "order" specification is a comma-separated list of valid field names (optionally followed by asc/desc for the direction)`,
      ),
    badDomain: (domain: unknown) =>
      is14
        ? error('AssertionError', `This domain is syntactically not correct: ${repr(domain)}`)
        : error('ValueError', `Domain() malformed domain ${repr(domain)}`),
    badSelection: (model: string, name: string, value: unknown) =>
      error('ValueError', `Wrong value for ${model}.${name}: ${repr(value)}`),
    badNumber: (value: unknown) => error('ValueError', `could not convert string to float: ${repr(value)}`),
    badDate: (value: string) =>
      is14
        ? error('psycopg2.errors.DatetimeFieldOverflow', `date/time field value out of range: "${value}"`)
        : error('ValueError', `time data '${value}' does not match format '%Y-%m-%d'`),
    badDatetime: (value: string) => error('ValueError', `time data '${value}' does not match format '%Y-%m-%d %H:%M:%S'`),
    zonedDatetime: (value: string) => error('ValueError', `expecting only datetimes with no timezone: '${value}'`),
    shortPhone: () => error(odoo('UserError'), 'Please enter at least 3 characters when searching a Phone number.'),
    namelessContact: () =>
      error(
        odoo('ValidationError'),
        is14 ? 'res_partner_check_name' : 'The operation cannot be completed: Contacts require a name',
      ),
    missingValue: (model: string, label: string, name: string) =>
      error(
        odoo('ValidationError'),
        is14
          ? `The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n- Delete: another model requires the record being deleted. If possible, archive it instead.\n\nModel: ${title(model)} (${model}), Field: ${label} (${name})`
          : `The operation cannot be completed: Missing required value for the field '${label}' (${name}).\nModel: '${title(model)}' (${model})\n- create/update: a mandatory field is not set\n- delete: another model requires the record being deleted, you can archive it instead\n`,
      ),
    badProbability: () =>
      error(
        odoo('ValidationError'),
        is14
          ? 'crm_lead_check_probability'
          : 'The operation cannot be completed: The probability of closing the deal should be between 0% and 100%!',
      ),
    badReference: (model: string, label: string, name: string) =>
      error(
        odoo('ValidationError'),
        is14
          ? `The operation cannot be completed: another model requires the record being deleted. If possible, archive it instead.\n\nModel: ${title(model)} (${model}), Constraint: ${model.replace('.', '_')}_${name}_fkey`
          : `The operation cannot be completed: Another model is using the record you are trying to delete.\n\nThe troublemaker is: '${title(model)}' (${model})\nThanks to the following constraint: '${label}' (${name})\nHow about archiving the record instead?`,
      ),
    companyInUse: () =>
      error(
        odoo('ValidationError'),
        is14
          ? 'The operation cannot be completed: another model requires the record being deleted. If possible, archive it instead.\n\nModel: Companies (res.company), Constraint: res_company_partner_id_fkey'
          : "The operation cannot be completed: Another model is using the record you are trying to delete.\n\nThe troublemaker is: 'Companies' (res.company)\nThanks to the following constraint: 'Partner' (partner_id)\nHow about archiving the record instead?",
      ),
    userInUse: () =>
      is14
        ? error(
            odoo('ValidationError'),
            'The operation cannot be completed: another model requires the record being deleted. If possible, archive it instead.\n\nModel: Users (res.users), Constraint: res_users_partner_id_fkey',
          )
        : error(
            odoo('RedirectWarning'),
            "('You cannot delete contacts linked to an active user.\\nYou should rather archive them after archiving their associated user.\\n\\nLinked active users : Administrator', {'type': 'ir.actions.act_window', 'res_model': 'res.users', 'context': {'create': False}, 'view_mode': 'form', 'views': [[167, 'form']], 'res_id': 2}, 'Go to users', None)",
          ),
    recursiveParent: () => error(odoo('ValidationError'), 'You cannot create recursive Partner hierarchies.'),
    hiddenField: (model: string, name: string, operation: string) =>
      error(
        odoo('AccessError'),
        `You do not have enough rights to access the field "${name}" on ${title(model)} (${model}). Please contact your system administrator.\n\nOperation: ${operation}`,
      ),
    badFieldName: () =>
      error(
        odoo('ValidationError'),
        `${is14 ? '' : 'The operation cannot be completed: '}Custom fields must have a name that starts with 'x_'!`,
      ),
    sameFieldName: () =>
      error(
        odoo('ValidationError'),
        is14 ? 'ir_model_fields_name_unique' : 'The operation cannot be completed: Field names must be unique per model.',
      ),
    unknownExternalId: (name: string) => error('ValueError', `External ID not found in the system: ${name}`),
    unknownDatabase: (name: string) =>
      error(
        'psycopg2.OperationalError',
        `${is14 ? '' : 'connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: '}FATAL:  database "${name}" does not exist\n`,
      ),
    marshalNone: () => error('TypeError', 'cannot marshal None unless allow_none is enabled'),
    missingArgument: (method: string, name: string) =>
      error(
        'TypeError',
        is14
          ? `${method}() missing 1 required positional argument: '${name}'`
          : `${method}() missing 1 required positional argument: '${name}'`,
      ),
  }
}
export type Sentences = ReturnType<typeof sentences>
