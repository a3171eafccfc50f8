import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { easternDate } from './eastern.ts'
import type { Changes } from './sandbox-changes.ts'
import { invalidData, ok, refused } from './sandbox-gateway.ts'
import {
  formOf,
  isAnswer,
  knowing,
  LISTING,
  noCriterion,
  paged,
  queryOf,
  tooBroad,
  type Values,
  without,
} from './sandbox-input.ts'

export interface PatientRow extends Record<string, string> {
  patientid: string
  departmentid: string
}

export interface PatientRules {
  /** An e-mail address is criterion enough. */
  emailAlone: boolean
  /** So is a list of ids. */
  idList: boolean
  /** Any search finds too much. */
  broad: boolean
  /** Answers to a create do not tell whether it made somebody. */
  silentMatch: boolean
  /** Values longer than the practice takes are refused. */
  short: boolean
  /** Departments belong to two groups, and a patient to one of them. */
  groups: boolean
}

const PROFILE = knowing({
  text: [
    'firstname middlename lastname suffix preferredname altfirstname email mobilephone homephone workphone',
    'address1 address2 city state zip countrycode3166 primarydepartmentid primaryproviderid notes language6392code contactpreference',
    'contactname contacthomephone contactmobilephone referralsourceid referralsourceother guarantoremail ssn',
  ].join(' '),
  date: 'dob',
  sex: 'sex',
  integer: 'departmentid',
  flag: 'consenttocall consenttotext',
})
const CREATE = { ...PROFILE, ...knowing({ statusOrDeleted: 'status', flag: 'showerrormessage' }) }
const UPDATE = {
  ...PROFILE,
  ...knowing({ status: 'status', integer: 'lookupdepartmentid', flag: 'registerpatientindepartment returnerroroninvalidemail' }),
}
const SEARCH = {
  ...PROFILE,
  ...LISTING,
  ...knowing({
    statusOrDeleted: 'status',
    text: 'anyphone',
    integers: 'patientidlist',
    flag: 'omitbalances omitphotoinformation omitdefaultpharmacy',
  }),
}
const CRITERIA = [
  'firstname',
  'lastname',
  'middlename',
  'suffix',
  'dob',
  'departmentid',
  'homephone',
  'workphone',
  'mobilephone',
  'anyphone',
]
const NOT_IN_LISTS = ['lastupdated', 'altfirstname', 'referralsourceother']
const PHONES = ['mobilephone', 'homephone', 'workphone']
const REACHED_BY = ['email', ...PHONES, 'guarantoremail', 'ssn', 'zip']
const STATUS: Values = { a: 'active', i: 'inactive', p: 'prospective', d: 'deleted' }
const LENGTHS: Record<string, number> = {
  lastname: 30,
  address1: 100,
  address2: 100,
  city: 30,
  email: 50,
  zip: 10,
  state: 10,
  notes: 4000,
}

const same = (a = '', b = ''): boolean => a.toLowerCase() === b.toLowerCase()
const noPatient = refused(404, 'The patient ID provided does not exist.')

export class Patients {
  readonly rows = new Map<string, PatientRow>()
  readonly #rules: PatientRules
  readonly #changes: Changes
  #lastId = 99

  constructor(rules: PatientRules, changes: Changes) {
    this.#rules = rules
    this.#changes = changes
  }

  list(request: SandboxRequest): SandboxAnswer {
    const wanted = queryOf(request, SEARCH)
    if (isAnswer(wanted)) return wanted
    const { emailAlone, idList, broad } = this.#rules
    const criteria = [...CRITERIA, ...(emailAlone ? ['email'] : []), ...(idList ? ['patientidlist'] : [])]
    if (!criteria.some((name) => wanted[name])) return noCriterion(CRITERIA)
    if (broad) return tooBroad
    const found = [...this.rows.values()].filter((row) => fits(row, wanted))
    return paged(
      request,
      'patients',
      found.map((row) => without(row, NOT_IN_LISTS)),
      { standard: 10, most: 1000 },
    )
  }

  search(request: SandboxRequest): SandboxAnswer {
    const wanted = queryOf(request, { searchterm: 'text', maxresults: 'integer' })
    if (isAnswer(wanted)) return wanted
    const term = wanted.searchterm?.toLowerCase()
    if (!term) return noCriterion(['searchterm'])
    const found = [...this.rows.values()].filter(
      ({ patientid, firstname, lastname }) => patientid === term || `${firstname} ${lastname}`.toLowerCase().includes(term),
    )
    return ok({ patients: found.slice(0, Number(wanted.maxresults ?? 50)).map(short) })
  }

  one(request: SandboxRequest, id: string): SandboxAnswer {
    const wanted = queryOf(request, { departmentid: 'integer' })
    if (isAnswer(wanted)) return wanted
    const row = this.rows.get(id)
    return row && this.#isIn(row, wanted.departmentid) ? ok([row]) : noPatient
  }

  create(request: SandboxRequest): SandboxAnswer {
    const form = formOf(request, CREATE, ['departmentid', 'firstname', 'lastname', 'dob'])
    if (isAnswer(form)) return form
    if (!REACHED_BY.some((name) => form[name])) return noCriterion(REACHED_BY)
    const { showerrormessage, ...profile } = form
    const refusal = this.#refusalOf(profile)
    if (refusal) return refusal
    const known = [...this.rows.values()].find((row) => isSamePerson(row, profile))
    if (known)
      return ok([
        this.#answer(
          known.patientid,
          false,
          showerrormessage === 'true' ? `Matched ${known.firstname} ${known.lastname}, born ${known.dob}.` : '',
        ),
      ])
    this.#lastId += 1
    const patientid = String(this.#lastId)
    this.#keep({
      status: 'active',
      registrationdate: easternDate(Date.now()),
      ...stored(profile),
      patientid,
      departmentid: profile.departmentid ?? '',
    })
    return ok([this.#answer(patientid, true, '')])
  }

  update(request: SandboxRequest, id: string): SandboxAnswer {
    const form = formOf(request, UPDATE, [])
    if (isAnswer(form)) return form
    const { lookupdepartmentid, registerpatientindepartment: _, returnerroroninvalidemail, ...profile } = form
    const row = this.rows.get(id)
    if (!row || !this.#isIn(row, lookupdepartmentid)) return noPatient
    if (profile.email && !profile.email.includes('@')) {
      if (returnerroroninvalidemail === 'true') return invalidData(`The email ${profile.email} is invalid.`)
      delete profile.email
    }
    const refusal = this.#refusalOf(profile)
    if (refusal) return refusal
    this.#keep({ ...row, ...stored(profile) })
    return ok([{ patientid: id }])
  }

  #keep(row: PatientRow): void {
    this.rows.set(row.patientid, { ...row, lastupdated: easternDate(Date.now()) })
    this.#changes.add(row.patientid)
  }

  #refusalOf(profile: Values): SandboxAnswer | null {
    const long = Object.entries(profile).find(([name, value]) => this.#rules.short && value.length > (LENGTHS[name] ?? 20))
    return long ? invalidData(`The value ${long[1]} of ${long[0]} is too long.`) : null
  }

  #isIn({ departmentid }: PatientRow, wanted: string | undefined): boolean {
    return !this.#rules.groups || wanted === undefined || Number(departmentid) % 2 === Number(wanted) % 2
  }

  #answer(patientid: string, isNew: boolean, errormessage: string): Record<string, string> {
    if (this.#rules.silentMatch) return { patientid, ...(errormessage && { errormessage }) }
    return { patientid, errormessage, waspatientcreated: String(isNew) }
  }
}

const stored = (profile: Values): Values => {
  const { status } = profile
  const numbers = PHONES.flatMap((name) => (profile[name] ? [[name, profile[name].replaceAll(/\D/g, '')]] : []))
  return { ...profile, ...Object.fromEntries(numbers), ...(status && { status: STATUS[status] ?? status }) }
}

const fits = (row: PatientRow, wanted: Values): boolean => {
  const { anyphone, patientidlist, status } = wanted
  if (anyphone && !PHONES.some((name) => row[name] && row[name] === anyphone)) return false
  if (patientidlist && !patientidlist.split(',').includes(row.patientid)) return false
  if (status && row.status !== STATUS[status]) return false
  return Object.keys(PROFILE).every((name) => wanted[name] === undefined || same(row[name], wanted[name]))
}

/** The match that the provider makes before it registers anybody: name, birth date, and something to reach them by. */
const isSamePerson = (row: PatientRow, profile: Values): boolean =>
  ['firstname', 'lastname', 'dob'].every((name) => same(row[name], profile[name])) &&
  ['email', 'zip', ...PHONES].some((name) => profile[name] && same(row[name], profile[name].replace(/^\+1/, '')))

const short = ({ patientid, firstname, lastname, dob, zip, city, state, departmentid }: PatientRow) => ({
  patientid: Number(patientid),
  firstname,
  lastname,
  dob,
  city,
  state,
  currentdepartmentid: Number(departmentid),
  ...(zip && { zip: Number(zip) }),
})
