import { orNull, path, VorelError } from '../../core/driver.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { BOOKING } from './fields.ts'
import { invalid, refuseUnknown, sendForm, toForm } from './form.ts'
import type { Ctx } from './manifest.ts'
import { type Appointment, Booked } from './map.ts'

/** By default a booking for a new patient opens a case in the chart. */
export const NO_CASE = { nopatientcase: 'true' }

export const appointmentById = async ({ http }: Ctx, id: string): Promise<Appointment | null> => {
  const found = await orNull(http.get(path`/appointments/${id}`, Booked, { showcopay: false }))
  return found?.[0] ?? null
}

/**
 * Fills an open slot. A slot is filled once: a repeat is refused, and finds the patient there already, so it comes to the same appointment.
 */
export const book = async (ctx: Ctx, fields: Fields): Promise<string> => {
  refuseUnknown(fields, BOOKING, 'A booking')
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== ''))
  const { appointmentid, ...form } = toForm(given, BOOKING, ctx.tenant.region)
  const { patientid } = form
  if (!appointmentid || !patientid) {
    const missing = Object.entries({ appointmentid, patientid }).flatMap(([name, value]) => (value ? [] : [name]))
    throw invalid(`A booking needs ${missing.join(' and ')}: the open slot to fill, and for whom.`, missing)
  }
  if (!form.reasonid && !form.appointmenttypeid)
    throw invalid('A booking needs reasonid or appointmenttypeid.', ['reasonid', 'appointmenttypeid'])
  try {
    const [booked] = await sendForm(ctx, 'PUT', path`/appointments/${appointmentid}`, Booked, { ...form, ...NO_CASE })
    return String(booked?.appointmentid ?? appointmentid)
  } catch (error) {
    if (!isRefusal(error)) throw error
    return heldAlready(ctx, { appointmentid, patientid }, error)
  }
}

const isRefusal = (error: unknown): error is VorelError =>
  error instanceof VorelError &&
  error.effect === 'none' &&
  ['field_invalid', 'record_conflict', 'record_not_found'].includes(error.code)

const TAKEN = ['f', '2', '3', '4']

const heldAlready = async (
  ctx: Ctx,
  slot: { appointmentid: string; patientid: string },
  refused: VorelError,
): Promise<string> => {
  const held = await appointmentById(ctx, slot.appointmentid).catch(notSettled)
  const status = String(held?.appointmentstatus ?? 'o')
  if (!held || status === 'o') throw refused
  if (TAKEN.includes(status) && String(held.patientid ?? '') === slot.patientid) return slot.appointmentid
  throw new VorelError('record_conflict', 'The slot is no longer open. Choose another one; search_records lists open slots.')
}

/** Who holds the slot could not be read: an earlier try may have filled it. */
const notSettled = (error: unknown): never => {
  if (!(error instanceof VorelError)) throw error
  const { code, message, retryAfterSeconds } = error
  throw new VorelError(code, message, {
    effect: 'unknown',
    cause: error,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  })
}
