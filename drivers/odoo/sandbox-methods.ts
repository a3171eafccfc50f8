import { PythonError } from './sandbox-exceptions.ts'
import { bindingOf, load } from './sandbox-load.ts'
import type { Context, Orm } from './sandbox-orm.ts'

type Args = Record<string, unknown>
interface Method {
  /** In the order of the Python method; XML-RPC may give them by place. */
  params: string[]
  required?: string[]
  /** Called on records, whose ids come first. */
  isMulti?: boolean
  model?: string
  run(orm: Orm, model: string, args: Args, ids: unknown[], context: Context): unknown
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value])
const names = (value: unknown): string[] => (Array.isArray(value) ? value : [])
const page = ({ offset, limit, order }: Args) => ({
  offset: offset as number | undefined,
  limit: limit as number | undefined,
  order: order as string | undefined,
})

/** 14 has its own sentence for a rule only where the caller names a language. */
const worded = <T>(orm: Orm, context: Context, work: () => T): T => {
  try {
    return orm.atomically(work)
  } catch (error) {
    if (!(error instanceof PythonError) || error.message !== 'res_partner_check_name' || !context.lang) throw error
    throw new PythonError(error.type, 'Contacts require a name')
  }
}

const METHODS: Record<string, Method> = {
  search: {
    params: ['domain', 'offset', 'limit', 'order'],
    required: ['domain'],
    run: (orm, model, args, _, context) => orm.search(model, args.domain, page(args), context),
  },
  search_count: {
    params: ['domain', 'limit'],
    required: ['domain'],
    run: (orm, model, { domain }, _, context) => orm.search(model, domain, {}, context).length,
  },
  search_read: {
    params: ['domain', 'fields', 'offset', 'limit', 'order'],
    run: (orm, model, args, _, context) =>
      orm.read(model, orm.search(model, args.domain ?? [], page(args), context), names(args.fields)),
  },
  read: { params: ['fields', 'load'], isMulti: true, run: (orm, model, { fields }, ids) => orm.read(model, ids, names(fields)) },
  create: {
    params: ['vals_list'],
    required: ['vals_list'],
    run: (orm, model, { vals_list }, _, context) =>
      worded(orm, context, () => list(vals_list).map((values) => orm.create(model, values as Args))),
  },
  write: {
    params: ['vals'],
    required: ['vals'],
    isMulti: true,
    run: (orm, model, { vals }, ids, context) => worded(orm, context, () => orm.write(model, ids, vals as Args)) ?? true,
  },
  unlink: { params: [], isMulti: true, run: (orm, model, _, ids) => orm.atomically(() => orm.unlink(model, ids)) ?? true },
  load: {
    params: ['fields', 'data'],
    required: ['fields', 'data'],
    run: (orm, model, { fields, data }, _, context) => load(orm, model, names(fields), data as unknown[][], context),
  },
  fields_get: {
    params: ['allfields', 'attributes'],
    run: (orm, model, { allfields, attributes }) => fieldsGet(orm, model, names(allfields), names(attributes)),
  },
  default_get: {
    params: ['fields'],
    required: ['fields'],
    run: (orm, model, { fields }) =>
      Object.fromEntries(model === 'crm.lead' && names(fields).includes('type') ? [['type', orm.defaultLeadType]] : []),
  },
  toggle_active: {
    params: [],
    isMulti: true,
    run: (orm, model, _, ids) => {
      for (const id of ids) orm.write(model, [id], { active: orm.table(model).get(id as number)?.active === false })
      return null
    },
  },
  check_object_reference: {
    params: ['module', 'xml_id'],
    required: ['module', 'xml_id'],
    model: 'ir.model.data',
    run: (orm, _, { module, xml_id }) => {
      const bound = bindingOf(orm, `${module}.${xml_id}`)
      if (!bound) throw orm.say.unknownExternalId(`${module}.${xml_id}`)
      return [bound.model, bound.res_id]
    },
  },
  context_get: { params: [], model: 'res.users', run: (orm) => ({ lang: 'en_US', tz: orm.zone, uid: 2 }) },
}

const fieldsGet = (orm: Orm, model: string, wanted: string[], attributes: string[]) =>
  Object.fromEntries(
    Object.entries(orm.fieldsOf(model))
      .filter(([name, { isHidden }]) => !isHidden && (wanted.length === 0 || wanted.includes(name)))
      .map(([name, field]) => [
        name,
        Object.fromEntries(
          Object.entries(field).filter(([attribute]) => attributes.length === 0 || attributes.includes(attribute)),
        ),
      ]),
  )

export const methodOf = (orm: Orm, model: string, name: string): Method => {
  orm.fieldsOf(model)
  if (name.startsWith('_')) throw orm.say.privateMethod(model, name)
  const method = METHODS[name]
  if (!method || (method.model && method.model !== model)) throw orm.say.unknownMethod(model, name)
  return method
}

export const WRITES = new Set(['create', 'write', 'unlink', 'load', 'toggle_active'])
