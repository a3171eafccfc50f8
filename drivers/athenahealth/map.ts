import Type, { type Static, type TSchema } from 'typebox'
import { toE164 } from '../../core/driver.ts'
import type { CrmRecord } from '../../schemas/record.ts'
import { fromUsDate, toIso } from './eastern.ts'
import { type Read, valuesOf } from './read.ts'

/** Strings to most apps, numbers to those that asked for strict types. */
export const Id = Type.Union([Type.String({ minLength: 1 }), Type.Number()])
const Text = Type.Optional(Type.Union([Type.String(), Type.Null()]))
const LooseId = Type.Optional(Type.Union([Type.String(), Type.Number(), Type.Null()]))
const Loose = Type.Optional(Type.Union([Type.String(), Type.Boolean(), Type.Null()]))

export const isTrue = (value: unknown): boolean => value === true || value === 'true'
export const isFalse = (value: unknown): boolean => value === false || value === 'false'

export const Patient = Type.Object({
  patientid: Id,
  firstname: Text,
  lastname: Text,
  email: Text,
  mobilephone: Text,
  homephone: Text,
  workphone: Text,
  status: Text,
  registrationdate: Text,
  lastupdated: Text,
})
export type Patient = Static<typeof Patient>
export const Patients = Type.Array(Patient)

export const Created = Type.Array(Type.Object({ patientid: Id, waspatientcreated: Loose, errormessage: Text }), { minItems: 1 })
export const Updated = Type.Array(Type.Object({ patientid: Id }), { minItems: 1 })

export const Appointment = Type.Object({
  appointmentid: Id,
  patientid: LooseId,
  appointmentstatus: Type.Optional(Id),
  appointmenttype: Text,
  patientappointmenttypename: Text,
  date: Text,
  starttime: Text,
  rescheduledappointmentid: LooseId,
  scheduleddatetime: Text,
  lastmodified: Text,
})
export type Appointment = Static<typeof Appointment>
export const Booked = Type.Array(Appointment)

const Count = Type.Optional(Type.Union([Type.Integer(), Type.String()]))
/** A list, one page of it; `next` is there while there is more. An empty one may come without its member. */
export const pageOf = <S extends TSchema>(item: S) =>
  Type.Object({
    totalcount: Count,
    next: Type.Optional(Type.String()),
    patients: Type.Optional(Type.Array(item)),
    appointments: Type.Optional(Type.Array(item)),
  })

const REGION = 'US' // ten digits are all there is
/** What a patient has told: neither empty nor the word for "would not say". */
const given = (value: string | null | undefined): string | null => (value && value !== 'declined' ? value : null)

export const phonesOf = ({ mobilephone, homephone, workphone }: Patient): string[] =>
  [mobilephone, homephone, workphone].flatMap((phone) => given(phone) ?? [])

/** The word or its letter. */
export const isDeleted = ({ status }: Patient): boolean => /^d(eleted)?$/i.test(status ?? '')
export const isActive = ({ status }: Patient): boolean => /^a(ctive)?$/i.test(status ?? 'a')

const asked = (object: string, answer: object, read: Read) => read.length > 0 && { fields: valuesOf(object, answer, read) }

export const toContact =
  (read: Read) =>
  (patient: Patient): CrmRecord => {
    const [phone] = phonesOf(patient)
    return {
      object: 'contact',
      external_id: String(patient.patientid),
      name: [patient.firstname, patient.lastname].filter(Boolean).join(' ') || null,
      email: given(patient.email),
      phone: phone === undefined ? null : (toE164(phone, REGION) ?? phone),
      record_url: null,
      created_at: patient.registrationdate ? fromUsDate(patient.registrationdate) : null,
      updated_at: toIso(patient.lastupdated ?? undefined),
      ...asked('contact', patient, read),
    }
  }

const STATUSES: Record<string, string> = {
  o: 'open',
  x: 'cancelled',
  2: 'checked in',
  3: 'checked out',
  4: 'charge entered',
}

/** What, when by the department's own clock, and how it stands unless it is simply booked. */
const titleOf = (appointment: Appointment): string | null => {
  const { patientappointmenttypename, appointmenttype, date, starttime, appointmentstatus } = appointment
  const status = STATUSES[String(appointmentstatus ?? '')]
  const words = [patientappointmenttypename || appointmenttype, date && (fromUsDate(date) ?? date), starttime]
  return [...words, status && `(${status})`].filter(Boolean).join(' ') || null
}

export const toAppointment =
  (read: Read) =>
  (appointment: Appointment): CrmRecord => ({
    object: 'appointment',
    external_id: String(appointment.appointmentid),
    name: titleOf(appointment),
    email: null,
    phone: null,
    record_url: null,
    created_at: toIso(appointment.scheduleddatetime ?? undefined),
    updated_at: toIso(appointment.lastmodified ?? undefined),
    ...asked('appointment', appointment, read),
  })
