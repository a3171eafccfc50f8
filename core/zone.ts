import { Temporal } from 'temporal-polyfill'

/** Whether it names a time zone of the IANA database, such as `America/Chicago`. */
export const isZone = (name: string): boolean => {
  try {
    return /^[A-Za-z]/.test(name) && Temporal.Now.zonedDateTimeISO(name) !== null
  } catch {
    return false
  }
}

/**
 * `2026-03-01T09:30:00` by the clocks of a zone, as ISO in UTC; null where it is no such time. Of the hour that comes twice it is the first, and what
 * lies in the hour that is left out is as much later.
 */
export const fromLocal = (local: string, zone: string): string | null => {
  try {
    const instant = Temporal.PlainDateTime.from(local).toZonedDateTime(zone).toInstant()
    return new Date(instant.epochMilliseconds).toISOString()
  } catch {
    return null
  }
}

/** ISO in UTC by the clocks of a zone, to the second: `2026-03-01T09:30:00`. */
export const toLocal = (iso: string, zone: string): string =>
  Temporal.Instant.from(iso).toZonedDateTimeISO(zone).toPlainDateTime().toString({ smallestUnit: 'second' })
