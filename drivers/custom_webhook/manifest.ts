import Type from 'typebox'
import { type Manifest, Secret } from '../../core/driver.ts'

// the names are the slots' own: an endpoint made for Vorel needs no mapping, and one that is older is mapped by its tenant
const person = {
  name: { field: 'name', type: 'string' },
  first_name: { field: 'first_name', type: 'string' },
  last_name: { field: 'last_name', type: 'string' },
  email: { field: 'email', type: 'string' },
  phone: { field: 'phone', type: 'string' },
  company: { field: 'company', type: 'string' },
  source: { field: 'source', type: 'string' },
  note: { field: 'note', type: 'text' },
} as const

const whose = {
  contact_id: { field: 'contact_id', type: 'string' },
  status: { field: 'status', type: 'string' },
  note: { field: 'note', type: 'text' },
} as const

export const manifest = {
  slug: 'custom_webhook',
  name: 'Custom webhook',
  docsUrl: 'https://github.com/vorel/vorel/tree/main/drivers/custom_webhook',
  contractVersion: 1,
  status: 'available',
  auth: {
    kind: 'form',
    fields: Type.Object({
      url: Type.String({
        title: 'Endpoint',
        description: 'The https address that takes every request; it may hold a query of its own',
        pattern: '^https?://[^\\s#]+$',
        maxLength: 1024,
      }),
      reads: Type.Optional(
        Type.Enum(['POST', 'GET'], {
          title: 'Reads by',
          description: 'GET puts what is asked in the query string and signs that; POST is the default',
        }),
      ),
      secret: Secret({ title: 'Signing secret', description: 'whsec_ and the base64 of 24 to 64 random bytes', maxLength: 128 }),
      previous_secret: Type.Optional(
        Secret({ title: 'Previous secret', description: 'Signs as well, while the endpoint changes over', maxLength: 128 }),
      ),
    }),
  },
  baseUrl: '{url}',
  // whether a record is gone for good only the endpoint knows: each answer may say so, the manifest cannot
  capabilities: { supportsDelete: true, deletesPermanently: false, supportsDescribe: true, supportsAssociate: false },
  objects: {
    contact: { native: 'contact', aliases: ['customer', 'client', 'patient'], fields: person },
    lead: {
      native: 'lead',
      fields: {
        ...person,
        ...whose,
        budget_min: { field: 'budget_min', type: 'number' },
        budget_max: { field: 'budget_max', type: 'number' },
        move_in: { field: 'move_in', type: 'date' },
      },
    },
    deal: {
      native: 'deal',
      aliases: ['opportunity'],
      fields: {
        ...whose,
        name: { field: 'name', type: 'string' },
        amount: { field: 'amount', type: 'number' },
        stage: { field: 'stage', type: 'string' },
        close_date: { field: 'close_date', type: 'date' },
      },
    },
    ticket: {
      native: 'ticket',
      fields: {
        ...whose,
        name: { field: 'name', type: 'string' },
        description: { field: 'description', type: 'text' },
        priority: { field: 'priority', type: 'string' },
      },
    },
    appointment: {
      native: 'appointment',
      aliases: ['booking'],
      fields: {
        ...whose,
        name: { field: 'name', type: 'string' },
        starts_at: { field: 'starts_at', type: 'datetime' },
        ends_at: { field: 'ends_at', type: 'datetime' },
        service: { field: 'service', type: 'string' },
        staff: { field: 'staff', type: 'string' },
      },
    },
    repair_order: {
      native: 'repair_order',
      fields: {
        ...whose,
        name: { field: 'name', type: 'string' },
        description: { field: 'description', type: 'text' },
        vehicle: { field: 'vehicle', type: 'string' },
        vin: { field: 'vin', type: 'string' },
      },
    },
  },
  hosts: 'tenant',
  limits: { concurrency: 16, answerBytes: 1024 * 1024 },
  idempotency: 'native',
} as const satisfies Manifest
