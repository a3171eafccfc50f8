import Type from 'typebox'
import { path, VorelError } from '../../core/driver.ts'
import type { Fields as Values } from '../../schemas/verbs.ts'
import { appointmentById, NO_CASE } from './booking.ts'
import { CANCELLING, CHANGING, type Fields, MOVING } from './fields.ts'
import { isId } from './find.ts'
import { type Form, invalid, sendForm, toForm } from './form.ts'
import type { Ctx } from './manifest.ts'
import { type Appointment, Booked } from './map.ts'

const Cancelled = Type.Object({ status: Type.Optional(Type.String()) })
const CancelledAnswer = Type.Union([Cancelled, Type.Array(Cancelled)])
/** 1, or a sentence that says why not: under status 200. */
const Changed = Type.Union([Type.Number(), Type.String(), Type.Object({ status: Type.Union([Type.Number(), Type.String()]) })])

const has = (values: Values, name: string): boolean => Object.hasOwn(values, name)

/** An appointment is cancelled, moved or changed, each by a call of its own: never two at a time, of which one could fail. */
export const updateAppointment = async (ctx: Ctx, id: string, values: Values): Promise<void> => {
  if (!isId(id)) throw noSuchAppointment()
  if (has(values, 'newappointmentid')) return move(ctx, id, formOf(ctx, values, MOVING))
  if (has(values, 'appointmentstatus')) return cancel(ctx, id, formOf(ctx, values, CANCELLING))
  return change(ctx, id, formOf(ctx, values, CHANGING))
}

const noSuchAppointment = () => new VorelError('record_not_found', 'athenahealth has no such appointment.')

const formOf = (ctx: Ctx, values: Values, known: Fields): Form => {
  const others = Object.keys(values).filter((name) => !Object.hasOwn(known, name))
  if (others.length)
    throw invalid(
      `An appointment is cancelled (appointmentstatus x, with a reason), moved (newappointmentid) or changed (${Object.keys(CHANGING).join(', ')}), one at a time; ${others.join(', ')} does not go with the rest.`,
      others,
    )
  const form = toForm(values, known, ctx.tenant.region)
  const empty = Object.keys(form).filter((name) => form[name] === '')
  if (empty.length) throw invalid(`${empty.join(', ')} cannot be cleared.`, empty)
  return form
}

/** Whose it is: cancelling and moving both have to name the patient. */
const current = async (ctx: Ctx, id: string): Promise<Appointment & { patientid: string }> => {
  const found = await appointmentById(ctx, id)
  if (!found) throw noSuchAppointment()
  if (!found.patientid || String(found.appointmentstatus) === 'o')
    throw new VorelError('record_conflict', 'This is an open slot that nobody has booked. Nothing was written.')
  return { ...found, patientid: String(found.patientid) }
}

const cancel = async (ctx: Ctx, id: string, { appointmentstatus: _, ...form }: Form): Promise<void> => {
  const { patientid, appointmentstatus } = await current(ctx, id)
  if (appointmentstatus === 'x') return
  await sendForm(ctx, 'PUT', path`/appointments/${id}/cancel`, CancelledAnswer, { patientid, ...form, ...NO_CASE })
}

const move = async (ctx: Ctx, id: string, form: Form): Promise<void> => {
  const { patientid, appointmentstatus, rescheduledappointmentid } = await current(ctx, id)
  if (String(rescheduledappointmentid ?? '') === form.newappointmentid) return
  if (appointmentstatus === 'x')
    throw new VorelError('record_conflict', 'A cancelled appointment cannot be moved. Book another slot. Nothing was written.')
  await sendForm(ctx, 'PUT', path`/appointments/${id}/reschedule`, Booked, { patientid, ...form, ...NO_CASE })
}

const change = async (ctx: Ctx, id: string, form: Form): Promise<void> => {
  const answer = await sendForm(ctx, 'PUT', path`/appointments/booked/${id}`, Changed, form)
  const status = String(typeof answer === 'object' ? answer.status : answer)
  if (status !== '1')
    throw new VorelError(
      'field_invalid',
      'athenahealth refused to change the appointment. Check that it is booked, and that provider, department and type exist. Nothing was written.',
      { fields: Object.keys(form) },
    )
}
