import Type from 'typebox'
import { path, VorelError } from '../../core/driver.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { written } from './answer.ts'
import { tableOf } from './fields.ts'
import type { Ctx } from './manifest.ts'
import { type Appointment, Id, knownIn } from './map.ts'
import { marked, markIn, markOf } from './mark.ts'
import { APPOINTMENTS, listed, rowById } from './pages.ts'
import { type Json, toIso, toTime } from './values.ts'
import { invalid, refuseEmpty, refuseMissing, toWritten } from './write.ts'

const TABLE = tableOf('appointment')
const TITLE = 'Appointment'
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** How far back a lost create is looked for, the likeliest days first. */
const DAYS_BACK = [1, 30]

/** Its title and end have defaults, since Tekmetric would refuse it without. The answer is the bare id. */
export const book = async (ctx: Ctx, fields: Fields, reference: string): Promise<string> => {
  const given = toWritten(fields, TABLE, knownIn(ctx), 'an appointment')
  refuseMissing(given, ['startTime'], 'appointment')
  const values = { ...given, title: given.title || TITLE, endTime: given.endTime ?? later(given.startTime, HOUR_MS) }
  refuseBackwards(values)
  const description = marked(markOf(reference), String(given.description ?? ''))
  const body = { shopId: Number(ctx.settings.shop_id), ...values, description }
  return String(await written(ctx, 'post', APPOINTMENTS.path, body, Id))
}

/** What Tekmetric's table of fields calls required is sent along as it was, and the mark stays. */
export const updateAppointment = async (ctx: Ctx, id: string, fields: Fields): Promise<void> => {
  const given = toWritten(fields, TABLE, knownIn(ctx), 'an appointment')
  refuseEmpty(given, ['title'], 'An appointment')
  const before = await rowById(ctx, APPOINTMENTS, id)
  const description = given.description !== undefined && marked(markIn(before.description), String(given.description))
  const values = { ...required(ctx, before, given), ...given, ...(description !== false && { description }) }
  refuseBackwards(values)
  await written(ctx, 'patch', path`/appointments/${id}`, { shopId: Number(ctx.settings.shop_id), ...values }, Type.Unknown())
}

/** One that is moved keeps its length, unless the new end is given too. */
const required = (ctx: Ctx, before: Appointment, given: Record<string, Json>): Record<string, Json> => {
  const { zone } = knownIn(ctx)
  const [start, end] = [toIso(before.startTime, zone), toIso(before.endTime, zone)]
  if (!start || !end)
    throw new VorelError(
      'provider_unavailable',
      "The appointment's times at Tekmetric cannot be read, and an update has to repeat them. Change it there. Nothing was written.",
    )
  const lengthMs = Date.parse(end) - Date.parse(start)
  const endTime = given.startTime === undefined ? toTime(end) : later(given.startTime, lengthMs)
  return { title: before.title || TITLE, startTime: toTime(start), endTime }
}

const later = (iso: Json | undefined, ms: number): string => toTime(new Date(Date.parse(String(iso)) + ms).toISOString())

const refuseBackwards = ({ startTime, endTime }: Record<string, Json>): void => {
  if (Date.parse(String(endTime)) <= Date.parse(String(startTime)))
    throw invalid('An appointment ends after it starts: endTime has to be later than startTime.', ['startTime', 'endTime'])
}

/** By its mark, among all that were made or changed of late; one that was cancelled meanwhile was made all the same. */
export const findBooked = async (ctx: Ctx, reference: string): Promise<string | null> => {
  const mark = markOf(reference)
  for (const days of DAYS_BACK) {
    const query = { updatedDateStart: new Date(Date.now() - days * DAY_MS).toISOString(), includeDeleted: true }
    const found = await listed(ctx, APPOINTMENTS, query, { withDeleted: true })
    const booked = found.find(({ description }) => description?.includes(mark))
    if (booked) return String(booked.id)
  }
  return null
}
