import Type from 'typebox'
import { VorelError } from '../../core/driver.ts'
import type { TestConnectionOutput } from '../../schemas/verbs.ts'
import { clientPage } from './clients.ts'
import { CLIENT, fieldOf, requiredNames } from './fields.ts'
import type { Ctx } from './manifest.ts'
import { phonesOf } from './map.ts'
import { hasStaff } from './staff.ts'
import { phoneDigits } from './values.ts'
import { zoneNamed } from './zone.ts'

const Text = Type.Optional(Type.Union([Type.String(), Type.Null()]))
const Locations = Type.Object({ Locations: Type.Array(Type.Object({})) })
const Sites = Type.Object({ Sites: Type.Array(Type.Object({ Id: Type.Integer(), Name: Text, TimeZone: Text })) })
const Required = Type.Object({ RequiredClientFields: Type.Array(Type.String()) })

/** That the key may use the site, where its clocks stand, what it asks of clients, and what the staff member may do. */
export const connectionTest = async (ctx: Ctx): Promise<TestConnectionOutput> => {
  const { site_id, staff_username, time_zone } = ctx.settings
  if (Boolean(staff_username) !== Boolean(ctx.credentials.staff_password))
    return { ok: false, reason: 'Fill in both staff_username and staff_password, or neither.' }
  await ctx.http.get('/site/locations', Locations, { 'request.limit': 1 })
  const { Sites: sites } = await ctx.http.get('/site/sites', Sites, { 'request.siteIds': site_id, 'request.limit': 1 })
  const site = sites.find(({ Id }) => Id === Number(site_id))
  const zone = zoneNamed(time_zone || site?.TimeZone)
  if (!zone) return { ok: false, reason: unknownZone(time_zone) }
  const { RequiredClientFields: listed } = await ctx.http.get('/client/requiredclientfields', Required)
  const { warnings, phone_search, canRead } = await staffTest(ctx)
  const warning = [...warnings, ...requiredWarnings(requiredNames(listed))].join(' ')
  return {
    ok: true,
    account: site?.Name || `Site ${site_id}`,
    facts: {
      time_zone: zone,
      phone_search,
      required_client_fields: requiredNames(listed).join(','),
      'idempotency.contact': canRead && ctx.settings.client_numbers !== 'given' ? 'native' : 'none',
    },
    ...(warning && { warning }),
  }
}

const unknownZone = (entered: string | undefined): string =>
  entered
    ? 'time_zone is no IANA name of a zone. Write it such as America/Chicago.'
    : "Mindbody does not tell the site's time zone by a name that is known here. Connect again with time_zone, such as America/Chicago."

const requiredWarnings = (names: string[]): string[] => {
  const unknown = names.filter((name) => !fieldOf(CLIENT, name)?.uses.includes('create'))
  return unknown.length ? [`The site asks for ${unknown.join(', ')} of new clients, which cannot be given from here.`] : []
}

interface StaffTested {
  warnings: string[]
  phone_search: 'yes' | 'no' | 'unknown'
  canRead: boolean
}

const staffTest = async (ctx: Ctx): Promise<StaffTested> => {
  const without = { phone_search: 'unknown', canRead: false } as const
  if (!hasStaff(ctx)) return { ...without, warnings: [NO_STAFF] }
  try {
    const phone_search = await phoneSearch(ctx)
    return { warnings: phone_search === 'no' ? [NO_PHONES] : [], phone_search, canRead: true }
  } catch (error) {
    if (!(error instanceof VorelError && error.code === 'auth_error' && !error.isExpired)) throw error
    return { ...without, warnings: [NO_CLIENTS] }
  }
}

const NO_STAFF =
  'Staff credentials needed for all but new contacts: lookup_customer, search_records, update_record, list_recent and everything about appointments are not available. Connect again with staff_username and staff_password for them.'
const NO_CLIENTS =
  'The staff member may not see clients, so lookup_customer, search_records, update_record, list_recent and bookings are not available. Have the permission given at the site, and test the connection again.'
const NO_PHONES =
  'Mindbody does not search phone numbers at this site: a number is looked up by going through all clients, of whom there may be 1000 at most.'

/** Whether a search finds somebody by a number of theirs; not known of a site where nobody has one. */
const phoneSearch = async (ctx: Ctx): Promise<StaffTested['phone_search']> => {
  const { clients } = await clientPage(ctx, {})
  const somebody = clients.find((client) => phonesOf(client).some((phone) => phone.replaceAll(/\D/g, '').length >= 7))
  if (!somebody) return 'unknown'
  const [phone = ''] = phonesOf(somebody)
  const digits = phoneDigits(phone, ctx.tenant.region)
  for (const text of [digits, digits.slice(-4)]) {
    const { clients: found } = await clientPage(ctx, { 'request.searchText': text })
    if (found.some(({ UniqueId }) => UniqueId === somebody.UniqueId)) return 'yes'
  }
  return 'no'
}
