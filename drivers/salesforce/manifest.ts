import Type from 'typebox'
import type { Manifest } from '../../core/driver.ts'

const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'

/** Where a tenant signs in; `…lightning.force.com` is where people work, and no API answers there. */
const LOGIN_HOST = `^(?:(?:login|test)\\.salesforce\\.com|${LABEL}(?:\\.${LABEL})?\\.my\\.salesforce\\.com)$`

const person = {
  name: { field: 'Name', type: 'string' },
  first_name: { field: 'FirstName', type: 'string' },
  last_name: { field: 'LastName', type: 'string' },
  email: { field: 'Email', type: 'string' },
  phone: { field: 'Phone', type: 'string' },
  mobile: { field: 'MobilePhone', type: 'string' },
  job_title: { field: 'Title', type: 'string' },
} as const

const told = {
  source: { field: 'LeadSource', type: 'option' },
  note: { field: 'Description', type: 'text' },
  description: { field: 'Description', type: 'text' },
} as const

export const manifest = {
  slug: 'salesforce',
  name: 'Salesforce',
  docsUrl: 'https://developer.salesforce.com/docs/platform/api-rest/guide/intro-rest.html',
  contractVersion: 1,
  status: 'available',
  auth: {
    kind: 'oauth2',
    grant: 'authorization_code',
    fields: Type.Object({
      login_host: Type.String({
        title: 'Sign-in host',
        description:
          'login.salesforce.com; test.salesforce.com for sandboxes; or the My Domain host, such as acme.my.salesforce.com',
        default: 'login.salesforce.com',
        pattern: LOGIN_HOST,
        maxLength: 200,
      }),
      reference_field: Type.String({
        title: 'Key field',
        description: 'API name of a text field (External ID, Unique) on each object, by which creates stay single',
        default: 'Vorel_Key__c',
        pattern: '^[A-Za-z]\\w{0,60}__c$',
        maxLength: 80,
      }),
    }),
    signIn: { header: 'authorization', value: 'Bearer {access_token}' },
    authorizeUrl: 'https://{login_host}/services/oauth2/authorize',
    tokenUrl: 'https://{login_host}/services/oauth2/token',
    revokeUrl: 'https://{login_host}/services/oauth2/revoke',
    scopes: ['api', 'refresh_token', 'id'],
    clientAuthentication: 'body',
    usesPkce: true,
    refreshWithinSeconds: 30 * 86_400,
    tokenFacts: ['instance_url', 'id'],
    deadGrantErrors: ['inactive_user', 'inactive_org', 'invalid_app_access'],
    throttledErrors: ['login rate exceeded'],
    throttledSeconds: 300,
  },
  baseUrl: '{instance_url}',
  capabilities: { supportsDelete: true, deletesPermanently: false, supportsDescribe: true, supportsAssociate: false },
  objects: {
    contact: {
      native: 'Contact',
      aliases: ['customer', 'client', 'person'],
      fields: {
        ...person,
        department: { field: 'Department', type: 'string' },
        birthdate: { field: 'Birthdate', type: 'date' },
        street: { field: 'MailingStreet', type: 'text' },
        city: { field: 'MailingCity', type: 'string' },
        state: { field: 'MailingState', type: 'string' },
        zip: { field: 'MailingPostalCode', type: 'string' },
        country: { field: 'MailingCountry', type: 'string' },
        ...told,
      },
    },
    lead: {
      native: 'Lead',
      aliases: ['inquiry', 'enquiry', 'prospect'],
      fields: {
        ...person,
        company: { field: 'Company', type: 'string' },
        website: { field: 'Website', type: 'string' },
        status: { field: 'Status', type: 'option' },
        industry: { field: 'Industry', type: 'option' },
        street: { field: 'Street', type: 'text' },
        city: { field: 'City', type: 'string' },
        state: { field: 'State', type: 'string' },
        zip: { field: 'PostalCode', type: 'string' },
        country: { field: 'Country', type: 'string' },
        ...told,
      },
    },
    deal: {
      native: 'Opportunity',
      aliases: ['opportunity'],
      fields: {
        name: { field: 'Name', type: 'string' },
        title: { field: 'Name', type: 'string' },
        amount: { field: 'Amount', type: 'number' },
        budget: { field: 'Amount', type: 'number' },
        stage: { field: 'StageName', type: 'option' },
        close_date: { field: 'CloseDate', type: 'date' },
        probability: { field: 'Probability', type: 'number' },
        next_step: { field: 'NextStep', type: 'string' },
        type: { field: 'Type', type: 'option' },
        ...told,
      },
    },
  },
  hosts: ['login.salesforce.com', 'test.salesforce.com', '*.my.salesforce.com'],
  limits: { concurrency: 10, answerBytes: 10 * 1024 * 1024 },
  idempotency: 'search',
  searchLagMs: 8_000,
} as const satisfies Manifest

export type ObjectName = keyof typeof manifest.objects
export type Native = (typeof manifest.objects)[ObjectName]['native']
export const OBJECTS = Object.keys(manifest.objects) as ObjectName[]
export const nativeOf = (object: string): Native => manifest.objects[object as ObjectName].native
