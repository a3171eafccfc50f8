import type { SandboxAnswer } from '../../core/sandbox.ts'

/** An error as the REST API tells it: a list of one. */
export class ApiError extends Error {
  readonly status: number
  readonly errorCode: string
  readonly fields: string[] | undefined
  readonly more: object

  constructor(status: number, errorCode: string, message: string, fields?: string[], more: object = {}) {
    super(message)
    this.status = status
    this.errorCode = errorCode
    this.fields = fields
    this.more = more
  }

  get answer(): SandboxAnswer {
    const { status, message, errorCode, fields, more } = this
    return { status, body: [{ ...more, message, errorCode, ...(fields && { fields }) }] }
  }
}

export const sessionExpired = () => new ApiError(401, 'INVALID_SESSION_ID', 'Session expired or invalid')
export const noResource = () => new ApiError(404, 'NOT_FOUND', 'The requested resource does not exist')
export const isDeleted = () => new ApiError(404, 'ENTITY_IS_DELETED', 'entity is deleted')
export const badQuery = (message: string) => new ApiError(400, 'MALFORMED_QUERY', message)
export const badSearch = (message: string) => new ApiError(400, 'MALFORMED_SEARCH', message)
export const noColumn = (field: string, object: string) =>
  new ApiError(
    400,
    'INVALID_FIELD',
    `\n${field} FROM ${object}\n^\nERROR at Row:1:Column:8\nNo such column '${field}' on entity '${object}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name.`,
  )
export const selectedTwice = (field: string) => new ApiError(400, 'INVALID_FIELD', `duplicate field selected: ${field}`)
export const noType = (object: string) =>
  new ApiError(
    400,
    'INVALID_TYPE',
    `sObject type '${object}' is not supported. Please reference your WSDL or the describe call for the appropriate names.`,
  )
export const badJson = (message: string) => new ApiError(400, 'JSON_PARSER_ERROR', `${message} at [line:1, column:2]`)
export const wrongMethod = (method: string) =>
  new ApiError(405, 'METHOD_NOT_ALLOWED', `HTTP Method '${method}' not allowed. Allowed are HEAD,GET,PATCH,DELETE`)
export const noJsonBody = () =>
  new ApiError(415, 'UNSUPPORTED_MEDIA_TYPE', 'Content-Type header specified in HTTP request is not supported')
