import Type from 'typebox'
import { type Manifest, Secret } from '../../core/driver.ts'

const address = {
  street: { field: 'street', type: 'string' },
  city: { field: 'city', type: 'string' },
  zip: { field: 'zip', type: 'string' },
  country: { field: 'country_id', type: 'string' },
} as const

const salesFields = {
  name: { field: 'contact_name', type: 'string' },
  title: { field: 'name', type: 'string' },
  email: { field: 'email_from', type: 'string' },
  phone: { field: 'phone', type: 'string' },
  company: { field: 'partner_name', type: 'string' },
  job_title: { field: 'function', type: 'string' },
  website: { field: 'website', type: 'string' },
  ...address,
  note: { field: 'description', type: 'text' },
  description: { field: 'description', type: 'text' },
  budget: { field: 'expected_revenue', type: 'number' },
  amount: { field: 'expected_revenue', type: 'number' },
  close_date: { field: 'date_deadline', type: 'date' },
  priority: { field: 'priority', type: 'option', options: ['0', '1', '2', '3'] },
  source: { field: 'referred', type: 'string' },
} as const

export const manifest = {
  slug: 'odoo',
  name: 'Odoo',
  docsUrl: 'https://www.odoo.com/documentation/19.0/developer/reference/external_api.html',
  contractVersion: 1,
  status: 'available',
  auth: {
    kind: 'form',
    fields: Type.Object({
      url: Type.String({
        title: 'Address',
        description: 'Of the Odoo server, up to the host: https://example.odoo.com',
        pattern: '^https?://[^\\s/?#]+/?$',
        maxLength: 300,
      }),
      database: Type.String({
        title: 'Database',
        description: 'Its name; on odoo.com usually the first part of the address',
        pattern: '^[\\x21-\\x7e]+$',
        maxLength: 100,
      }),
      username: Type.String({ title: 'User', description: 'The login the key belongs to', minLength: 1, maxLength: 200 }),
      api_key: Secret({ title: 'API key', description: 'Preferences, Account Security, New API Key', maxLength: 200 }),
    }),
    signIn: { header: 'authorization', value: 'bearer {api_key}' },
  },
  baseUrl: '{url}',
  capabilities: { supportsDelete: true, deletesPermanently: true, supportsDescribe: true, supportsAssociate: false },
  objects: {
    contact: {
      native: 'res.partner',
      aliases: ['customer', 'client', 'partner'],
      fields: {
        name: { field: 'name', type: 'string' },
        email: { field: 'email', type: 'string' },
        phone: { field: 'phone', type: 'string' },
        company: { field: 'company_name', type: 'string' },
        job_title: { field: 'function', type: 'string' },
        website: { field: 'website', type: 'string' },
        ...address,
        note: { field: 'comment', type: 'text' },
        reference: { field: 'ref', type: 'string' },
      },
    },
    lead: { native: 'crm.lead', aliases: ['inquiry', 'enquiry'], fields: salesFields },
    deal: { native: 'crm.lead', aliases: ['opportunity'], fields: salesFields },
  },
  hosts: 'tenant',
  // no bursts: at one call a second, as its terms ask, a burst of any size would be two within one
  limits: { concurrency: 8, byHost: { '*.odoo.com': { requestsPerSecond: 1, concurrency: 1 } } },
  idempotency: 'native',
} as const satisfies Manifest

export type Model = (typeof manifest.objects)[keyof typeof manifest.objects]['native']
export const modelOf = (object: string): Model => manifest.objects[object as keyof typeof manifest.objects].native
