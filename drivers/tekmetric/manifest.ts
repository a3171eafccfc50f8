import Type from 'typebox'
import { type DriverContext, type Manifest, Secret } from '../../core/driver.ts'

export const manifest = {
  slug: 'tekmetric',
  name: 'Tekmetric',
  docsUrl: 'https://api.tekmetric.com',
  contractVersion: 1,
  status: 'available',
  auth: {
    kind: 'form',
    fields: Type.Object({
      shop_id: Type.String({
        title: 'Shop',
        description: 'Its number: shop.tekmetric.com/admin/shop/<number>/…',
        pattern: '^[1-9][0-9]*$',
        maxLength: 15,
      }),
      environment: Type.Enum(['production', 'sandbox'], {
        title: 'Environment',
        description: "sandbox: Tekmetric's own for integrators, with keys and shops of its own",
        default: 'production',
      }),
      time_zone: Type.Optional(
        Type.String({
          title: 'Time zone',
          description: "Of the shop's clocks, such as America/Chicago; by the state of its address, unless given",
          maxLength: 60,
        }),
      ),
      api_key: Secret({
        title: 'API key',
        description:
          'Made by Tekmetric for approved integrations, not by the shop: client id and secret with a colon between, or an access token',
        maxLength: 2000,
      }),
    }),
    signIn: { header: 'authorization', value: 'Bearer {access_token}' },
    session: { needs: ['api_key'] },
  },
  tables: {
    host: { by: 'environment', values: { production: 'shop.tekmetric.com', sandbox: 'sandbox.tekmetric.com' } },
  },
  baseUrl: 'https://{host}/api/v1',
  hosts: ['shop.tekmetric.com', 'sandbox.tekmetric.com'],
  capabilities: {
    supportsDelete: false,
    deletesPermanently: false,
    supportsDescribe: true,
    supportsAssociate: false,
    insteadOfDelete:
      'Tekmetric lets no program delete customers or repair orders: somebody at the shop deletes the record, or cancels the appointment, in Tekmetric itself.',
  },
  objects: {
    contact: {
      native: 'Customer',
      aliases: ['customer', 'client'],
      idempotency: 'none',
      fields: {
        first_name: { field: 'firstName', type: 'string' },
        last_name: { field: 'lastName', type: 'string' },
        email: { field: 'email', type: 'string' },
        phone: { field: 'phone', type: 'string' },
        street: { field: 'address1', type: 'string' },
        street2: { field: 'address2', type: 'string' },
        city: { field: 'city', type: 'string' },
        state: { field: 'state', type: 'string' },
        zip: { field: 'zip', type: 'string' },
        note: { field: 'notes', type: 'text' },
        customer_type: { field: 'customerTypeId', type: 'option', options: ['1', '2'] },
        marketing_consent: { field: 'okForMarketing', type: 'boolean' },
      },
    },
    repair_order: {
      native: 'RepairOrder',
      aliases: ['work_order', 'service_order', 'order', 'ro'],
      idempotency: 'none',
      fields: {
        number: { field: 'repairOrderNumber', type: 'integer' },
        status: { field: 'repairOrderStatus', type: 'option', options: ['1', '2', '3', '4', '5', '6', '7'] },
        amount: { field: 'totalSales', type: 'number' },
        key_tag: { field: 'keyTag', type: 'string' },
        miles_in: { field: 'milesIn', type: 'integer' },
        miles_out: { field: 'milesOut', type: 'integer' },
        technician_id: { field: 'technicianId', type: 'string' },
        service_writer_id: { field: 'serviceWriterId', type: 'string' },
        customer_time_out: { field: 'customerTimeOut', type: 'datetime' },
        contact_id: { field: 'customerId', type: 'string' },
        vehicle_id: { field: 'vehicleId', type: 'string' },
      },
    },
    appointment: {
      native: 'Appointment',
      aliases: ['booking'],
      fields: {
        name: { field: 'title', type: 'string' },
        title: { field: 'title', type: 'string' },
        subject: { field: 'title', type: 'string' },
        start_time: { field: 'startTime', type: 'datetime' },
        end_time: { field: 'endTime', type: 'datetime' },
        description: { field: 'description', type: 'text' },
        note: { field: 'description', type: 'text' },
        contact_id: { field: 'customerId', type: 'string' },
        customer_id: { field: 'customerId', type: 'string' },
        vehicle_id: { field: 'vehicleId', type: 'string' },
        status: { field: 'appointmentStatus', type: 'string' },
        color: {
          field: 'color',
          type: 'option',
          options: ['red', 'pink', 'yellow', 'orange', 'light green', 'green', 'blue', 'navy', 'lavender', 'purple'],
        },
        dropoff_time: { field: 'dropoffTime', type: 'datetime' },
        pickup_time: { field: 'pickupTime', type: 'datetime' },
        ride_option: { field: 'rideOption', type: 'option', options: ['LOANER', 'RIDE', 'NONE'] },
      },
    },
  },
  limits: {
    answerBytes: 16 * 1024 * 1024, // a hundred repair orders with their jobs and parts
    byHost: {
      'shop.tekmetric.com': { requestsPerSecond: 9, burst: 30, concurrency: 6 }, // 30 + 60 × 9 = 570 of 600 a minute
      'sandbox.tekmetric.com': { requestsPerSecond: 4, burst: 30, concurrency: 6 }, // 30 + 60 × 4 = 270 of 300
    },
  },
  idempotency: 'search',
  searchLagMs: 8_000,
} as const satisfies Manifest

export type Ctx = DriverContext<typeof manifest>

export const hostOf = ({ settings: { environment } }: Ctx): string => manifest.tables.host.values[environment]
