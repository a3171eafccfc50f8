import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { ERRORS, type ErrorCode, isVorelError, VorelError } from '../core/errors.ts'

/** Every failure as RFC 9457 problem+json, by the error table, without a word of what it was about. */
export default fp(
  async (app) => {
    app.setErrorHandler((error, request, reply) => sendProblem(request, reply, toVorelError(error as FastifyError, request)))
    app.setNotFoundHandler((request, reply) =>
      sendProblem(
        request,
        reply,
        new VorelError('not_found', `There is no ${request.method} here. The API is described at /docs.`),
      ),
    )
  },
  { name: 'errors', fastify: '5.x' },
)

export const problemOf = (error: VorelError, requestId: string) => ({
  type: `urn:vorel:problem:${error.code}`,
  title: ERRORS[error.code].title,
  status: error.status,
  detail: error.message,
  code: error.code,
  retryable: error.retryable,
  request_id: requestId,
  ...(error.fields?.length && { fields: error.fields }),
})

export const reportInternal = (request: FastifyRequest, error: VorelError): void => {
  if (error.code === 'internal') request.log.error({ err: causeOf(error) }, 'internal error')
}

const sendProblem = (request: FastifyRequest, reply: FastifyReply, error: VorelError): FastifyReply => {
  reportInternal(request, error)
  if (request.server.hasDecorator('metrics')) request.server.metrics.problem(error.code)
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds)
  if (error.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer')
  return reply
    .code(error.status)
    .type('application/problem+json')
    .send(JSON.stringify(problemOf(error, request.id)))
}

/** Type and place of an unexpected error: its message may hold what it failed on. */
const causeOf = (error: VorelError) => {
  const cause = (error.cause ?? error) as Error & { code?: string }
  return {
    type: cause.name,
    code: cause.code,
    stack: (cause.stack ?? '')
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 8)
      .join('\n'),
  }
}

const byFastifyCode: Record<string, [ErrorCode, string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['payload_too_large', 'The request body is larger than 256 KiB.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send the body as application/json.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid_request', 'The request has no body. Send a JSON object.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid_request', 'The request body is not valid JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'The request body does not have the length that its header says.'],
}

export const toVorelError = (error: FastifyError, request: FastifyRequest): VorelError => {
  if (isVorelError(error)) return error
  if (error.validation) return invalid(error)
  const known = byFastifyCode[error.code]
  if (known) return new VorelError(...known)
  if (error.statusCode === 400) return new VorelError('invalid_request', 'The request body is not valid JSON.')
  if (error.statusCode === 503)
    return new VorelError('overloaded', 'Vorel is starting, stopping or overloaded. Try again soon.', { retryAfterSeconds: 1 })
  return new VorelError('internal', `Something failed inside Vorel. Its log says more under request ${request.id}.`, {
    cause: error,
  })
}

/** Names the place and what it needs, never the value. */
const invalid = ({ validation, validationContext = 'body' }: FastifyError): VorelError => {
  const faults = (validation ?? []).map(({ instancePath, message, keyword, params }) => {
    const place = [validationContext, ...instancePath.split('/').slice(1)].join('.')
    if (keyword === 'pattern') return `${place} holds characters that are not allowed there`
    if (keyword === 'additionalProperties')
      return `${place} has an unknown property '${String(params.additionalProperty).slice(0, 40)}'`
    return `${place} ${message}`
  })
  return new VorelError('invalid_request', `${[...new Set(faults)].slice(0, 5).join('; ')}.`)
}
