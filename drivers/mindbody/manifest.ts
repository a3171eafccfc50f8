import Type from 'typebox'
import { type DriverContext, type Manifest, Secret } from '../../core/driver.ts'

export const manifest = {
  slug: 'mindbody',
  name: 'Mindbody',
  docsUrl: 'https://developers.mindbodyonline.com/PublicDocumentation/V6',
  contractVersion: 1,
  status: 'available',
  auth: {
    kind: 'form',
    fields: Type.Object({
      site_id: Type.String({
        title: 'Site ID',
        description: "The number of the business; -99 is Mindbody's own sandbox",
        pattern: '^-?\\d+$',
        maxLength: 12,
      }),
      api_key: Secret({ title: 'API key', description: 'Of the developer account; the site has to have activated it' }),
      staff_username: Type.Optional(
        Type.String({
          title: 'Staff user name',
          description: 'Of a staff member: without one, new contacts can be made and nothing else',
          minLength: 1,
          maxLength: 256,
        }),
      ),
      staff_password: Type.Optional(Secret({ title: 'Staff password' })),
      client_numbers: Type.Enum(['chosen', 'given'], {
        title: 'Client numbers',
        description: 'chosen: a new client has a number made here, which keeps it single; given: Mindbody counts on',
        default: 'chosen',
      }),
      apply_payment: Type.Enum(['no', 'yes'], {
        title: 'Pay by pricing option',
        description: "yes: an appointment uses up one of the client's pricing options",
        default: 'no',
      }),
      time_zone: Type.Optional(
        Type.String({
          title: 'Time zone',
          description: 'Only where Mindbody does not tell it: such as America/Chicago',
          minLength: 1,
          maxLength: 64,
        }),
      ),
    }),
    signIn: [
      { header: 'api-key', value: '{api_key}' },
      { header: 'siteid', value: '{site_id}' },
      { header: 'authorization', value: 'Bearer {access_token}' },
    ],
    session: { needs: ['staff_username', 'staff_password'] },
  },
  baseUrl: 'https://api.mindbodyonline.com/public/v6',
  hosts: ['api.mindbodyonline.com'],
  capabilities: {
    supportsDelete: false,
    deletesPermanently: false,
    supportsDescribe: true,
    supportsAssociate: false,
    insteadOfDelete:
      'Mindbody deletes no clients and no bookings: make the contact inactive by an update of Active to false, or cancel the appointment by an update of Status to Cancelled. A request to be erased goes to the business, which does it in the Mindbody software.',
  },
  objects: {
    contact: {
      native: 'client',
      aliases: ['client', 'customer', 'member'],
      idempotency: 'native',
      fields: {
        first_name: { field: 'FirstName', type: 'string' },
        middle_name: { field: 'MiddleName', type: 'string' },
        last_name: { field: 'LastName', type: 'string' },
        email: { field: 'Email', type: 'string' },
        phone: { field: 'MobilePhone', type: 'string' },
        mobile_phone: { field: 'MobilePhone', type: 'string' },
        home_phone: { field: 'HomePhone', type: 'string' },
        work_phone: { field: 'WorkPhone', type: 'string' },
        date_of_birth: { field: 'BirthDate', type: 'date' },
        gender: { field: 'Gender', type: 'string' },
        street: { field: 'AddressLine1', type: 'string' },
        street2: { field: 'AddressLine2', type: 'string' },
        city: { field: 'City', type: 'string' },
        state: { field: 'State', type: 'string' },
        zip: { field: 'PostalCode', type: 'string' },
        country: { field: 'Country', type: 'string' },
        source: { field: 'ReferredBy', type: 'string' },
        prospect: { field: 'IsProspect', type: 'boolean' },
        active: { field: 'Active', type: 'boolean' },
        location_id: { field: 'HomeLocation', type: 'integer' },
      },
    },
    appointment: {
      native: 'appointment',
      aliases: ['booking', 'visit', 'class_booking'],
      idempotency: 'search',
      fields: {
        contact_id: { field: 'ClientUniqueId', type: 'string' },
        client_id: { field: 'ClientUniqueId', type: 'string' },
        start_time: { field: 'StartDateTime', type: 'datetime' },
        end_time: { field: 'EndDateTime', type: 'datetime' },
        duration: { field: 'Duration', type: 'integer' },
        service_id: { field: 'SessionTypeId', type: 'integer' },
        type_id: { field: 'SessionTypeId', type: 'integer' },
        staff_id: { field: 'StaffId', type: 'integer' },
        provider_id: { field: 'StaffId', type: 'integer' },
        location_id: { field: 'LocationId', type: 'integer' },
        class_id: { field: 'ClassId', type: 'integer' },
        note: { field: 'Notes', type: 'text' },
        description: { field: 'Notes', type: 'text' },
        status: {
          field: 'Status',
          type: 'option',
          options: ['Booked', 'Confirmed', 'Arrived', 'Completed', 'Cancelled', 'LateCancelled'],
        },
      },
    },
  },
  // About 2000 a minute are recommended: 30 + 60 s * 15 = 930, so that two connections may share a key.
  limits: { requestsPerSecond: 15, burst: 30, concurrency: 8 },
  idempotency: 'search',
  searchLagMs: 1_000,
} as const satisfies Manifest

export type Ctx = DriverContext<typeof manifest>
