import { toLocal } from '../../core/driver.ts'
import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import type { Clients } from './sandbox-clients.ts'
import { bodyOf, knowing, ok, paged, queryOf, type Row, refuse } from './sandbox-input.ts'

export const LOCATIONS = [
  { Id: 1, Name: 'Main Street', City: 'San Luis Obispo', StateProvCode: 'CA' },
  { Id: 2, Name: 'Harbor', City: 'San Luis Obispo', StateProvCode: 'CA' },
]
const STAFF = [100_000_279, 100_000_280]
const SESSION_TYPES = [17, 18]
const MINUTES = 60
const PLACES = 2

const ADDED = knowing({
  text: 'ClientId Notes PartnerExternalId GenderPreference',
  whole: 'LocationId SessionTypeId StaffId Duration',
  time: 'StartDateTime EndDateTime',
  flag: 'ApplyPayment SendEmail StaffRequested IsRequest IsWaitlist Test',
})
const CHANGED = knowing({
  text: 'Notes PartnerExternalId GenderPreference Execute',
  whole: 'AppointmentId StaffId SessionTypeId',
  time: 'StartDateTime EndDateTime',
  flag: 'ApplyPayment SendEmail Test',
})
const LISTED = knowing({ text: 'clientId', time: 'startDate endDate', whole: 'appointmentIds staffIds locationIds' })
const BOOKED = knowing({ text: 'ClientId', whole: 'ClassId', flag: 'SendEmail RequirePayment Waitlist Test' })
const REMOVED = knowing({ text: 'ClientId', whole: 'ClassId VisitId', flag: 'LateCancel SendEmail Test' })

const STATUSES: Record<string, string> = {
  confirm: 'Confirmed',
  unconfirm: 'Booked',
  arrive: 'Arrived',
  unarrive: 'Booked',
  cancel: 'Cancelled',
  latecancel: 'LateCancelled',
  complete: 'Completed',
}

/** Appointments with the staff, and two classes: 77 with two places, and 78. */
export class Appointments {
  readonly rows: Row[] = []
  readonly visits: Row[] = []
  readonly #clients: Clients
  readonly #zone: string
  #lastId = 24_411

  constructor(clients: Clients, zone: string) {
    this.#clients = clients
    this.#zone = zone
  }

  add(request: SandboxRequest): SandboxAnswer {
    const { Test, Duration, SendEmail, ...fields } = bodyOf(
      request,
      ADDED,
      'ClientId LocationId SessionTypeId StaffId StartDateTime',
    )
    this.#refuseUnknown(fields)
    this.#lastId += 1
    const minutes = Number(Duration ?? MINUTES)
    const end = new Date(Date.parse(`${fields.StartDateTime}Z`) + minutes * 60_000).toISOString().slice(0, 19)
    const row = {
      EndDateTime: end,
      ProgramId: 5,
      Notes: null,
      ...fields,
      Id: this.#lastId,
      Duration: minutes,
      Status: fields.IsRequest === true ? 'Requested' : 'Booked',
    }
    if (Test !== true) this.rows.push(row)
    return ok({ Appointment: shown(row) })
  }

  update(request: SandboxRequest): SandboxAnswer {
    const { AppointmentId, Execute, SendEmail, ...fields } = bodyOf(request, CHANGED, 'AppointmentId')
    const row = this.rows.find(({ Id }) => Id === AppointmentId)
    if (!row) return refuse('ItemNotFound', `Appointment ${AppointmentId} does not exist.`, 404)
    const status = STATUSES[String(Execute)]
    if (Execute !== undefined && !status) refuse('InvalidParameter', `Invalid Execute: ${Execute}`)
    this.#refuseUnknown({ ...row, ...fields })
    Object.assign(row, fields, status && { Status: status })
    return ok({ Appointment: shown(row) })
  }

  list(request: SandboxRequest): SandboxAnswer {
    const query = queryOf(request, LISTED)
    const today = `${toLocal(new Date().toISOString(), this.#zone).slice(0, 10)}T00:00:00`
    const [start = today] = query.startDate ?? []
    const [end = start] = query.endDate ?? []
    const found = this.rows.filter((row) => {
      const day = String(row.StartDateTime).slice(0, 10)
      if (day < start.slice(0, 10) || day > end.slice(0, 10)) return false
      return (query.clientId?.[0] ?? row.ClientId) === row.ClientId && (query.appointmentIds?.includes(String(row.Id)) ?? true)
    })
    return paged('Appointments', found.map(shown), query)
  }

  #refuseUnknown({ ClientId, LocationId, SessionTypeId, StaffId, StartDateTime }: Row): void {
    this.#clients.byNumber(ClientId)
    if (!LOCATIONS.some(({ Id }) => Id === LocationId)) refuse('InvalidLocation', `There is no location ${LocationId}.`)
    if (!SESSION_TYPES.includes(Number(SessionTypeId)))
      refuse('SessionTypeNotFound', `There is no session type ${SessionTypeId}.`)
    if (!STAFF.includes(Number(StaffId))) refuse('StaffMemberNotFound', `There is no staff member ${StaffId}.`)
    const hour = Number(String(StartDateTime).slice(11, 13))
    if (hour < 6 || hour > 21) refuse('InvalidBookingTime', `The site is closed at ${StartDateTime}.`)
  }

  book(request: SandboxRequest): SandboxAnswer {
    const { ClassId, ClientId } = bodyOf(request, BOOKED, 'ClientId ClassId')
    this.#clients.byNumber(ClientId)
    if (ClassId !== 77 && ClassId !== 78) refuse('InvalidClassId', `There is no class ${ClassId}.`)
    const booked = this.#inClass(ClassId)
    if (booked.some((visit) => visit.ClientId === ClientId)) refuse('ClientIsAlreadyBooked', `${ClientId} is booked already.`)
    if (booked.length >= PLACES) refuse('ClassSignUpsFull', `Class ${ClassId} is full.`)
    this.#lastId += 1
    const visit = { Id: this.#lastId, ClassId, ClientId, LateCancelled: false, SignedIn: false }
    this.visits.push(visit)
    return ok({ Visit: { ...visit, Action: 'Added' } })
  }

  #inClass(classId: unknown): Row[] {
    return this.visits.filter(({ ClassId, LateCancelled }) => ClassId === classId && !LateCancelled)
  }

  classVisits(request: SandboxRequest): SandboxAnswer {
    const { classID: [id] = [] } = queryOf(request, knowing({ whole: 'classID' }))
    return ok({ Class: { Id: Number(id), MaxCapacity: PLACES, Visits: this.#inClass(Number(id)) } })
  }

  removeFromClass(request: SandboxRequest): SandboxAnswer {
    const { ClassId, ClientId, LateCancel } = bodyOf(request, REMOVED, 'ClassId')
    const visit = this.#inClass(ClassId).find((each) => each.ClientId === ClientId)
    if (!visit) return refuse('ClassVisitNotFound', `${ClientId} is not in class ${ClassId}.`, 404)
    if (LateCancel === true) visit.LateCancelled = true
    else this.visits.splice(this.visits.indexOf(visit), 1)
    return ok({ Class: { Id: ClassId, MaxCapacity: PLACES } })
  }
}

/** Settings of a request that an appointment does not tell. */
const shown = ({ ApplyPayment: _, IsRequest: __, ...row }: Row): Row => row
