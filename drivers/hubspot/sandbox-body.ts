import type { SandboxRequest } from '../../core/sandbox.ts'
import { badRequest, refused } from './sandbox-errors.ts'
import type { Property } from './sandbox-properties.ts'

export const jsonOf = ({ headers, body }: SandboxRequest): Record<string, unknown> => {
  if (!/^application\/json\b/.test(headers['content-type'] ?? ''))
    throw refused(415, 'VALIDATION_ERROR', 'Unsupported media type')
  const unreadable = () => badRequest('Invalid input JSON on line 1, column 1')
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    throw unreadable()
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw unreadable()
  return json as Record<string, unknown>
}

const onlyMembers = (body: Record<string, unknown>, known: readonly string[]): void => {
  const unknown = Object.keys(body).find((member) => !known.includes(member))
  if (unknown) throw badRequest(`Invalid input JSON on line 1, column 2: Unrecognized field "${unknown}"`)
}

/** The values of a write: texts, whatever the property's type. */
export const propertiesIn = (request: SandboxRequest): Record<string, string> => {
  const body = jsonOf(request)
  onlyMembers(body, request.method === 'POST' ? ['properties', 'associations'] : ['properties'])
  const given = Object.entries((body.properties ?? {}) as Record<string, unknown>)
  if (given.some(([, value]) => typeof value !== 'string')) throw badRequest('Invalid input JSON: a value is not a string')
  return Object.fromEntries(given) as Record<string, string>
}

const CHANGEABLE = 'calculationFormula description displayOrder fieldType formField groupName hidden label options type'.split(
  ' ',
)
const MADE_WITH = [...CHANGEABLE, 'externalOptions', 'hasUniqueValue', 'name', 'referencedObjectType']

export const propertyIn = (request: SandboxRequest): Partial<Property> & { name: string; groupName: string } => {
  const body = jsonOf(request)
  onlyMembers(body, MADE_WITH)
  for (const member of ['fieldType', 'groupName', 'label', 'name', 'type'])
    if (typeof body[member] !== 'string') throw badRequest(`Some required fields were not set: [${member}]`)
  return body as unknown as Partial<Property> & { name: string; groupName: string }
}

export const changesIn = (request: SandboxRequest): Partial<Property> => {
  const body = jsonOf(request)
  onlyMembers(body, CHANGEABLE)
  return body
}
