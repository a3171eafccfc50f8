import Type from 'typebox'
import { type Manifest, Secret } from '../../core/driver.ts'

const contactFields = {
  name: { field: 'name', type: 'string' },
  first_name: { field: 'first_name', type: 'string' },
  last_name: { field: 'last_name', type: 'string' },
  email: { field: 'email', type: 'string' },
  phone: { field: 'phone', type: 'string' },
  note: { field: 'note', type: 'text' },
} as const

export const manifest = {
  slug: 'memory',
  name: 'In-memory CRM',
  docsUrl: 'https://github.com/vorel/vorel/tree/main/drivers/memory',
  contractVersion: 1,
  status: 'example',
  auth: {
    kind: 'form',
    fields: Type.Object({
      url: Type.String({ title: 'Address', description: 'Where the CRM answers', minLength: 1 }),
      api_key: Secret({ title: 'API key' }),
    }),
    signIn: { header: 'authorization', value: 'Bearer {api_key}' },
  },
  baseUrl: '{url}',
  capabilities: { supportsDelete: true, deletesPermanently: true, supportsDescribe: true, supportsAssociate: false },
  objects: {
    contact: { native: 'contacts', aliases: ['customer', 'client'], fields: contactFields },
    lead: {
      native: 'leads',
      aliases: ['opportunity'],
      fields: { ...contactFields, budget_max: { field: 'budget', type: 'number' }, move_in: { field: 'move_in', type: 'date' } },
    },
  },
  hosts: 'tenant',
  limits: { concurrency: 64 },
  idempotency: 'native',
} as const satisfies Manifest
