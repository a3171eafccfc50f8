import Type, { type Static } from 'typebox'
import { path } from '../../core/driver.ts'
import type { FieldDescription, FieldType } from '../../schemas/field.ts'
import { KEY } from './key.ts'
import { API_VERSION, FULL_NAME, type Native } from './manifest.ts'
import type { Ctx } from './map.ts'
import { DAYS_AS_MOMENTS } from './values.ts'

const Property = Type.Object({
  name: Type.String(),
  label: Type.String(),
  type: Type.String(),
  fieldType: Type.String(),
  options: Type.Optional(
    Type.Array(Type.Object({ value: Type.String(), label: Type.String(), hidden: Type.Optional(Type.Boolean()) })),
  ),
  calculated: Type.Optional(Type.Boolean()),
  hubspotDefined: Type.Optional(Type.Boolean()),
  modificationMetadata: Type.Optional(Type.Object({ readOnlyValue: Type.Optional(Type.Boolean()) })),
})
type Property = Static<typeof Property>
const Properties = Type.Object({ results: Type.Array(Property) })

const TYPES: Record<string, FieldType> = {
  bool: 'boolean',
  date: 'date',
  datetime: 'datetime',
  enumeration: 'option',
  number: 'number',
  phone_number: 'string',
  string: 'string',
}
const BY_INPUT: Record<string, FieldType> = { checkbox: 'options', textarea: 'text', html: 'html' }

/** HubSpot refuses a record without; the API's list of properties does not say so. */
const REQUIRED: Record<Native, readonly string[]> = {
  contacts: [],
  deals: ['dealname', 'dealstage', 'pipeline'],
  tickets: ['subject', 'hs_pipeline', 'hs_pipeline_stage'],
}

const typeOf = ({ name, type, fieldType }: Property): FieldType | undefined =>
  (DAYS_AS_MOMENTS.includes(name) ? 'date' : undefined) ??
  (type === 'enumeration' || type === 'string' ? BY_INPUT[fieldType] : undefined) ??
  TYPES[type]

const isWritable = ({ name, calculated, modificationMetadata }: Property): boolean =>
  name === FULL_NAME || (calculated !== true && modificationMetadata?.readOnlyValue !== true)

export const describe = async ({ http }: Ctx, native: Native): Promise<FieldDescription[]> => {
  const { results } = await http.get(path`/crm/properties/${API_VERSION}/${native}`, Properties, { archived: false })
  return results.flatMap((property) => {
    const type = typeOf(property)
    return type && property.name !== KEY ? [toDescription(native, type, property)] : []
  })
}

const toDescription = (native: Native, type: FieldType, property: Property): FieldDescription => {
  const { name, label, hubspotDefined, options = [] } = property
  const shown = options.filter(({ hidden }) => !hidden).map(({ value, label }) => ({ value, label }))
  return {
    name,
    label,
    type,
    required: REQUIRED[native].includes(name),
    writable: isWritable(property),
    custom: hubspotDefined !== true,
    ...(shown.length > 0 && type !== 'boolean' && { options: shown }),
  }
}
