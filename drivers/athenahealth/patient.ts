import { path, VorelError } from '../../core/driver.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { scopeOf } from './departments.ts'
import { PATIENT } from './fields.ts'
import { isId } from './find.ts'
import { type Form, invalid, refuseUnknown, sendForm, toForm } from './form.ts'
import type { Ctx } from './manifest.ts'
import { Created, isFalse, Updated } from './map.ts'

const REQUIRED = Object.keys(PATIENT).filter((name) => PATIENT[name]?.isRequired)
/** The provider wants one at least of these. */
const REACHED_BY = ['email', 'mobilephone', 'homephone', 'workphone', 'zip']

/** Registers somebody new. That the provider takes them for somebody it has is told by a flag, under status 200. */
export const createPatient = async (ctx: Ctx, fields: Fields): Promise<string> => {
  refuseUnknown(fields, PATIENT, 'A patient')
  const form = withoutEmpty({ departmentid: ctx.settings.department_id, ...toForm(fields, PATIENT, ctx.tenant.region) })
  refuseIncomplete(form)
  const [created] = await sendForm(ctx, 'POST', '/patients', Created, { ...form, showerrormessage: 'true' })
  if (!created || isMatched(created))
    throw new VorelError(
      'record_conflict',
      'athenahealth took this for a patient whom it has already, and wrote nothing. Look the patient up, and update that record if it is the same person.',
    )
  return String(created.patientid)
}

/** Older answers lack the flag; the message that was asked for is there on a match alone. */
const isMatched = ({ waspatientcreated, errormessage }: { waspatientcreated?: unknown; errormessage?: string | null }) =>
  isFalse(waspatientcreated) || (typeof waspatientcreated !== 'boolean' && !waspatientcreated && Boolean(errormessage))

const withoutEmpty = (form: Form): Form => Object.fromEntries(Object.entries(form).filter(([, value]) => value !== ''))

const refuseIncomplete = (form: Form): void => {
  const missing = REQUIRED.filter((name) => !form[name])
  if (missing.length) throw invalid(`athenahealth registers nobody without ${missing.join(', ')}.`, missing)
  if (!REACHED_BY.some((name) => form[name]))
    throw invalid(`athenahealth registers nobody without one of ${REACHED_BY.join(', ')}.`, REACHED_BY)
}

export const updatePatient = async (ctx: Ctx, id: string, fields: Fields): Promise<void> => {
  if (!isId(id)) throw new VorelError('record_not_found', 'athenahealth has no such patient: its ids are digits.')
  refuseUnknown(fields, PATIENT, 'A patient')
  const form = toForm(fields, PATIENT, ctx.tenant.region)
  const cleared = [...REQUIRED, 'departmentid', 'status'].filter((name) => form[name] === '')
  if (cleared.length) throw invalid(`${cleared.join(', ')} cannot be cleared.`, cleared)
  const options = { ...scopeOf(ctx, 'lookupdepartmentid'), ...('email' in form && { returnerroroninvalidemail: 'true' }) }
  await sendForm(ctx, 'PUT', path`/patients/${id}`, Updated, { ...form, ...options })
}
