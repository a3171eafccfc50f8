import Type from 'typebox'
import { VorelError } from '../../core/driver.ts'
import type { OpenSessionOutput } from '../../schemas/verbs.ts'
import type { Ctx } from './manifest.ts'
import { fromUtc } from './zone.ts'

const Issued = Type.Object({
  AccessToken: Type.String({ minLength: 1 }),
  Expires: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})

export const hasStaff = ({ settings, credentials }: Pick<Ctx, 'settings' | 'credentials'>): boolean =>
  Boolean(settings.staff_username && credentials.staff_password)

/** Mindbody shows clients and takes bookings for signed-in staff alone: said before anything is asked, and never as an empty answer. */
export const needStaff = (ctx: Pick<Ctx, 'settings' | 'credentials'>, what: string): void => {
  if (hasStaff(ctx)) return
  throw new VorelError(
    'auth_error',
    `Staff credentials needed: Mindbody ${what} for a signed-in member of the staff alone. Connect it again with staff_username and staff_password. Nothing was sent.`,
  )
}

/** Exchanges the staff member's name and password for a token, which lives for a day. */
export const openSession = async ({ http, settings, credentials }: Ctx): Promise<OpenSessionOutput> => {
  const login = { Username: settings.staff_username, Password: credentials.staff_password }
  const issued = await http.post('/usertoken/issue', Issued, login).catch(asRefusedLogin)
  return { access_token: issued.AccessToken, expires_at: fromUtc(issued.Expires) }
}

/** The same words as for a token that is too old, where there is no token yet. */
const asRefusedLogin = (error: unknown): never => {
  if (!(error instanceof VorelError && error.code === 'auth_error' && error.isExpired)) throw error
  throw new VorelError(
    'auth_error',
    'Mindbody refused the staff user name or password. Check both by signing in at the site, and connect it again.',
  )
}

export const closeSession = async ({ http }: Ctx): Promise<void> => http.delete('/usertoken/revoke')
