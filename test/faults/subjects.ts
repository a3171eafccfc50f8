import type { StartSandbox } from '../../core/sandbox.ts'
import athenahealth from '../../drivers/athenahealth/sandbox.ts'
import hubspot from '../../drivers/hubspot/sandbox.ts'
import mindbody from '../../drivers/mindbody/sandbox.ts'
import odoo from '../../drivers/odoo/sandbox.ts'
import salesforce from '../../drivers/salesforce/sandbox.ts'
import tekmetric from '../../drivers/tekmetric/sandbox.ts'
import zoho from '../../drivers/zoho/sandbox.ts'
import type { Fields } from '../../schemas/verbs.ts'
import type { Client } from './client.ts'

/** What one tenant's cases create. */
export interface Subject {
  tenant: string
  slug: string
  object: string
  /** The provider's, or none: the test's own provider. */
  sandbox?: { start: StartSandbox; variant?: string; idOf: string }
  /** Of a create of two records the second: its object, the slot that holds the key, and the first's ids of those it is associated with. */
  second?: { object: string; toldBy: string; tiesOf(first: Record<string, unknown>): string[] }
  /** The slot that holds a case's key, by which its records are told from all others. */
  toldBy: string
  fields(key: string, client: Client): Fields | Promise<Fields>
}

/** Drivers of the tests themselves: they differ in what they can do about a lost answer, and in nothing else. */
const ofClass = (name: string): Subject => ({
  tenant: name,
  slug: `${name}_class`,
  object: 'lead',
  toldBy: 'name',
  fields: (key) => ({ name: key }),
})

/** No address: where a provider keeps those single, a double would hide behind it. */
const person = (key: string): Fields => ({ first_name: 'Ada', last_name: key })

const companyPerson = (key: string): Fields => ({ ...person(key), company: 'Analytical Engines' })

const PATIENT = { first_name: 'Ada', last_name: 'Lovelace', date_of_birth: '1990-12-10', email: 'ada@lovelace.example' }

/** Books the first slot that is open, for one and the same patient. */
const booking = async (key: string, client: Client): Promise<Fields> => {
  const known = await client.lookup({ email: PATIENT.email })
  const patient_id = known ?? (await client.createOther('contact', PATIENT))
  return { slot_id: await client.search('appointment', 'open'), patient_id, type_id: '44', note: key }
}

const CLIENT = { first_name: 'Ada', last_name: 'Lovelace', email: 'ada@lovelace.example' }

/** Books an hour of a day next week, for one and the same client. */
const session = async (key: string, client: Client): Promise<Fields> => {
  const known = await client.lookup({ email: CLIENT.email })
  const contact_id = known ?? (await client.createOther('contact', CLIENT))
  const day = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10)
  return { contact_id, location_id: 1, service_id: 17, staff_id: 100_000_279, start_time: `${day}T19:00:00Z`, note: key }
}

const visit = (key: string): Fields => {
  const day = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10)
  return { title: key, start_time: `${day}T15:00:00Z`, end_time: `${day}T16:00:00Z` }
}

/** One sandbox for each provider at a time: what is in one list runs against one service. */
export const STAGES: readonly Subject[][] = [
  [
    ofClass('native'),
    ofClass('search'),
    ofClass('none'),
    {
      tenant: 'odoo-lead',
      slug: 'odoo',
      object: 'lead',
      sandbox: { start: odoo, idOf: 'id' },
      toldBy: 'name',
      fields: (key) => ({ name: key }),
    },
    {
      tenant: 'hubspot-contact',
      slug: 'hubspot',
      object: 'contact',
      sandbox: { start: hubspot, idOf: 'id' },
      toldBy: 'last_name',
      fields: person,
    },
    {
      tenant: 'hubspot-lead',
      slug: 'hubspot',
      object: 'lead',
      sandbox: { start: hubspot, idOf: 'id' },
      toldBy: 'last_name',
      second: {
        object: 'deal',
        toldBy: 'name',
        tiesOf: ({ associations }) => (associations as Record<string, string[]>).deals ?? [],
      },
      fields: (key) => ({ ...person(key), title: key, amount: 500_000 }),
    },
    {
      tenant: 'salesforce-lead',
      slug: 'salesforce',
      object: 'lead',
      sandbox: { start: salesforce, variant: 'native', idOf: 'Id' },
      toldBy: 'last_name',
      fields: companyPerson,
    },
    {
      tenant: 'zoho-lead',
      slug: 'zoho',
      object: 'lead',
      sandbox: { start: zoho, idOf: 'id' },
      toldBy: 'last_name',
      fields: person,
    },
    {
      tenant: 'athenahealth-patient',
      slug: 'athenahealth',
      object: 'contact',
      sandbox: { start: athenahealth, idOf: 'patientid' },
      toldBy: 'last_name',
      fields: (key) => ({ ...PATIENT, last_name: key, email: `ada@${key}.example` }),
    },
    {
      tenant: 'athenahealth-appointment',
      slug: 'athenahealth',
      object: 'appointment',
      sandbox: { start: athenahealth, idOf: 'appointmentid' },
      toldBy: 'note',
      fields: booking,
    },
    {
      tenant: 'mindbody-client',
      slug: 'mindbody',
      object: 'contact',
      sandbox: { start: mindbody, idOf: 'UniqueId' },
      toldBy: 'last_name',
      fields: person,
    },
    {
      tenant: 'mindbody-appointment',
      slug: 'mindbody',
      object: 'appointment',
      sandbox: { start: mindbody, idOf: 'Id' },
      toldBy: 'note',
      fields: session,
    },
    {
      tenant: 'tekmetric-customer',
      slug: 'tekmetric',
      object: 'contact',
      sandbox: { start: tekmetric, idOf: 'id' },
      toldBy: 'last_name',
      fields: person,
    },
    {
      tenant: 'tekmetric-appointment',
      slug: 'tekmetric',
      object: 'appointment',
      sandbox: { start: tekmetric, idOf: 'id' },
      toldBy: 'title',
      fields: visit,
    },
  ],
  [
    {
      tenant: 'hubspot-contact-unkeyed',
      slug: 'hubspot',
      object: 'contact',
      sandbox: { start: hubspot, variant: 'no-schema', idOf: 'id' },
      toldBy: 'last_name',
      fields: person,
    },
    {
      tenant: 'salesforce-lead-unkeyed',
      slug: 'salesforce',
      object: 'lead',
      sandbox: { start: salesforce, variant: 'search', idOf: 'Id' },
      toldBy: 'last_name',
      fields: companyPerson,
    },
    {
      tenant: 'zoho-lead-unkeyed',
      slug: 'zoho',
      object: 'lead',
      sandbox: { start: zoho, variant: 'locked', idOf: 'id' },
      toldBy: 'last_name',
      fields: person,
    },
  ],
]
