import type { FastifyRequest } from 'fastify'

/** What came in a query or a form, each name with its texts; never anything but text. */
export interface Input {
  /** Trimmed; empty where it is missing. */
  text(name: string): string
  has(name: string): boolean
  /** All texts of a name, such as those of checkboxes. */
  texts(name: string): string[]
}

const inputOf = (source: unknown): Input => {
  const values = new Map(Object.entries((source ?? {}) as Record<string, unknown>))
  const texts = (name: string) => [values.get(name)].flat().filter((value) => typeof value === 'string')
  return { texts, has: (name) => values.has(name), text: (name) => texts(name)[0]?.trim() ?? '' }
}

export const queryOf = (request: FastifyRequest): Input => inputOf(request.query)
export const formOf = (request: FastifyRequest): Input => inputOf(request.body)
export const paramOf = (request: FastifyRequest, name: string): string =>
  String((request.params as Record<string, string | undefined>)[name] ?? '')

/** A path of the console from its parts, each one segment. */
export const pathTo = (...segments: string[]): string => `/console/${segments.map(encodeURIComponent).join('/')}`
