import Type, { type Static } from 'typebox'
import type { FieldDescription, FieldType } from '../../schemas/field.ts'
import { type Ctx, get } from './answer.ts'
import { moduleOf } from './manifest.ts'

const FieldInfo = Type.Object({
  api_name: Type.String(),
  field_label: Type.String(),
  data_type: Type.String(),
  system_mandatory: Type.Optional(Type.Boolean()),
  field_read_only: Type.Optional(Type.Boolean()),
  read_only: Type.Optional(Type.Boolean()),
  visible: Type.Optional(Type.Boolean()),
  custom_field: Type.Optional(Type.Boolean()),
  unique: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])),
  pick_list_values: Type.Optional(Type.Array(Type.Object({ display_value: Type.String(), actual_value: Type.String() }))),
})
export type FieldInfo = Static<typeof FieldInfo>
const FieldInfos = Type.Object({ fields: Type.Array(FieldInfo) })

export const askFields = async (ctx: Ctx, object: string): Promise<FieldInfo[]> =>
  (await get(ctx, '/settings/fields', FieldInfos, { module: moduleOf(object) }))?.fields ?? []

/** What is worth knowing of a module's fields at each call, kept as a fact of the connection. */
export interface Layout {
  phones: string[]
  emails: string[]
  lookups: string[]
  datetimes: string[]
  mandatory: string[]
  /** First options of mandatory pick lists. */
  first: Record<string, string>
}

/** As far as every Zoho has it. */
const COMMON: Layout = { phones: ['Phone'], emails: ['Email'], lookups: [], datetimes: [], mandatory: [], first: {} }
/** What stands for no choice; it is among the options of most pick lists. */
export const NO_OPTION = '-None-'
const MOST = 8 // a query may have 25 conditions

/** Whether a field may be called so; only such names become part of a statement. */
export const isName = (name: string): boolean => /^[A-Za-z]\w{0,99}$/.test(name)

const isReadable = ({ visible, api_name }: FieldInfo): boolean => visible !== false && isName(api_name)

export const layoutOf = (infos: FieldInfo[]): Layout => {
  const of = (...types: string[]) =>
    infos.filter((info) => isReadable(info) && types.includes(info.data_type)).map(({ api_name }) => api_name)
  const mandatory = infos.filter(({ system_mandatory }) => system_mandatory)
  return {
    phones: of('phone').slice(0, MOST),
    emails: of('email').slice(0, MOST),
    lookups: of('lookup', 'ownerlookup', 'userlookup'),
    datetimes: of('datetime'),
    mandatory: mandatory.map(({ api_name }) => api_name),
    first: Object.fromEntries(
      mandatory.flatMap(({ api_name, pick_list_values = [] }) => {
        const option = pick_list_values.find(({ actual_value }) => actual_value !== NO_OPTION)
        return option ? [[api_name, option.actual_value]] : []
      }),
    ),
  }
}

export const layoutFact = (object: string): string => `layout.${object}`

export const layoutIn = ({ facts }: Pick<Ctx, 'facts'>, object: string): Layout => {
  const fact = facts[layoutFact(object)]
  return fact ? { ...COMMON, ...(JSON.parse(fact) as Partial<Layout>) } : COMMON
}

export const isUnique = ({ unique }: FieldInfo): boolean => Object.keys(unique ?? {}).length > 0

/** Ours for Zoho's. A lookup takes the id of the record it leads to; what is missing cannot be written as a value. */
const OURS: Record<string, FieldType> = {
  text: 'string',
  textarea: 'text',
  email: 'string',
  phone: 'string',
  website: 'string',
  picklist: 'option',
  multiselectpicklist: 'options',
  integer: 'integer',
  bigint: 'string',
  double: 'number',
  decimal: 'number',
  currency: 'number',
  percent: 'number',
  boolean: 'boolean',
  date: 'date',
  datetime: 'datetime',
  lookup: 'string',
  ownerlookup: 'string',
  userlookup: 'string',
  autonumber: 'string',
}

/** Read only at Zoho; this driver takes it apart into first and last name. */
export const FULL_NAME = 'Full_Name'

export const toDescriptions = (infos: FieldInfo[]): FieldDescription[] =>
  infos.flatMap((info) => {
    const type = OURS[info.data_type]
    return type && isReadable(info) ? [describe(info, type)] : []
  })

const describe = (info: FieldInfo, type: FieldType): FieldDescription => ({
  name: info.api_name,
  label: info.field_label,
  type,
  required: info.system_mandatory ?? false,
  writable: info.api_name === FULL_NAME || !(info.field_read_only || info.read_only || info.data_type === 'autonumber'),
  custom: info.custom_field ?? false,
  ...(type.startsWith('option') && {
    options: (info.pick_list_values ?? [])
      .filter(({ actual_value }) => actual_value !== NO_OPTION) // which is null, both ways
      .map(({ actual_value, display_value }) => ({ value: actual_value, label: display_value })),
  }),
})
