import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { easternDate, fromEastern, fromUsDate, toEastern } from './eastern.ts'
import { invalidData, missingFields, ok, refused } from './sandbox-gateway.ts'
import { formOf, isAnswer, knowing, LISTING, paged, queryOf, type Values, without } from './sandbox-input.ts'
import type { Patients } from './sandbox-patients.ts'

export interface AppointmentRow extends Record<string, string> {
  appointmentid: string
  appointmentstatus: string
  departmentid: string
  date: string
}

const DAY_MS = 86_400_000
const FIRST_ID = 2_204_083
const SLOTS = 24
const REASONS = ['962', '963']
const PROVIDERS = ['40', '41']
const DEPARTMENTS = ['1', '2', '3']
const TYPES = ['44', '45']
const LIMITS = { standard: 1000, most: 10_000 }

const BOOK = knowing({
  integer: 'patientid reasonid appointmenttypeid departmentid',
  text: 'bookingnote',
  flag: 'urgentyn nopatientcase donotsendconfirmationemail ignoreschedulablepermission',
})
const CANCEL = knowing({
  integer: 'patientid appointmentcancelreasonid',
  text: 'cancellationreason',
  flag: 'nopatientcase ignoreschedulablepermission',
})
const MOVE = knowing({
  integer: 'patientid newappointmentid reasonid appointmentcancelreasonid',
  text: 'reschedulereason',
  flag: 'nopatientcase ignoreschedulablepermission',
})
const CHANGE = knowing({ integer: 'providerid departmentid appointmenttypeid schedulingproviderid supervisingproviderid' })
const OPEN = {
  ...LISTING,
  ...knowing({ integer: 'departmentid appointmenttypeid', integers: 'reasonid providerid', date: 'startdate enddate' }),
}
const BOOKED = {
  ...LISTING,
  ...knowing({
    date: 'startdate enddate',
    moment: 'startlastmodified endlastmodified',
    flag: 'showcancelled showcopay',
    integer: 'patientid departmentid',
    integers: 'providerid',
    letter: 'appointmentstatus',
  }),
}

/** No answer tells what was noted at the booking, or for which reason. */
const TOLD_NEVER = ['bookingnote', 'reasonid']
/** An appointment by itself does not tell when it was made and changed, a patient's list not whose it is. */
const TOLD_IN_LISTS = [...TOLD_NEVER, 'scheduleddatetime', 'lastmodified', 'cancelreasonname']
const NOT_IN_HISTORY = [...TOLD_IN_LISTS, 'patientid', 'urgentyn', 'supervisingproviderid']

const noAppointment = refused(404, 'The appointment ID provided does not exist.')
const noPatient = refused(404, 'The patient ID provided does not exist.')
const notOpen = refused(409, 'The appointment is not open.', { detailedmessage: 'That time has been taken by another patient.' })
const day = (date = ''): string => fromUsDate(date) ?? ''

export class Appointments {
  readonly rows = new Map<string, AppointmentRow>()
  readonly #patients: Patients

  constructor(patients: Patients) {
    this.#patients = patients
    for (let n = 0; n < SLOTS; n += 1) this.#addSlot(n)
  }

  open(request: SandboxRequest): SandboxAnswer {
    const wanted = queryOf(request, OPEN)
    if (isAnswer(wanted)) return wanted
    const { departmentid, reasonid, appointmenttypeid, providerid } = wanted
    if (!departmentid) return missingFields(['departmentid'])
    if (reasonid && reasonid !== '-1' && !providerid) return missingFields(['providerid'])
    const from = wanted.startdate ?? easternDate(Date.now())
    const to = wanted.enddate ?? easternDate(Date.parse(day(from)) + 8 * DAY_MS)
    const fits = (slot: AppointmentRow): boolean =>
      slot.appointmentstatus === 'o' &&
      slot.departmentid === departmentid &&
      isBetween(slot.date, from, to) &&
      (!providerid || providerid.split(',').includes(slot.providerid ?? '')) &&
      (appointmenttypeid ? slot.appointmenttypeid === appointmenttypeid : Boolean(reasonid))
    const found = [...this.rows.values()].filter(fits)
    const shown = found.map(({ appointmentstatus: _, lastmodified: __, ...slot }) => ({ ...slot, reasonid: ['-1'] }))
    return paged(request, 'appointments', shown, LIMITS)
  }

  booked(request: SandboxRequest): SandboxAnswer {
    const wanted = queryOf(request, BOOKED)
    if (isAnswer(wanted)) return wanted
    const missing = ['startdate', 'enddate'].filter((name) => !wanted[name])
    if (missing.length) return missingFields(missing)
    const since = fromEastern(wanted.startlastmodified ?? '') ?? 0
    const fits = (row: AppointmentRow): boolean =>
      row.appointmentstatus !== 'o' &&
      (wanted.showcancelled === 'true' || row.appointmentstatus !== 'x') &&
      isBetween(row.date, wanted.startdate ?? '', wanted.enddate ?? '') &&
      (fromEastern(row.lastmodified ?? '') ?? 0) >= since &&
      ['patientid', 'departmentid', 'appointmentstatus'].every((name) => !wanted[name] || row[name] === wanted[name])
    const found = [...this.rows.values()].filter(fits)
    return paged(
      request,
      'appointments',
      found.map((row) => without(row, TOLD_NEVER)),
      LIMITS,
    )
  }

  ofPatient(request: SandboxRequest, patientid: string): SandboxAnswer {
    const wanted = queryOf(request, { ...LISTING, showpast: 'flag', showcancelled: 'flag', showcopay: 'flag' })
    if (isAnswer(wanted)) return wanted
    if (!this.#patients.rows.has(patientid)) return noPatient
    const theirs = [...this.rows.values()].filter((row) => row.patientid === patientid)
    const shown = theirs.filter(({ appointmentstatus }) => wanted.showcancelled === 'true' || appointmentstatus !== 'x')
    return paged(
      request,
      'appointments',
      shown.map((row) => without(row, NOT_IN_HISTORY)),
      { standard: 1500, most: 5000 },
    )
  }

  one(request: SandboxRequest, id: string): SandboxAnswer {
    const wanted = queryOf(request, { showcopay: 'flag', showpatientdetail: 'flag', showinsurance: 'flag' })
    if (isAnswer(wanted)) return wanted
    const row = this.rows.get(id)
    return row ? ok([without(row, TOLD_IN_LISTS)]) : noAppointment
  }

  book(request: SandboxRequest, id: string): SandboxAnswer {
    const form = formOf(request, BOOK, ['patientid'])
    if (isAnswer(form)) return form
    const slot = this.rows.get(id)
    if (!slot) return noAppointment
    if (!form.reasonid && !form.appointmenttypeid) return missingFields(['reasonid', 'appointmenttypeid'])
    if (!this.#patients.rows.has(form.patientid ?? '')) return noPatient
    if (form.reasonid && !REASONS.includes(form.reasonid)) return invalidData(`The reason ${form.reasonid} does not exist.`)
    return slot.appointmentstatus === 'o' ? ok([this.#fill(slot, form)]) : notOpen
  }

  cancel(request: SandboxRequest, id: string): SandboxAnswer {
    const form = formOf(request, CANCEL, ['patientid'])
    if (isAnswer(form)) return form
    const refusal = this.#refusalOf(id, form)
    if (refusal) return refusal
    this.#keep(id, { appointmentstatus: 'x', cancelreasonname: form.cancellationreason ?? '' })
    return ok({ status: 'x' })
  }

  move(request: SandboxRequest, id: string): SandboxAnswer {
    const form = formOf(request, MOVE, ['patientid', 'newappointmentid'])
    if (isAnswer(form)) return form
    const refusal = this.#refusalOf(id, form)
    if (refusal) return refusal
    const to = this.rows.get(form.newappointmentid ?? '')
    if (!to) return noAppointment
    if (to.appointmentstatus !== 'o') return notOpen
    this.#keep(id, { appointmentstatus: 'x', rescheduledappointmentid: to.appointmentid })
    return ok([this.#fill(to, form)])
  }

  /** A number that says yes, or a sentence that says no. */
  change(request: SandboxRequest, id: string): SandboxAnswer {
    const form = formOf(request, CHANGE, [])
    if (isAnswer(form)) return form
    const row = this.rows.get(id)
    if (!row || row.appointmentstatus === 'o') return noAppointment
    const exists = (known: string[], value?: string) => value === undefined || known.includes(value)
    const areThere =
      exists(PROVIDERS, form.providerid) && exists(DEPARTMENTS, form.departmentid) && exists(TYPES, form.appointmenttypeid)
    if (!areThere)
      return { status: 200, headers: { 'content-type': 'application/json' }, body: '"The appointment could not be updated."' }
    this.#keep(id, form)
    return { status: 200, headers: { 'content-type': 'application/json' }, body: '1' }
  }

  #refusalOf(id: string, { patientid }: Values): SandboxAnswer | null {
    const row = this.rows.get(id)
    if (!row) return noAppointment
    if (row.appointmentstatus !== 'f') return refused(409, 'The appointment is not booked.')
    return row.patientid === patientid ? null : invalidData('The patient ID does not match the appointment.')
  }

  #fill(slot: AppointmentRow, { patientid = '', bookingnote, reasonid, urgentyn }: Values): AppointmentRow {
    return this.#keep(slot.appointmentid, {
      appointmentstatus: 'f',
      patientid,
      scheduleddatetime: toEastern(Date.now()),
      ...(bookingnote && { bookingnote }),
      ...(reasonid && { reasonid }),
      ...(urgentyn && { urgentyn }),
    })
  }

  #keep(id: string, changes: Values): AppointmentRow {
    const row = { ...this.rows.get(id), ...changes, lastmodified: toEastern(Date.now()) } as AppointmentRow
    this.rows.set(id, row)
    return row
  }

  #addSlot(n: number): void {
    const appointmentid = String(FIRST_ID + n)
    this.rows.set(appointmentid, {
      appointmentid,
      appointmentstatus: 'o',
      date: easternDate(Date.now() + (2 + Math.floor(n / 6)) * DAY_MS),
      starttime: `${String(9 + (n % 6)).padStart(2, '0')}:00`,
      duration: '15',
      departmentid: n % 6 === 5 ? '2' : '1',
      providerid: PROVIDERS[n % 2] ?? '',
      appointmenttypeid: '44',
      appointmenttype: 'Office Visit',
      patientappointmenttypename: 'Office Visit',
    })
  }
}

const isBetween = (date: string, from: string, to: string): boolean => day(date) >= day(from) && day(date) <= day(to)
