import Type, { type Static } from 'typebox'
import { VorelError } from '../../core/driver.ts'
import type { DescribeObjectOutput, FieldDescription, FieldType } from '../../schemas/field.ts'
import { requiredOf } from './client.ts'
import { APPOINTMENT, CLIENT, customName, type Field, type Kind } from './fields.ts'
import type { Ctx } from './manifest.ts'
import { hasStaff } from './staff.ts'

const Text = Type.Optional(Type.Union([Type.String(), Type.Null()]))
const Custom = Type.Object({ Id: Type.Integer(), Name: Text, DataType: Text })
const Customs = Type.Object({ CustomClientFields: Type.Array(Custom) })
const Genders = Type.Object({
  GenderOptions: Type.Array(Type.Object({ Name: Text, IsActive: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])) })),
})

const TYPES: Record<Kind, FieldType> = {
  text: 'string',
  long: 'text',
  phone: 'string',
  date: 'date',
  site: 'datetime',
  utc: 'datetime',
  flag: 'boolean',
  whole: 'integer',
  ref: 'integer',
  option: 'option',
}

const described = (name: string, { label, kind, uses, options }: Field, isRequired: boolean): FieldDescription => ({
  name,
  label,
  type: TYPES[kind],
  required: isRequired,
  writable: uses.length > 0,
  custom: false,
  ...(options && { options: options.map((value) => ({ value, label: value })) }),
})

/** Words for types of custom fields are not documented; a field of another type is a text. */
const CUSTOM_TYPES: [RegExp, FieldType][] = [
  [/^(number|numeric|decimal|double|float|money|int(eger)?)$/i, 'number'],
  [/^(bool(ean)?|bit|check ?box|yes ?\/? ?no|true ?\/? ?false)$/i, 'boolean'],
  [/^date( ?time)?$/i, 'date'],
]

const customField = ({ Id, Name, DataType }: Static<typeof Custom>): FieldDescription => ({
  name: customName(Id),
  label: Name || `Custom field ${Id}`,
  type: CUSTOM_TYPES.find(([word]) => word.test(DataType ?? ''))?.[1] ?? 'string',
  required: false,
  writable: true,
  custom: true,
})

export const describe = async (ctx: Ctx, object: string): Promise<DescribeObjectOutput> => {
  if (object !== 'contact')
    return { fields: Object.entries(APPOINTMENT).map(([name, field]) => described(name, field, field.isRequired ?? false)) }
  const [customs, genders] = await Promise.all([orNothing(ctx, customsOf(ctx)), orNothing(ctx, gendersOf(ctx))])
  const required = requiredOf(ctx)
  const fields = Object.entries(CLIENT).map(([name, field]) => described(name, field, required.includes(name)))
  const gender = fields.find(({ name }) => name === 'Gender')
  if (gender && genders?.length) Object.assign(gender, { type: 'option', options: genders })
  return { fields: [...fields, ...(customs ?? []).map(customField)], ...(customs === null && { isOpen: true }) }
}

const customsOf = async ({ http }: Ctx) => {
  const { CustomClientFields: customs } = await http.get('/client/customclientfields', Customs, { 'request.limit': 200 })
  return customs
}

const gendersOf = async ({ http }: Ctx) => {
  const { GenderOptions: all } = await http.get('/site/genders', Genders)
  return all.flatMap(({ Name, IsActive }) => (Name && IsActive !== false ? [{ value: Name, label: Name }] : []))
}

/** Whether these are shown without a staff member is not documented. */
const orNothing = async <T>(ctx: Ctx, asked: Promise<T>): Promise<T | null> => {
  try {
    return await asked
  } catch (error) {
    if (hasStaff(ctx) || !(error instanceof VorelError && error.code === 'auth_error')) throw error
    return null
  }
}
