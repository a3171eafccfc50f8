import Type from 'typebox'
import { orNull, path, VorelError } from '../../core/driver.ts'
import type { CrmRecord } from '../../schemas/record.ts'
import { appointmentById } from './booking.ts'
import { toUsDate } from './eastern.ts'
import { lacksCriterion } from './faults.ts'
import { isId, patientsBy, patientsByEmail, patientsByPhone } from './find.ts'
import { nationalNumber } from './form.ts'
import type { Ctx } from './manifest.ts'
import { Appointment, Patient, toAppointment, toContact } from './map.ts'
import { allPages, pageAt } from './pages.ts'

const Found = Type.Object({ patients: Type.Array(Patient) })

/** By a part of the name, or by a whole number, address or id. */
export const searchPatients = async (ctx: Ctx, query: string, limit: number): Promise<CrmRecord[]> => {
  const text = query.trim()
  if (text === '') return []
  if (isNumberToCall(text, ctx.tenant.region)) return (await patientsByPhone(ctx, text)).slice(0, limit).map(toContact)
  if (/^[^\s@]+@[^\s@]+$/.test(text)) return (await patientsByEmail(ctx, text)).slice(0, limit).map(toContact)
  const { patients } = await ctx.http.get('/patients/search', Found, { searchterm: text, maxresults: limit })
  return withContactData(ctx, patients.slice(0, limit))
}

const isNumberToCall = (text: string, region: string): boolean =>
  /^[+(\d][\d\s().-]{8,}$/.test(text) && nationalNumber(text, region) !== null

/** A search answers in short, without phone and e-mail; where these cannot be had for all at once, it stays so. */
const withContactData = async (ctx: Ctx, patients: Patient[]): Promise<CrmRecord[]> => {
  if (patients.length === 0) return []
  const patientidlist = patients.map(({ patientid }) => String(patientid)).join(',')
  const whole = await patientsBy(ctx, { patientidlist }).catch((error: unknown) => {
    if (lacksCriterion(error)) return []
    throw error
  })
  const byId = new Map(whole.map((patient) => [String(patient.patientid), patient]))
  return patients.map((patient) => toContact(byId.get(String(patient.patientid)) ?? patient))
}

/** An id: that appointment, and those of that patient. `open …`: slots that can be booked. */
export const searchAppointments = async (ctx: Ctx, query: string, limit: number): Promise<CrmRecord[]> => {
  const text = query.trim().toLowerCase()
  if (isId(text)) return byId(ctx, text, limit)
  if (/^open\b/.test(text)) return openSlots(ctx, text, limit)
  throw new VorelError(
    'field_invalid',
    "Appointments are searched by the patient's id or their own, and open slots by 'open', with a first day, reason:<id>, type:<id>, provider:<id> or department:<id> where wanted.",
  )
}

const byId = async (ctx: Ctx, id: string, limit: number): Promise<CrmRecord[]> => {
  const [own, ofPatient] = await Promise.all([appointmentById(ctx, id), orNull(ofPatientWith(ctx, id))])
  const found = new Map(
    [own ?? [], ofPatient ?? []].flat().map((appointment) => [String(appointment.appointmentid), appointment]),
  )
  return [...found.values()].slice(0, limit).map(toAppointment)
}

const ofPatientWith = (ctx: Ctx, id: string): Promise<Appointment[]> =>
  allPages(ctx, {
    path: path`/patients/${id}/appointments`,
    key: 'appointments',
    item: Appointment,
    query: { showpast: 'true', showcancelled: 'true', showcopay: false },
    pageSize: 500,
    mostPages: 4,
  })

/** Any reason that can be booked by the web. */
const ANY_REASON = '-1'
const WORD = /^(?:open|(\d{4}-\d{2}-\d{2})|(reason|type|provider|department):(-?\d+))$/

const openSlots = async (ctx: Ctx, text: string, limit: number): Promise<CrmRecord[]> => {
  const said: Record<string, string> = {}
  for (const word of text.split(/\s+/)) {
    const [whole, date, name, id] = WORD.exec(word) ?? []
    if (!whole)
      throw new VorelError(
        'field_invalid',
        'Say no more than: open 2026-03-02 reason:<id> type:<id> provider:<id> department:<id>.',
      )
    if (date) said.startdate = toUsDate(date)
    if (name && id) said[name] = id
  }
  const { startdate, reason, type, provider, department = ctx.settings.department_id } = said
  const { rows } = await pageAt(
    ctx,
    {
      path: '/appointments/open',
      key: 'appointments',
      item: Appointment,
      query: {
        departmentid: department,
        ...(type ? { appointmenttypeid: type } : { reasonid: reason ?? ANY_REASON }),
        ...(provider && { providerid: provider }),
        ...(startdate && { startdate }),
      },
      pageSize: limit,
      mostPages: 1,
    },
    0,
  )
  return rows.map((slot) => toAppointment({ ...slot, appointmentstatus: 'o' }))
}
