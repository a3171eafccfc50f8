import { fromLocal, isZone, VorelError } from '../../core/driver.ts'
import type { Ctx } from './manifest.ts'

/** Zones by the names that Windows has for them: which kind Mindbody tells is not documented. */
const BY_WINDOWS_NAME: Record<string, string> = {
  'Hawaiian Standard Time': 'Pacific/Honolulu',
  'Alaskan Standard Time': 'America/Anchorage',
  'Pacific Standard Time': 'America/Los_Angeles',
  'US Mountain Standard Time': 'America/Phoenix',
  'Mountain Standard Time': 'America/Denver',
  'Central Standard Time': 'America/Chicago',
  'Canada Central Standard Time': 'America/Regina',
  'Central Standard Time (Mexico)': 'America/Mexico_City',
  'Eastern Standard Time': 'America/New_York',
  'US Eastern Standard Time': 'America/Indiana/Indianapolis',
  'Atlantic Standard Time': 'America/Halifax',
  'Newfoundland Standard Time': 'America/St_Johns',
  'E. South America Standard Time': 'America/Sao_Paulo',
  'GMT Standard Time': 'Europe/London',
  'W. Europe Standard Time': 'Europe/Berlin',
  'Romance Standard Time': 'Europe/Paris',
  'Central Europe Standard Time': 'Europe/Budapest',
  'South Africa Standard Time': 'Africa/Johannesburg',
  'Arabian Standard Time': 'Asia/Dubai',
  'India Standard Time': 'Asia/Kolkata',
  'SE Asia Standard Time': 'Asia/Bangkok',
  'China Standard Time': 'Asia/Shanghai',
  'Singapore Standard Time': 'Asia/Singapore',
  'Tokyo Standard Time': 'Asia/Tokyo',
  'W. Australia Standard Time': 'Australia/Perth',
  'Cen. Australia Standard Time': 'Australia/Adelaide',
  'AUS Eastern Standard Time': 'Australia/Sydney',
  'E. Australia Standard Time': 'Australia/Brisbane',
  'Tasmania Standard Time': 'Australia/Hobart',
  'New Zealand Standard Time': 'Pacific/Auckland',
}

/** The IANA name of a zone, or null where it cannot be known. */
export const zoneNamed = (name: string | null | undefined): string | null => {
  const known = BY_WINDOWS_NAME[name ?? ''] ?? name
  return known && isZone(known) ? known : null
}

export const zoneOf = ({ facts }: Pick<Ctx, 'facts'>): string => {
  if (facts.time_zone) return facts.time_zone
  throw new VorelError('connection_not_active', "The site's time zone is not known. Test the connection again.")
}

const SAYS_ZONE = /(Z|[+-]\d{2}:?\d{2})$/

/** A time by the clocks of the site, whatever follows its seconds, as ISO in UTC. One that says its zone is taken at its word. */
export const fromSite = (text: string | null | undefined, zone: string): string | null => {
  const [time] = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/.exec(text ?? '') ?? []
  if (!time) return null
  return SAYS_ZONE.test(`${text}`) ? fromUtc(text) : fromLocal(time, zone)
}

/** A moment in UTC, which Mindbody may write without saying so. */
export const fromUtc = (text: string | null | undefined): string | null => {
  const time = Date.parse(SAYS_ZONE.test(text ?? '') ? `${text}` : `${text}Z`)
  return Number.isNaN(time) ? null : new Date(time).toISOString()
}
