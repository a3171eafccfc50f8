import { VorelError } from '../../core/driver.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { appointmentsOf, dayOf, dayOffset, today } from './appointments.ts'
import { invalid, isGiven, knownOf, refuseUnknown, toBody } from './body.ts'
import { bookClass, changePlace, isPlace } from './class.ts'
import { clientByUniqueId } from './clients.ts'
import { APPOINTMENT, EXECUTES } from './fields.ts'
import type { Ctx } from './manifest.ts'
import { type Client, SavedAppointment } from './map.ts'
import { needStaff } from './staff.ts'

const REQUIRED = Object.keys(APPOINTMENT).filter((name) => APPOINTMENT[name]?.isRequired)

export const book = async (ctx: Ctx, fields: Fields, reference: string): Promise<string> => {
  needStaff(ctx, 'takes bookings')
  return isGiven(fields.ClassId) ? bookClass(ctx, fields, await bookedFor(ctx, fields)) : bookAppointment(ctx, fields, reference)
}

const bookedFor = async (ctx: Ctx, { ClientUniqueId }: Fields): Promise<Client> => {
  const client = isGiven(ClientUniqueId) && (await clientByUniqueId(ctx, String(ClientUniqueId)))
  if (client) return client
  throw invalid('ClientUniqueId has to be the external_id of a contact of this site.', ['ClientUniqueId'])
}

/** Mindbody books the same again when it is asked again: an earlier try is known by what it was marked with. */
const bookAppointment = async (ctx: Ctx, fields: Fields, reference: string): Promise<string> => {
  refuseUnknown(fields, APPOINTMENT, 'create', 'An appointment')
  const missing = REQUIRED.filter((name) => !isGiven(fields[name]))
  if (missing.length) throw invalid(`An appointment needs ${missing.join(', ')}; a place in a class needs ClassId.`, missing)
  const { ClientUniqueId: _, ...body } = toBody(fields, APPOINTMENT, 'create', knownOf(ctx))
  const { Id: ClientId } = await bookedFor(ctx, fields)
  const day = String(body.StartDateTime).slice(0, 10)
  const own = (await appointmentsOf(ctx, { from: day, to: day, clientNumber: ClientId })).find(isMarked(reference))
  if (own) return String(own.Id)
  const { Appointment } = await ctx.http.post('/appointment/addappointment', SavedAppointment, {
    ...body,
    ClientId,
    ApplyPayment: ctx.settings.apply_payment === 'yes',
    PartnerExternalId: markOf(reference),
  })
  return String(Appointment.Id)
}

const markOf = (reference: string): string => `vorel:${reference}`
const isMarked = (reference: string) => (appointment: { PartnerExternalId?: string | null }) =>
  appointment.PartnerExternalId === markOf(reference)

const AHEAD_DAYS = 60

/** Of the days in which most are booked. For others nothing is lost: before it books, a create looks at the client's own day. */
export const findBooking = async (ctx: Ctx, reference: string): Promise<string | null> => {
  needStaff(ctx, 'shows appointments')
  const from = dayOf(ctx, new Date().toISOString())
  const found = await appointmentsOf(ctx, { from, to: dayOffset(today(ctx), AHEAD_DAYS) })
  const own = found.find(isMarked(reference))
  return own ? String(own.Id) : null
}

export const updateAppointment = async (ctx: Ctx, external_id: string, fields: Fields): Promise<void> => {
  needStaff(ctx, 'changes bookings')
  if (isPlace(external_id)) return changePlace(ctx, external_id, fields)
  if (!/^[1-9]\d{0,14}$/.test(external_id))
    throw new VorelError('record_not_found', 'Mindbody has no such appointment: its ids are digits. Nothing was written.')
  refuseUnknown(fields, APPOINTMENT, 'update', 'A change of an appointment')
  const { Status, ...body } = toBody(fields, APPOINTMENT, 'update', knownOf(ctx))
  await ctx.http.post('/appointment/updateappointment', SavedAppointment, {
    AppointmentId: Number(external_id),
    ...body,
    ...(Status !== undefined && { Execute: EXECUTES[String(Status)] }),
  })
}
