import Type from 'typebox'
import { isZone, VorelError } from '../../core/driver.ts'
import type { TestConnectionOutput } from '../../schemas/verbs.ts'
import { type DepartmentInfo, factsOf, readDepartments } from './departments.ts'
import { sendForm } from './form.ts'
import type { Ctx } from './manifest.ts'
import { isFalse, isTrue } from './map.ts'

const Loose = Type.Optional(Type.Union([Type.String(), Type.Boolean()]))
const Pong = Type.Object({ pong: Loose })
const Subscription = Type.Object({ status: Type.Optional(Type.String()) })
const Subscribed = Type.Object({ success: Loose })
const SUBSCRIPTION = '/patients/changed/subscription'

/** That the app may use the practice, that the department is there, and how changed patients can be known. */
export const connectionTest = async (ctx: Ctx): Promise<TestConnectionOutput> => {
  const { practice_id, department_id } = ctx.settings
  const { pong } = await ctx.http.get('/ping', Pong)
  if (!isTrue(pong))
    return { ok: false, reason: 'athenahealth does not confirm that the app may use this practice. Have it granted there.' }
  const departments = await readDepartments(ctx)
  const own = departments.find(({ id }) => id === department_id)
  if (!own) return { ok: false, reason: `Practice ${practice_id} has no department ${department_id}. ${namesOf(departments)}` }
  const warning = await subscriptionWarning(ctx)
  return {
    ok: true,
    account: `Practice ${practice_id}, ${own.name || `department ${own.id}`}`,
    // What its people mean by a time: their own clock, not the provider's.
    facts: { ...factsOf(departments), ...(isZone(own.zone) && { time_zone: own.zone }) },
    ...(warning && { warning }),
  }
}

const namesOf = (departments: DepartmentInfo[]): string => {
  const some = departments.slice(0, 10).map(({ id, name }) => `${id} (${name})`)
  return `Its departments: ${some.join(', ')}${departments.length > some.length ? ', …' : ''}.`
}

const subscriptionWarning = async (ctx: Ctx): Promise<string | null> => {
  try {
    const { status } = await ctx.http.get(SUBSCRIPTION, Subscription)
    if (status === 'ACTIVE') return null
    return ctx.settings.patient_changes === 'own' ? await subscribe(ctx) : NOT_SUBSCRIBED
  } catch (error) {
    if (error instanceof VorelError && error.code === 'auth_error') return NOT_ALLOWED
    throw error
  }
}

const subscribe = async (ctx: Ctx): Promise<string> => {
  const { success } = await sendForm(ctx, 'POST', SUBSCRIPTION, Subscribed, {})
  return isFalse(success)
    ? NOT_SUBSCRIBED
    : 'Changed patients are subscribed to now: list_recent knows them from about 15 minutes on.'
}

const NOT_SUBSCRIBED =
  'The app is not subscribed to all changes of patients, so list_recent cannot tell them all. If nobody else reads them with this app, connect again with patient_changes=own.'
const NOT_ALLOWED =
  'The app may not read changes of patients, so list_recent cannot tell them. Have that API added to it in the developer portal.'
