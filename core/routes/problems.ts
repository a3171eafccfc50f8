import { Problem } from '../../schemas/problem.ts'
import { ERRORS } from '../errors.ts'

/** Every status a verb may fail with, with the codes behind it. */
export const problemResponses = (statuses: number[]): Record<number, unknown> =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: codesOf(status).join(', '), content: { 'application/problem+json': { schema: Problem } } },
    ]),
  )

const codesOf = (status: number): string[] =>
  Object.entries(ERRORS)
    .filter(([, entry]) => entry.status === status)
    .map(([code]) => code)

export const VERB_PROBLEMS = [400, 401, 403, 404, 409, 410, 413, 415, 422, 424, 429, 500, 503, 504]
