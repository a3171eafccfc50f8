import { orNull, path, readOf, samePhone, VorelError } from '../../core/driver.ts'
import type { CustomerKey, LookupCustomerInput, LookupCustomerOutput } from '../../schemas/verbs.ts'
import { departmentsOf, scopeOf, WITHOUT_DEPARTMENT } from './departments.ts'
import { fromUsDate } from './eastern.ts'
import { lacksCriterion } from './faults.ts'
import type { Ctx } from './manifest.ts'
import { isActive, isDeleted, Patient, Patients, phonesOf, toContact } from './map.ts'
import { allPages } from './pages.ts'
import { isShort, lacksInList, type Read } from './read.ts'
import { nationalNumber } from './values.ts'

/** Spares the provider work, and us what we have no use for. */
const LEAN = { omitbalances: true, omitphotoinformation: true, omitdefaultpharmacy: true }
const MOST_DEPARTMENTS = 10
const MOST_CUSTOMERS = 20

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

type Keys = Pick<LookupCustomerInput, 'email' | 'external_id'>

/** Whom the other keys of the call mean as well; then the active, then those who have been there the longest. */
const bestFirst = ({ email, external_id }: Keys) => {
  const rank = (patient: Patient): number[] => [
    Number(String(patient.patientid) !== external_id),
    Number(email === undefined || !hasEmail(patient, email)),
    Number(!isActive(patient)),
    Number(registeredOn(patient)),
    Number(patient.patientid),
  ]
  return (a: Patient, b: Patient): number => {
    const ranks = rank(b)
    return (
      rank(a)
        .map((own, at) => own - (ranks[at] ?? 0))
        .find((apart) => apart !== 0) ?? 0
    )
  }
}

export const oldestFirst = (patients: Patient[]): Patient[] => patients.toSorted(bestFirst({}))

/** `20260105`; where it is not known, after those of whom it is. */
const registeredOn = ({ registrationdate }: Patient): string =>
  fromUsDate(registrationdate ?? '')?.replaceAll('-', '') ?? '99999999'

/**
 * Everybody whom the first key finds that finds anybody: families share numbers and addresses. One key after the other, so that nobody's data is looked at
 * who need not be found.
 */
export const lookup = async (ctx: Ctx, input: LookupCustomerInput): Promise<LookupCustomerOutput> => {
  const { phone, email, external_id } = input
  const read = readOf(input, 'contact')
  const ways: [CustomerKey, () => Promise<Patient[]>][] = [
    ['phone', async () => (phone ? patientsByPhone(ctx, phone) : [])],
    ['email', async () => (email ? patientsByEmail(ctx, email) : [])],
  ]
  for (const [matched_by, find] of ways) {
    const found = (await find()).toSorted(bestFirst(input)).slice(0, MOST_CUSTOMERS)
    if (found.length > 0) return { matched_by, customers: (await withRest(ctx, found, read, lacksInList)).map(toContact(read)) }
  }
  const patient = external_id ? await patientById(ctx, external_id) : null
  return patient && { matched_by: 'external_id', customers: [toContact(read)(patient)] }
}

/** What an answer lacks of the fields to read is read of each patient by itself. */
export const withRest = async (
  ctx: Ctx,
  patients: Patient[],
  read: Read,
  lacks: (field: string) => boolean,
): Promise<Patient[]> => {
  if (!isShort('contact', read, lacks)) return patients
  return Promise.all(patients.map(async (patient) => ({ ...patient, ...(await patientById(ctx, String(patient.patientid))) })))
}
