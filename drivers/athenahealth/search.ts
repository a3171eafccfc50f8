import Type from 'typebox'
import { orNull, path, readOf, VorelError } from '../../core/driver.ts'
import type { CrmRecord } from '../../schemas/record.ts'
import type { SearchRecordsInput } from '../../schemas/verbs.ts'
import { appointmentById } from './booking.ts'
import { toUsDate } from './eastern.ts'
import { lacksCriterion } from './faults.ts'
import { isId, oldestFirst, patientsBy, patientsByEmail, patientsByPhone, withRest } from './find.ts'
import type { Ctx } from './manifest.ts'
import { Appointment, Patient, toAppointment, toContact } from './map.ts'
import { allPages, pageAt } from './pages.ts'
import { isShort, lacksInHistory, lacksInList, lacksInSearch, type Read } from './read.ts'

const Found = Type.Object({ patients: Type.Array(Patient) })

/** By a whole number or address; else by a part of the name or an id. */
export const searchPatients = async (ctx: Ctx, input: SearchRecordsInput): Promise<CrmRecord[]> => {
  const { limit, phone } = input
  const read = readOf(input, 'contact')
  const text = input.query.trim()
  const whole = await byNumberOrAddress(ctx, text, phone)
  if (whole.length > 0 || isAddress(text))
    return (await withRest(ctx, oldestFirst(whole).slice(0, limit), read, lacksInList)).map(toContact(read))
  if (text === '') return []
  const { patients } = await ctx.http.get('/patients/search', Found, { searchterm: text, maxresults: limit })
  return (await withContactData(ctx, patients.slice(0, limit), read)).map(toContact(read))
}

const isAddress = (text: string): boolean => /^[^\s@]+@[^\s@]+$/.test(text)

const byNumberOrAddress = async (ctx: Ctx, text: string, phone: string | undefined): Promise<Patient[]> => {
  if (phone) return patientsByPhone(ctx, phone)
  return isAddress(text) ? patientsByEmail(ctx, text) : []
}

/** A search answers in short, without phone and e-mail; where these cannot be had for all at once, it stays so but for what is to be read. */
const withContactData = async (ctx: Ctx, patients: Patient[], read: Read): Promise<Patient[]> => {
  if (patients.length === 0) return []
  const patientidlist = patients.map(({ patientid }) => String(patientid)).join(',')
  const whole = await patientsBy(ctx, { patientidlist }).catch((error: unknown) => {
    if (lacksCriterion(error)) return []
    throw error
  })
  const byId = new Map(whole.map((patient) => [String(patient.patientid), patient]))
  const known = patients.map((patient) => byId.get(String(patient.patientid)) ?? patient)
  return withRest(ctx, known, read, whole.length < patients.length ? lacksInSearch : lacksInList)
}

/** An id: that appointment, and those of that patient. `open …`: slots that can be booked. */
export const searchAppointments = async (ctx: Ctx, input: SearchRecordsInput): Promise<CrmRecord[]> => {
  const read = readOf(input, 'appointment')
  const text = input.query.trim().toLowerCase()
  if (isId(text)) return (await byId(ctx, text, input.limit, read)).map(toAppointment(read))
  if (/^open\b/.test(text)) return (await openSlots(ctx, text, input.limit)).map(toAppointment(read))
  throw new VorelError(
    'field_invalid',
    "Appointments are searched by the patient's id or their own, and open slots by 'open', with a first day, reason:<id>, type:<id>, provider:<id> or department:<id> where wanted.",
  )
}

const byId = async (ctx: Ctx, id: string, limit: number, read: Read): Promise<Appointment[]> => {
  const [own, ofPatient] = await Promise.all([appointmentById(ctx, id), orNull(ofPatientWith(ctx, id))])
  const theirs = (ofPatient ?? [])
    .filter(({ appointmentid }) => String(appointmentid) !== id)
    .map((one) => ({ ...one, patientid: id }))
  return [own ?? [], await withWhole(ctx, theirs.slice(0, limit), read)].flat().slice(0, limit)
}

/** What a patient's list lacks of the fields to read is read of each appointment by itself. */
const withWhole = async (ctx: Ctx, appointments: Appointment[], read: Read): Promise<Appointment[]> => {
  if (!isShort('appointment', read, lacksInHistory)) return appointments
  return Promise.all(appointments.map(async (one) => ({ ...one, ...(await appointmentById(ctx, String(one.appointmentid))) })))
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

const openSlots = async (ctx: Ctx, text: string, limit: number): Promise<Appointment[]> => {
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
  return rows.map((slot) => ({ ...slot, appointmentstatus: 'o' }))
}
