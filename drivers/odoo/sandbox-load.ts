import { fromLocal } from '../../core/driver.ts'
import type { Values } from './sandbox-domain.ts'
import { PythonError } from './sandbox-exceptions.ts'
import type { SandboxField } from './sandbox-models.ts'
import type { Context, Orm } from './sandbox-orm.ts'

interface Message {
  rows: { from: number; to: number }
  record: number
  type: string
  message: string
  field?: string
  moreinfo?: unknown
  field_name?: string
}

class Refused extends Error {
  readonly field: string | undefined
  readonly more: object

  constructor(message: string, field?: string, more: object = {}) {
    super(message)
    this.field = field
    this.more = more
  }
}

/** Odoo's import: rows of text, bound to external ids; what is wrong with a row is part of the answer. */
export const load = (orm: Orm, model: string, columns: string[], data: unknown[][], context: Context) => {
  for (const column of columns) if (!isColumn(orm, model, column)) throw orm.say.unknownColumn(column.split('/')[0] ?? '')
  let row = 0
  try {
    const ids = orm.atomically(() =>
      data.map((cells, index) => {
        row = index
        return loadRow(orm, model, Object.fromEntries(columns.map((column, at) => [column, cells[at]])), context)
      }),
    )
    return { ids, messages: [], nextrow: 0 }
  } catch (error) {
    return { ids: false, messages: [messageOf(orm, model, error, row)], nextrow: 0 }
  }
}

const isColumn = (orm: Orm, model: string, column: string): boolean => {
  const [name = '', part] = column.split('/')
  return (
    column === 'id' ||
    column === '.id' ||
    (name in orm.fieldsOf(model) && (part === undefined || part === 'id' || part === '.id'))
  )
}

const messageOf = (orm: Orm, model: string, error: unknown, record: number): Message => {
  const shared = { rows: { from: record, to: record }, record, type: 'error' }
  if (error instanceof Refused) {
    const label = orm.fieldsOf(model)[error.field ?? '']?.string
    const name = orm.major === 19 && label ? { field_name: label } : {}
    return { ...shared, message: error.message, ...(error.field && { field: error.field }), ...error.more, ...name }
  }
  if (!(error instanceof PythonError) || error.type === 'AttributeError') throw error
  const field = /\((\w+)\)\.\nModel|Field: .*\((\w+)\)$/.exec(error.message)?.slice(1).find(Boolean)
  const ruled = /probability/.test(error.message) ? 'probability' : field
  const message = error.message.replace(/^The operation cannot be completed: /, '')
  return { ...shared, message, ...(ruled && { field: ruled }) }
}

const loadRow = (orm: Orm, model: string, cells: Record<string, unknown>, context: Context): number => {
  const { id: name, '.id': databaseId, ...rest } = cells
  const zone = String(context.tz || orm.zone || 'UTC')
  const values = Object.fromEntries(Object.entries(rest).map(([column, cell]) => converted(orm, model, column, cell, zone)))
  if (databaseId !== undefined) return update(orm, model, Number(databaseId), values, context)
  if (typeof name !== 'string' || name === '') return orm.create(model, values)
  if (/\s/.test(name))
    throw new Refused('new row for relation "ir_model_data" violates check constraint "ir_model_data_name_nospaces"')
  return upsert(orm, model, name, values)
}

const update = (orm: Orm, model: string, id: number, values: Values, context: Context): number => {
  if (orm.search(model, [['id', '=', id]], {}, context).length === 0)
    throw new Refused(`Unknown database identifier '${id}'`, '.id')
  orm.write(model, [id], values)
  return id
}

export const bindingOf = (orm: Orm, xmlid: string): Values | undefined => {
  const [module = '', name] = xmlid.includes('.')
    ? [xmlid.slice(0, xmlid.indexOf('.')), xmlid.slice(xmlid.indexOf('.') + 1)]
    : ['__import__', xmlid]
  return [...orm.table('ir.model.data').values()].find((data) => data.module === module && data.name === name)
}

const upsert = (orm: Orm, model: string, xmlid: string, values: Values): number => {
  const bound = bindingOf(orm, xmlid)
  if (!bound) {
    const id = orm.create(model, values)
    const [module, ...name] = (xmlid.includes('.') ? xmlid : `__import__.${xmlid}`).split('.')
    orm.create('ir.model.data', { module, name: name.join('.'), model, res_id: id })
    return id
  }
  // 14 does not look which model the name is bound to
  if (orm.major === 19 && bound.model !== model)
    throw new Refused(
      `For external id ${xmlid} when trying to create/update a record of model ${model} found record of different model ${bound.model} (${bound.id})`,
    )
  orm.write(model, [bound.res_id], values)
  return Number(bound.res_id)
}

const converted = (orm: Orm, model: string, column: string, cell: unknown, zone: string): [string, unknown] => {
  const [name = '', part] = column.split('/')
  const field = orm.fieldsOf(model)[name] as SandboxField
  if (cell === '' || cell === null || cell === false || cell === undefined) return [name, false]
  if (field.type === 'boolean') return [name, toBoolean(cell)]
  const value = convert(orm, name, field, String(cell), part)
  return [name, field.type === 'datetime' ? byClocksOf(zone, String(value)) : value]
}

/** The import reads times by the clocks of the context's zone, else of the user's. */
const byClocksOf = (zone: string, text: string): string =>
  (fromLocal(text.replace(' ', 'T'), zone) ?? text).slice(0, 19).replace('T', ' ')

const toBoolean = (cell: unknown): boolean => {
  if (typeof cell !== 'string') throw new PythonError('AttributeError', "'bool' object has no attribute 'lower'")
  return ['1', 'true', 'yes'].includes(cell.toLowerCase())
}

const convert = (orm: Orm, name: string, field: SandboxField, text: string, part: string | undefined): unknown => {
  const refuse = (what: string, more: object = {}) =>
    new Refused(`'${text}' does not seem to be ${what} for field '${field.string}'`, name, more)
  switch (field.type) {
    case 'integer':
      if (!/^\s*[-+]?\d+\s*$/.test(text)) throw refuse('an integer')
      return Number(text)
    case 'float':
    case 'monetary':
      if (Number.isNaN(Number(text))) throw refuse('a number')
      return Number(text)
    case 'date':
      if (Number.isNaN(Date.parse(text.slice(0, 10)))) throw refuse('a valid date', { moreinfo: "Use the format '2012-12-31'" })
      return text
    case 'datetime':
      if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text))
        throw refuse('a valid datetime', { moreinfo: "Use the format '2012-12-31 23:59:59'" })
      return text
    case 'selection': {
      const found = field.selection?.find(([value, label]) => value === text || label === text)
      if (!found)
        throw new Refused(`Value '${text}' not found in selection field '${field.string}'`, name, {
          moreinfo: field.selection?.map(([, label]) => label),
        })
      return found[0]
    }
    case 'many2one':
      return related(orm, name, field, text, part)
    case 'many2many':
      return [[6, 0, text.split(',').map((one) => related(orm, name, field, one, part))]]
    default:
      return text
  }
}

const related = (orm: Orm, name: string, field: SandboxField, text: string, part: string | undefined): number => {
  const relation = field.relation ?? ''
  const [kind, id] =
    part === '.id'
      ? ['database id', orm.exists(relation, Number(text)) ? Number(text) : undefined]
      : part === 'id'
        ? ['external id', bindingOf(orm, text)?.res_id]
        : ['name', [...orm.table(relation).values()].find((row) => row.name === text)?.id]
  if (typeof id === 'number') return id
  const list = orm.major === 14 ? 'tree' : 'list'
  throw new Refused(`No matching record found for ${kind} '${text}' in field '${field.string}'`, name, {
    moreinfo: {
      name: 'Possible Values',
      type: 'ir.actions.act_window',
      target: 'new',
      view_mode: `${list},form`,
      views: [
        [false, 'list'],
        [false, 'form'],
      ],
      context: { create: false },
      help: 'See all possible values',
      res_model: part ? 'ir.model.data' : relation,
      ...(part && { domain: [['model', '=', relation]] }),
    },
  })
}
