import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'

/** How a value has to be written; a time that says its zone is refused, since the provider would take it for the site's own. */
const FORMATS = {
  text: (value: unknown) => typeof value === 'string',
  flag: (value: unknown) => typeof value === 'boolean',
  whole: Number.isInteger,
  time: (value: unknown) => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(value),
  ref: (value: unknown) => Number.isInteger((value as { Id?: unknown } | null)?.Id),
  customs: (value: unknown) =>
    Array.isArray(value) && value.every(({ Id, Value }) => Number.isInteger(Id) && typeof Value === 'string'),
  client: (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value),
} as const
export type Known = Readonly<Record<string, keyof typeof FORMATS>>
export type Row = Record<string, unknown>

/** `whole: 'A B'`: both are whole numbers. */
export const knowing = (byFormat: Partial<Record<keyof typeof FORMATS, string>>): Known =>
  Object.fromEntries(
    Object.entries(byFormat).flatMap(([format, names]) => names.split(' ').map((name) => [name, format])),
  ) as Known

export const ok = (body: unknown): SandboxAnswer => ({ status: 200, body })
export const refused = (status: number, Code: string, Message: string): SandboxAnswer => ({
  status,
  body: { Error: { Message, Code } },
})

/** What a handler throws to answer at once. */
export class Answered extends Error {
  readonly answer: SandboxAnswer

  constructor(answer: SandboxAnswer) {
    super('answered')
    this.answer = answer
  }
}
export const refuse = (Code: string, Message: string, status = 400): never => {
  throw new Answered(refused(status, Code, Message))
}

export const checked = (given: Row, known: Known): Row => {
  for (const [name, value] of Object.entries(given)) {
    const format = Object.hasOwn(known, name) ? known[name] : undefined
    if (!format) return refuse('InvalidParameter', `Unknown member ${name}: ${JSON.stringify(value)}`)
    if (!FORMATS[format](value)) return refuse('InvalidParameter', `Invalid ${name}: ${JSON.stringify(value)}`)
  }
  return given
}

export const bodyOf = ({ headers, body }: SandboxRequest, known: Known, required = ''): Row => {
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) return refuse('InvalidParameter', 'The body has to be JSON.')
  const given = checked(JSON.parse(body) as Row, known)
  const missing = required.split(' ').filter((name) => name && given[name] === undefined)
  return missing.length ? refuse('MissingRequiredFields', `Missing required fields: ${missing.join(', ')}`) : given
}

/** The names have the prefix that the provider's document writes, and one of a list is repeated. */
export const queryOf = ({ query }: SandboxRequest, known: Known): Record<string, string[]> => {
  const values: Record<string, string[]> = {}
  const all: Known = { ...known, limit: 'whole', offset: 'whole' }
  for (const name of new Set(query.keys())) {
    const bare = name.replace(/^request\./, '')
    const format = name.startsWith('request.') && Object.hasOwn(all, bare) ? all[bare] : undefined
    if (!format) refuse('InvalidParameter', `Unknown parameter ${name}`)
    const texts = query.getAll(name)
    const isRight = (text: string) =>
      format === 'whole'
        ? /^-?\d+$/.test(text)
        : format === 'flag'
          ? /^(true|false)$/.test(text)
          : FORMATS[format ?? 'text'](text)
    if (!texts.every(isRight)) refuse('InvalidParameter', `Invalid ${bare}: ${texts}`)
    values[bare] = texts
  }
  return values
}

export const paged = (
  name: string,
  rows: readonly unknown[],
  { limit = ['100'], offset = ['0'] }: Record<string, string[]>,
): SandboxAnswer => {
  const [most, from] = [Number(limit[0]), Number(offset[0])]
  if (most < 1 || most > 200) return refuse('InvalidParameter', 'Limit has to be from 1 to 200.')
  const page = rows.slice(from, from + most)
  const PaginationResponse = { RequestedLimit: most, RequestedOffset: from, PageSize: page.length, TotalResults: rows.length }
  return ok({ PaginationResponse, [name]: page })
}
