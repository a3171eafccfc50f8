import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { faultBody, wrongMethod, ZohoError } from './sandbox-errors.ts'
import { shownField } from './sandbox-fields.ts'
import { ORGANISATION_EXTRAS } from './sandbox-shapes.ts'
import type { Store } from './sandbox-store.ts'
import type { Traits } from './sandbox-variant.ts'

export const organisation = ({ home, isSandboxOrganisation, hasOddZone }: Traits): SandboxAnswer => ({
  status: 200,
  body: {
    org: [
      {
        ...ORGANISATION_EXTRAS,
        id: '5725767000000020005',
        zgid: '808232144',
        domain_name: 'org808232144',
        company_name: 'Sandbox Kitchens',
        time_zone: hasOddZone ? '(GMT -8:0) Pacific Standard Time' : home === 'eu' ? 'Europe/Berlin' : 'America/Los_Angeles',
        currency: 'USD',
        type: isSandboxOrganisation ? 'Sandbox' : 'Production',
        license_details: {
          paid: true,
          paid_type: 'enterprise',
          paid_expiry: '2027-11-01T00:00:00-07:00',
          users_license_purchased: 5,
          trial_type: null,
          trial_expiry: null,
          trial_action: 'none',
        },
        alias: null,
      },
    ],
  },
})

interface Wanted {
  field_label?: unknown
  data_type?: unknown
  unique?: Record<string, unknown>
}

const LONGEST_LABEL = 25

/** `settings/fields`: what fields there are, and new ones. */
export const fieldSettings = (store: Store, traits: Traits, request: SandboxRequest): SandboxAnswer => {
  const { method, query, body } = request
  const module = query.get('module')
  if (module === null)
    throw new ZohoError(400, 'REQUIRED_PARAM_MISSING', 'One of the expected parameter is missing', { param_name: 'module' })
  if (!(module in store.modules)) throw new ZohoError(400, 'INVALID_MODULE', 'The module name given seems to be invalid')
  if (method === 'GET') return { status: 200, body: { fields: store.fields(module).map(shownField) } }
  if (method !== 'POST') throw wrongMethod()
  if (traits.key === 'locked')
    throw new ZohoError(403, 'NO_PERMISSION', 'permission denied', { permissions: ['Crm_Implied_Customize_Zoho_CRM'] })
  const { fields = [] } = JSON.parse(body) as { fields?: Wanted[] }
  const outcomes = fields.map((wanted) => added(store, module, wanted))
  const isBad = outcomes.some(({ status }) => status === 'error')
  return { status: isBad ? 400 : 201, body: { fields: outcomes } }
}

const added = (store: Store, module: string, { field_label: label, data_type, unique = {} }: Wanted) => {
  const lacking = label === undefined ? 'field_label' : data_type === undefined ? 'data_type' : undefined
  if (lacking)
    return faultBody({ code: 'MANDATORY_NOT_FOUND', message: 'required field not found', details: { api_name: lacking } })
  if (typeof label !== 'string' || label.length > LONGEST_LABEL || data_type !== 'text')
    return faultBody({ code: 'INVALID_DATA', message: 'invalid data', details: { api_name: 'field_label' } })
  if (store.fields(module).some(({ field_label }) => field_label === label))
    return faultBody({ code: 'DUPLICATE_DATA', message: 'duplicate data', details: { api_name: 'field_label' } })
  return { code: 'SUCCESS', details: { id: store.addField(module, label, unique) }, message: 'field created', status: 'success' }
}
