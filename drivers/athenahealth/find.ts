import { orNull, path, samePhone, VorelError } from '../../core/driver.ts'
import type { LookupCustomerInput } from '../../schemas/verbs.ts'
import { departmentsOf, scopeOf, WITHOUT_DEPARTMENT } from './departments.ts'
import { lacksCriterion } from './faults.ts'
import { nationalNumber } from './form.ts'
import type { Ctx } from './manifest.ts'
import { isDeleted, Patient, Patients, phonesOf } from './map.ts'
import { allPages } from './pages.ts'

/** Spares the provider work, and us what we have no use for. */
const LEAN = { omitbalances: true, omitphotoinformation: true, omitdefaultpharmacy: true }
const MOST_DEPARTMENTS = 10

export const isId = (text: string): boolean => /^\d{1,15}$/.test(text)

export const patientsBy = async (ctx: Ctx, criteria: Record<string, string>): Promise<Patient[]> => {
  const query = { ...criteria, ...LEAN }
  const found = await allPages(ctx, {
    path: '/patients',
    key: 'patients',
    item: Patient,
    query,
    pageSize: 100,
    mostPages: 5,
  })
  return unique(found.filter((patient) => !isDeleted(patient)))
}

const unique = (patients: Patient[]): Patient[] => [
  ...new Map(patients.map((patient) => [String(patient.patientid), patient])).values(),
]

export const patientById = async (ctx: Ctx, id: string): Promise<Patient | null> => {
  if (!isId(id)) return null
  const found = await orNull(ctx.http.get(path`/patients/${id}`, Patients, scopeOf(ctx, 'departmentid')))
  const [patient] = found ?? []
  return patient && !isDeleted(patient) ? patient : null
}

/** Nobody has a number that athenahealth cannot keep. */
export const patientsByPhone = async (ctx: Ctx, phone: string): Promise<Patient[]> => {
  const digits = nationalNumber(phone, ctx.tenant.region)
  if (digits === null) return []
  const found = await patientsBy(ctx, { anyphone: digits })
  return found.filter((patient) => phonesOf(patient).some((own) => samePhone(own, `+1${digits}`, 'US')))
}

export const patientsByEmail = async (ctx: Ctx, email: string): Promise<Patient[]> => {
  const found = await patientsBy(ctx, { email }).catch(async (error: unknown) => {
    if (!lacksCriterion(error)) throw error
    return inEachDepartment(ctx, email)
  })
  return found.filter((patient) => hasEmail(patient, email))
}

/** Where an e-mail address alone is no criterion, a department beside it is one. */
const inEachDepartment = async (ctx: Ctx, email: string): Promise<Patient[]> => {
  const departments = await departmentsOf(ctx)
  if (departments.length > MOST_DEPARTMENTS)
    throw new VorelError(
      'field_invalid',
      `This practice cannot be searched by e-mail alone, and its ${departments.length} departments are too many to ask each. Look up by phone or id.`,
      { fields: ['email'] },
    )
  const found = await Promise.all(
    [...departments, WITHOUT_DEPARTMENT].map((departmentid) => patientsBy(ctx, { email, departmentid })),
  )
  return unique(found.flat())
}

const hasEmail = (patient: Patient, email: string): boolean => patient.email?.toLowerCase() === email.toLowerCase()

/**
 * One key after the other, so that nobody's data is looked at who need not be found. Families share numbers and addresses: of several patients one is
 * chosen only where another key of the same call decides.
 */
export const lookup = async (ctx: Ctx, { phone, email, external_id }: LookupCustomerInput): Promise<Patient | null> => {
  const byPhone = phone ? theOne(await patientsByPhone(ctx, phone), { email, external_id }) : null
  if (byPhone) return byPhone
  const byEmail = email ? theOne(await patientsByEmail(ctx, email), { external_id }) : null
  return byEmail ?? (external_id ? patientById(ctx, external_id) : null)
}

type Deciding = Pick<LookupCustomerInput, 'email' | 'external_id'>

const theOne = (several: Patient[], { email, external_id }: Deciding): Patient | null => {
  if (several.length < 2) return several[0] ?? null
  const decided = [
    several.filter(({ patientid }) => String(patientid) === external_id),
    several.filter((patient) => email !== undefined && hasEmail(patient, email)),
  ].find((left) => left.length === 1)
  if (decided?.[0]) return decided[0]
  throw new VorelError(
    'record_conflict',
    'Several patients share this phone number or e-mail address, as families do. Give both, or the id; search_records lists them.',
  )
}
