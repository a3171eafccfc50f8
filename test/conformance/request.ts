import type { SandboxRequest } from '../../core/sandbox.ts'
import { contentFaults, essence, FORM } from './content.ts'
import type { Operation, Parameter } from './documents.ts'
import { isServed, segmentsOf } from './match.ts'
import { faultsOf } from './schema.ts'
import { valueIn } from './values.ts'

/** Ruled elsewhere, by the standard: by the body and by the way to sign in. */
const NOT_PARAMETERS = new Set(['accept', 'content-type', 'authorization'])

/** What a request does that its operation does not declare, in words without values. */
export const requestFaults = (operation: Operation, request: SandboxRequest): string[] => [
  ...hostFaults(operation, request),
  ...pathFaults(operation, request),
  ...queryFaults(operation, request),
  ...headerFaults(operation, request),
  ...bodyFaults(operation, request),
]

const hostFaults = ({ hosts }: Operation, { headers }: SandboxRequest): string[] => {
  if (hosts.length === 0) return []
  const host = headers['x-forwarded-host']
  if (typeof host !== 'string') return ['does not say by x-forwarded-host which host it is for']
  return hosts.some((declared) => isServed(declared, host)) ? [] : [`host ${host} is not declared, ${hosts.join(', ')} is`]
}

const pathFaults = (operation: Operation, { path }: SandboxRequest): string[] => {
  const segments = segmentsOf(path)
  return segmentsOf(operation.template).flatMap((segment, place) => {
    const name = /^\{(.+)\}$/.exec(segment)?.[1]
    const parameter = operation.parameters.find((each) => each.in === 'path' && each.name === name)
    if (!parameter) return []
    const text = decodeURIComponent(segments[place] ?? '')
    return text === '' ? [`path parameter '${name}' is empty`] : valueFaults(operation, parameter, [text])
  })
}

const queryFaults = (operation: Operation, { query }: SandboxRequest): string[] => {
  const declared = operation.parameters.filter((parameter) => parameter.in === 'query')
  const unknown = [...new Set(query.keys())].filter((name) => !declared.some((parameter) => parameter.name === name))
  return [
    ...unknown.map((name) => `query parameter '${name}' is not declared`),
    ...declared.flatMap((parameter) => givenFaults(operation, parameter, query.getAll(parameter.name))),
  ]
}

const headerFaults = (operation: Operation, { headers }: SandboxRequest): string[] =>
  operation.parameters
    .filter((parameter) => parameter.in === 'header' && !NOT_PARAMETERS.has(parameter.name.toLowerCase()))
    .flatMap((parameter) => givenFaults(operation, parameter, [headers[parameter.name.toLowerCase()] ?? []].flat()))

const givenFaults = (operation: Operation, parameter: Parameter, texts: string[]): string[] => {
  if (texts.length > 0) return valueFaults(operation, parameter, texts)
  return parameter.required ? [`${parameter.in} parameter '${parameter.name}' is missing`] : []
}

const valueFaults = ({ document }: Operation, parameter: Parameter, texts: string[]): string[] =>
  faultsOf(document, parameter.schema ?? {}, 'closed', valueIn(document, parameter, texts)).map(
    (fault) => `${parameter.in} parameter '${parameter.name}': ${fault}`,
  )

const bodyFaults = ({ body, document }: Operation, { body: text, headers }: SandboxRequest): string[] => {
  const type = essence(headers['content-type'] ?? '')
  // A form without fields is an empty text.
  if (text === '' && !(body && type === FORM)) return body?.required ? ['body is missing'] : []
  if (!body) return ['no body is declared']
  const media = body.content[type]
  if (!media) return [`content type '${type}' is not declared, ${Object.keys(body.content).join(', ')} is`]
  return contentFaults(document, type, media.schema ?? {}, 'closed', text)
}
