import Type from 'typebox'
import { orNull, path, VorelError } from '../../core/driver.ts'
import { API_VERSION, type Native } from './manifest.ts'
import type { Ctx } from './map.ts'

/** The property that holds the reference of a create; HubSpot lets each value stand in one record only. */
export const KEY = 'vorel_idempotency_key'

const Unique = Type.Object({ hasUniqueValue: Type.Optional(Type.Boolean()) })
const Grouped = Type.Object({ groupName: Type.String() })

const USUAL_GROUP: Record<Native, string> = {
  contacts: 'contactinformation',
  deals: 'dealinformation',
  tickets: 'ticketinformation',
}

/** Whether the account has the property, made now if need be. Rejects where HubSpot allows neither. */
export const hasKey = async ({ http }: Ctx, native: Native): Promise<boolean> => {
  const key = () => orNull(http.get(path`/crm/properties/${API_VERSION}/${native}/${KEY}`, Unique))
  const there = await key()
  if (there) return there.hasUniqueValue === true
  const make = (groupName: string) =>
    http.post(path`/crm/properties/${API_VERSION}/${native}`, Unique, {
      groupName,
      name: KEY,
      label: 'Vorel reference',
      description: 'Written by Vorel CRM when it creates a record, so that a repeat creates no second one. Leave it as it is.',
      type: 'string',
      fieldType: 'text',
      hasUniqueValue: true,
      formField: false,
    })
  const made = await make(USUAL_GROUP[native]).catch(async (error: unknown) => {
    if (isRefused(error, 'record_conflict')) return key()
    if (isRefused(error, 'field_invalid')) return make(await groupOf(http, native))
    throw error
  })
  return made?.hasUniqueValue === true
}

/** The group that holds what every record has. */
const groupOf = async (http: Ctx['http'], native: Native): Promise<string> =>
  (await http.get(path`/crm/properties/${API_VERSION}/${native}/createdate`, Grouped)).groupName

export const isRefused = (error: unknown, ...codes: VorelError['code'][]): boolean =>
  error instanceof VorelError && codes.includes(error.code)

export const keyIsGone = (cause: VorelError): VorelError =>
  new VorelError(
    'field_invalid',
    `HubSpot no longer has the property ${KEY}, which keeps creates single. Connect the account again: that makes it anew.`,
    { fields: [KEY], cause },
  )
