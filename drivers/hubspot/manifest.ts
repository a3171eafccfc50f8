import Type from 'typebox'
import type { Manifest } from '../../core/driver.ts'

/** HubSpot dates its API; a release lives 18 months. */
export const API_VERSION = '2026-09'
/** The sign-in is dated apart from it. */
const OAUTH_VERSION = '2026-03'

/** HubSpot makes this one up of the two parts of a name; what is written to it goes into the parts. */
export const FULL_NAME = 'hs_full_name_or_email'

const contact = {
  name: { field: FULL_NAME, type: 'string' },
  first_name: { field: 'firstname', type: 'string' },
  last_name: { field: 'lastname', type: 'string' },
  email: { field: 'email', type: 'string' },
  phone: { field: 'phone', type: 'string' },
  mobile: { field: 'mobilephone', type: 'string' },
  company: { field: 'company', type: 'string' },
  job_title: { field: 'jobtitle', type: 'string' },
  website: { field: 'website', type: 'string' },
  street: { field: 'address', type: 'string' },
  city: { field: 'city', type: 'string' },
  state: { field: 'state', type: 'string' },
  zip: { field: 'zip', type: 'string' },
  country: { field: 'country', type: 'string' },
  note: { field: 'message', type: 'text' },
  lifecycle_stage: { field: 'lifecyclestage', type: 'option' },
  status: { field: 'hs_lead_status', type: 'option' },
  owner: { field: 'hubspot_owner_id', type: 'option' },
} as const

const deal = {
  name: { field: 'dealname', type: 'string' },
  title: { field: 'dealname', type: 'string' },
  amount: { field: 'amount', type: 'number' },
  budget: { field: 'amount', type: 'number' },
  stage: { field: 'dealstage', type: 'option' },
  pipeline: { field: 'pipeline', type: 'option' },
  close_date: { field: 'closedate', type: 'date' },
  description: { field: 'description', type: 'text' },
  note: { field: 'description', type: 'text' },
  type: { field: 'dealtype', type: 'option' },
  priority: { field: 'hs_priority', type: 'option', options: ['low', 'medium', 'high'] },
  owner: { field: 'hubspot_owner_id', type: 'option' },
} as const

const ticket = {
  subject: { field: 'subject', type: 'string' },
  name: { field: 'subject', type: 'string' },
  title: { field: 'subject', type: 'string' },
  description: { field: 'content', type: 'text' },
  note: { field: 'content', type: 'text' },
  stage: { field: 'hs_pipeline_stage', type: 'option' },
  status: { field: 'hs_pipeline_stage', type: 'option' },
  pipeline: { field: 'hs_pipeline', type: 'option' },
  priority: { field: 'hs_ticket_priority', type: 'option', options: ['LOW', 'MEDIUM', 'HIGH', 'URGENT'] },
  category: { field: 'hs_ticket_category', type: 'option' },
  owner: { field: 'hubspot_owner_id', type: 'option' },
} as const

/** HubSpot keeps an inquiry in two records: who asks is a contact, what is asked for is a deal. */
const lead = {
  ...contact,
  title: { ...deal.title, object: 'deal' },
  amount: { ...deal.amount, object: 'deal' },
  budget: { ...deal.budget, object: 'deal' },
  stage: { ...deal.stage, object: 'deal' },
  pipeline: { ...deal.pipeline, object: 'deal' },
  close_date: { ...deal.close_date, object: 'deal' },
  description: { ...deal.description, object: 'deal' },
  deal_type: { ...deal.type, object: 'deal' },
  priority: { ...deal.priority, object: 'deal' },
} as const

export const manifest = {
  slug: 'hubspot',
  name: 'HubSpot',
  docsUrl: 'https://developers.hubspot.com/docs/api-reference/overview',
  contractVersion: 1,
  status: 'available',
  auth: {
    kind: 'oauth2',
    grant: 'authorization_code',
    fields: Type.Object({
      on_delete: Type.Enum(['archive', 'gdpr'], {
        title: 'Deleting a contact',
        description:
          'archive: HubSpot keeps it in its bin for 90 days; gdpr: it is gone for good. Deals and tickets are always archived',
        default: 'archive',
      }),
    }),
    signIn: { header: 'authorization', value: 'Bearer {access_token}' },
    authorizeUrl: 'https://app.hubspot.com/oauth/authorize',
    tokenUrl: `https://api.hubapi.com/oauth/${OAUTH_VERSION}/token`,
    revokeUrl: `https://api.hubapi.com/oauth/${OAUTH_VERSION}/token/revoke`,
    scopes: [
      'oauth',
      'crm.objects.contacts.read',
      'crm.objects.contacts.write',
      'crm.objects.deals.read',
      'crm.objects.deals.write',
      'tickets',
    ],
    // Left out by HubSpot where the account cannot grant them; then creates are not repeated.
    authorizeParams: { optional_scope: 'crm.schemas.contacts.write crm.schemas.deals.write' },
    clientAuthentication: 'body',
    usesPkce: true,
    accessTokenSeconds: 1800,
    tokenFacts: ['hub_id', 'user_id'],
    deadGrantErrors: ['BAD_REFRESH_TOKEN'],
  },
  baseUrl: 'https://api.hubapi.com',
  capabilities: { supportsDelete: true, deletesPermanently: false, supportsDescribe: true, supportsAssociate: true },
  objects: {
    contact: { native: 'contacts', aliases: ['customer', 'client', 'person'], fields: contact },
    lead: { native: 'contacts', standsFor: 'contact', aliases: ['inquiry', 'enquiry'], fields: lead },
    deal: { native: 'deals', aliases: ['opportunity'], fields: deal },
    ticket: { native: 'tickets', aliases: ['case', 'support_ticket'], fields: ticket },
  },
  hosts: ['api.hubapi.com', 'app.hubspot.com'],
  limits: { requestsPerSecond: 8, burst: 20, concurrency: 8 }, // 20 + 8 * 10 in ten seconds: 100 are the least that any app has
  idempotency: 'native',
} as const satisfies Manifest

export type Native = (typeof manifest.objects)[keyof typeof manifest.objects]['native']
export const nativeOf = (object: string): Native => manifest.objects[object as keyof typeof manifest.objects].native

/** The objects that HubSpot has, less what stands for another. */
export const SERVED = ['contact', 'deal', 'ticket'] as const satisfies (keyof typeof manifest.objects)[]
export type ObjectName = (typeof SERVED)[number]
