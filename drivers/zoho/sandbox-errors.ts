import type { SandboxAnswer } from '../../core/sandbox.ts'

export interface ZohoFault {
  code: string
  message: string
  details: Record<string, unknown>
}

/** A failure in Zoho's own words, with the status it goes out under. */
export class ZohoError extends Error {
  readonly status: number
  readonly fault: ZohoFault

  constructor(status: number, code: string, message: string, details: Record<string, unknown> = {}) {
    super(message)
    this.status = status
    this.fault = { code, message, details }
  }
}

export const faultBody = ({ code, message, details }: ZohoFault) => ({ code, details, message, status: 'error' })

export const refused = ({ status, fault }: ZohoError): SandboxAnswer => ({ status, body: faultBody(fault) })

export const invalidToken = () => new ZohoError(401, 'INVALID_TOKEN', 'invalid oauth token')
export const notSignedIn = () => new ZohoError(401, 'AUTHENTICATION_FAILURE', 'Authentication failed')
export const scopeMismatch = () => new ZohoError(401, 'OAUTH_SCOPE_MISMATCH', 'invalid oauth scope to access this URL')
export const noSuchUrl = () =>
  new ZohoError(404, 'INVALID_URL_PATTERN', 'Please check if the URL trying to access is a correct one')
export const wrongMethod = () => new ZohoError(405, 'INVALID_REQUEST_METHOD', 'The http request method type is not a valid one')
export const tooMany = () => new ZohoError(429, 'TOO_MANY_REQUESTS', 'You have exceeded the limit of concurrent API calls')

export const notSuchId = () => new ZohoError(400, 'INVALID_DATA', 'the id given seems to be invalid', { api_name: 'id' })
export const notDeleted = (id: string) => new ZohoError(400, 'INVALID_DATA', 'record not deleted', { id })

/** Of one field of the first record sent. */
export const badField = (code: string, message: string, api_name: string, more: Record<string, unknown> = {}) =>
  new ZohoError(400, code, message, { ...more, api_name, json_path: `$.data[0].${api_name}` })
