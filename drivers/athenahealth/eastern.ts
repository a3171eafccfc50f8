/** The provider's dates (`MM/DD/YYYY`) and its clock, which runs by US Eastern time whatever the practice's own zone is. */

const HOUR_MS = 3_600_000
/** Older than any record there is. */
const FIRST_MS = Date.UTC(2000, 0, 1)
const DATE = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/
const MOMENT = /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2}):(\d{2})(?::(\d{2}))?$/

const clock = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/New_York',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

/** `11/01/2026 01:30:00` */
export const toEastern = (ms: number): string => clock.format(ms).replace(', ', ' ')
export const easternDate = (ms: number): string => toEastern(ms).slice(0, 10)

/** The instants that the Eastern clock shows so: two in the hour that autumn repeats, none in the one that spring leaves out. */
const instantsOf = (text: string): number[] => {
  const parts = MOMENT.exec(text)?.slice(1)
  if (!parts) return []
  const [month = '', day = '', year = '', hour = '', minute = '', second = '00'] = parts.map((part) => part?.padStart(2, '0'))
  const shown = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  const isShown = (ms: number): boolean => toEastern(ms) === `${month}/${day}/${year} ${hour}:${minute}:${second}`
  return Number.isNaN(shown) ? [] : [shown + 4 * HOUR_MS, shown + 5 * HOUR_MS].filter(isShown)
}

/** Milliseconds of an Eastern time, the later of two; null where it is none. */
export const fromEastern = (text: string): number | null => instantsOf(text).at(-1) ?? null

/** An Eastern time at or before the instant, however the provider reads the hour that comes twice. */
export const easternFrom = (ms: number): string => {
  const exact = toEastern(Math.max(ms, FIRST_MS))
  const [first = ms, second] = instantsOf(exact)
  return second === undefined ? exact : toEastern(first - HOUR_MS)
}

/** `1990-12-10` -> `12/10/1990` */
export const toUsDate = (date: string): string => date.replace(/^(\d{4})-(\d{2})-(\d{2}).*$/, '$2/$3/$1')

/** Whether the calendar has it: JavaScript would turn 31 February into March. */
const isDay = (date: string): boolean => {
  const ms = Date.parse(`${date}T00:00:00Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date)
}

/** `12/10/1990` -> `1990-12-10`; null where it is no date. */
export const fromUsDate = (text: string): string | null => {
  const [, month = '', day = '', year = ''] = DATE.exec(text.trim()) ?? []
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  return isDay(date) ? date : null
}

/** A time as ISO in UTC, a mere date as a date. */
export const toIso = (text: string | undefined): string | null => {
  if (!text) return null
  const ms = fromEastern(text)
  return ms === null ? fromUsDate(text) : new Date(ms).toISOString()
}
