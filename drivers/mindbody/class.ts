import Type from 'typebox'
import { VorelError } from '../../core/driver.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { invalid, knownOf, refuseUnknown, toBody } from './body.ts'
import { isAlreadyBooked } from './faults.ts'
import { APPOINTMENT, type Table } from './fields.ts'
import type { Ctx } from './manifest.ts'
import { ClassVisits, type Client, hasFailed, SavedVisit } from './map.ts'

const PLACE = /^class-(\d{1,10})-(\d{1,15})$/

/** Places in classes are counted apart from appointments, and are known by their class as well. */
export const isPlace = (external_id: string): boolean => PLACE.test(external_id)
const idOf = (classId: unknown, visitId: number): string => `class-${classId}-${visitId}`

/** Nobody is booked twice into the same class: a place that is there is the one that was asked for. */
export const bookClass = async (ctx: Ctx, fields: Fields, { Id: ClientId }: Client): Promise<string> => {
  refuseUnknown(fields, APPOINTMENT, 'class', 'A place in a class, which has its own time and staff,')
  const { ClientUniqueId: _, ...body } = toBody(fields, APPOINTMENT, 'class', knownOf(ctx))
  const { ClassId } = body
  try {
    const { Visit } = await ctx.http.post('/class/addclienttoclass', SavedVisit, { ...body, ClientId })
    if (!hasFailed(Visit)) return idOf(ClassId, Visit.Id)
  } catch (error) {
    if (!isAlreadyBooked(error)) throw error
    const there = (await visitsOf(ctx, Number(ClassId))).find((visit) => visit.ClientId === ClientId)
    if (there) return idOf(ClassId, there.Id)
    throw error
  }
  throw new VorelError('field_invalid', 'Mindbody says that the client could not be booked into the class, and not why.', {
    fields: ['ClassId'],
    effect: 'unknown',
  })
}

const visitsOf = async ({ http }: Ctx, classId: number) =>
  (await http.get('/class/classvisits', ClassVisits, { 'request.classID': classId })).Class.Visits ?? []

const CANCELLING: Table = {
  Status: { label: 'Status', kind: 'option', uses: ['update'] },
  SendEmail: { label: 'The business writes to the client', kind: 'flag', uses: ['update'] },
}
const Removed = Type.Object({})

/** A place in a class can be given up, and nothing else. */
export const changePlace = async (ctx: Ctx, external_id: string, fields: Fields): Promise<void> => {
  const [, classId, visitId] = (PLACE.exec(external_id) ?? []).map(Number)
  refuseUnknown(fields, CANCELLING, 'update', 'A place in a class')
  const { Status, ...body } = toBody(fields, CANCELLING, 'update', knownOf(ctx))
  if (Status !== 'Cancelled' && Status !== 'LateCancelled')
    throw invalid('A place in a class can be given up: Status takes Cancelled or LateCancelled.', ['Status'])
  const place = (await visitsOf(ctx, classId ?? 0)).find(({ Id }) => Id === visitId)
  if (!place?.ClientId)
    throw new VorelError('record_not_found', 'Nobody has this place in the class any more. Nothing was written.')
  await ctx.http.post('/class/removeclientfromclass', Removed, {
    ...body,
    ClientId: place.ClientId,
    ClassId: classId,
    LateCancel: Status === 'LateCancelled',
  })
}
