import { randomUUID } from 'node:crypto'
import type { SandboxAnswer } from '../../core/sandbox.ts'

/** Ends a request with HubSpot's own words. */
export class Refused extends Error {
  readonly answer: SandboxAnswer

  constructor(answer: SandboxAnswer) {
    super(`HTTP ${answer.status}`)
    this.answer = answer
  }
}

export const errorBody = (status: number, category: string, message: string, more: object = {}): SandboxAnswer => ({
  status,
  body: { status: 'error', message, correlationId: randomUUID(), category, ...more },
})

export const refused = (...parts: Parameters<typeof errorBody>): Refused => new Refused(errorBody(...parts))

export interface InvalidValue {
  name: string
  error: string
  message: string
}

/** Says it twice: as a list within the text, and by `errors`. */
export const invalidValues = (invalid: InvalidValue[]): Refused => {
  const told = invalid.map((one) => ({ isValid: false, ...one, localizedErrorMessage: one.message }))
  return refused(400, 'VALIDATION_ERROR', `Property values were not valid: ${JSON.stringify(told)}`, {
    errors: invalid.map(({ name, error, message }) => ({ message, code: error, context: { propertyName: [name] } })),
  })
}

export const badRequest = (message: string): Refused => refused(400, 'VALIDATION_ERROR', message)

export const notFound = (): SandboxAnswer => errorBody(404, 'OBJECT_NOT_FOUND', 'resource not found')

const SINGULAR: Record<string, string> = { contacts: 'CONTACT', deals: 'DEAL', tickets: 'TICKET' }

export const associationsInvalid = ({ native, id }: { native: string; id: string }): SandboxAnswer =>
  errorBody(400, 'VALIDATION_ERROR', 'One or more associations are invalid', {
    context: {
      INVALID_OBJECT_IDS: [`${SINGULAR[native]}=${id} is not valid`],
      objectId: [id],
      objectType: [SINGULAR[native]],
    },
  })

export const emailTaken = (id: string, email: string): Refused =>
  refused(409, 'CONFLICT', `Contact already exists. Existing ID: ${id}`, {
    errors: [{ message: `A contact with email ${email} already exists. Existing ID: ${id}`, in: 'email' }],
  })

export const expired = (): SandboxAnswer =>
  errorBody(401, 'EXPIRED_AUTHENTICATION', 'The OAuth token used to make this call expired 5 second(s) ago.', {
    context: { 'expire time': [new Date(Date.now() - 5000).toISOString()] },
  })

export const unknownToken = (): SandboxAnswer =>
  errorBody(401, 'INVALID_AUTHENTICATION', 'Authentication credentials not found. This API supports OAuth 2.0 authentication.')

export const missingScopes = (scopes: string[]): Refused =>
  refused(403, 'MISSING_SCOPES', "This app hasn't been granted all required scopes to make this call.", {
    errors: [{ message: 'One or more of the following scopes are required.', context: { requiredGranularScopes: scopes } }],
  })

export const overLimit = (isSearch: boolean): SandboxAnswer =>
  isSearch
    ? errorBody(429, 'RATE_LIMITS', 'You have reached your secondly limit.', { policyName: 'SECONDLY' })
    : errorBody(429, 'RATE_LIMITS', 'You have reached your ten_secondly_rolling limit.', { policyName: 'TEN_SECONDLY_ROLLING' })
