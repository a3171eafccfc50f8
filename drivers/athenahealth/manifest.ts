import Type from 'typebox'
import type { DriverContext, Manifest } from '../../core/driver.ts'

const id = (title: string, description: string) =>
  Type.String({ title, description, pattern: '^[0-9]+$', minLength: 1, maxLength: 12 })

export const manifest = {
  slug: 'athenahealth',
  name: 'athenahealth',
  docsUrl: 'https://docs.athenahealth.com/api/',
  contractVersion: 1,
  status: 'available',
  auth: {
    kind: 'oauth2',
    grant: 'client_credentials',
    fields: Type.Object({
      environment: Type.Enum(['production', 'preview'], {
        title: 'Environment',
        description: "preview: athenahealth's own test environment, with an app of its own",
        default: 'production',
      }),
      practice_id: id('Practice', 'The number of the practice at athenahealth, digits only'),
      department_id: id('Department', 'Where new patients are registered unless a create says otherwise'),
      patient_changes: Type.Enum(['shared', 'own'], {
        title: 'Changed patients',
        description: 'own: nobody else reads them with this app at this practice, so they are subscribed to and marked as read',
        default: 'shared',
      }),
    }),
    signIn: { header: 'authorization', value: 'Bearer {access_token}' },
    tokenUrl: 'https://{host}/oauth2/v1/token',
    scopes: ['athena/service/Athenanet.MDP.*'],
    clientAuthentication: 'basic',
    usesPkce: false,
    appBy: 'environment',
    accessTokenSeconds: 3600,
  },
  tables: {
    host: {
      by: 'environment',
      values: { production: 'api.platform.athenahealth.com', preview: 'api.preview.platform.athenahealth.com' },
    },
  },
  baseUrl: 'https://{host}/v1/{practice_id}',
  hosts: ['api.platform.athenahealth.com', 'api.preview.platform.athenahealth.com'],
  capabilities: {
    supportsDelete: false,
    deletesPermanently: false,
    supportsDescribe: true,
    supportsAssociate: false,
    insteadOfDelete:
      'athenahealth keeps medical records: make the patient inactive by an update of status to i, or cancel the appointment by an update of appointmentstatus to x.',
  },
  objects: {
    contact: {
      native: 'Patient',
      aliases: ['patient', 'customer', 'client'],
      fields: {
        first_name: { field: 'firstname', type: 'string' },
        middle_name: { field: 'middlename', type: 'string' },
        last_name: { field: 'lastname', type: 'string' },
        preferred_name: { field: 'preferredname', type: 'string' },
        date_of_birth: { field: 'dob', type: 'date' },
        sex: { field: 'sex', type: 'option', options: ['F', 'M'] },
        email: { field: 'email', type: 'string' },
        phone: { field: 'mobilephone', type: 'string' },
        mobile_phone: { field: 'mobilephone', type: 'string' },
        home_phone: { field: 'homephone', type: 'string' },
        work_phone: { field: 'workphone', type: 'string' },
        street: { field: 'address1', type: 'string' },
        street2: { field: 'address2', type: 'string' },
        city: { field: 'city', type: 'string' },
        state: { field: 'state', type: 'string' },
        zip: { field: 'zip', type: 'string' },
        note: { field: 'notes', type: 'text' },
        status: { field: 'status', type: 'option', options: ['a', 'i', 'p'] },
        department_id: { field: 'departmentid', type: 'string' },
        provider_id: { field: 'primaryproviderid', type: 'string' },
      },
    },
    appointment: {
      native: 'Appointment',
      aliases: ['booking'],
      idempotency: 'native',
      fields: {
        slot_id: { field: 'appointmentid', type: 'string' },
        patient_id: { field: 'patientid', type: 'string' },
        contact_id: { field: 'patientid', type: 'string' },
        reason_id: { field: 'reasonid', type: 'string' },
        type_id: { field: 'appointmenttypeid', type: 'string' },
        note: { field: 'bookingnote', type: 'text' },
        description: { field: 'bookingnote', type: 'text' },
        urgent: { field: 'urgentyn', type: 'boolean' },
        status: { field: 'appointmentstatus', type: 'option', options: ['x', 'cancelled'] },
        cancel_reason: { field: 'cancellationreason', type: 'text' },
        cancel_reason_id: { field: 'appointmentcancelreasonid', type: 'string' },
        new_slot_id: { field: 'newappointmentid', type: 'string' },
        reschedule_reason: { field: 'reschedulereason', type: 'text' },
        provider_id: { field: 'providerid', type: 'string' },
        department_id: { field: 'departmentid', type: 'string' },
      },
    },
  },
  limits: { requestsPerSecond: 5, concurrency: 5 },
  idempotency: 'none',
} as const satisfies Manifest

export type Ctx = DriverContext<typeof manifest>
