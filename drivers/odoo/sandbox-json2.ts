import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { PythonError } from './sandbox-exceptions.ts'
import { methodOf } from './sandbox-methods.ts'
import type { Context, Orm } from './sandbox-orm.ts'

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }
const http = (name: string, message: string) => new PythonError(`werkzeug.exceptions.${name}`, message)

export const answerJson = (value: unknown): SandboxAnswer => ({ status: 200, headers: JSON_TYPE, body: JSON.stringify(value) })

export const refuseJson = ({ type, message, status }: PythonError): SandboxAnswer => {
  const name = type.includes('.') ? type : `builtins.${type}`
  const args = name.startsWith('werkzeug.') ? [message, status] : [message]
  const debug = `Traceback (most recent call last):\n  File "/usr/lib/python3/dist-packages/odoo/http.py", line 2273, in _serve_db\n${type}: ${message}\n`
  const headers = status === 401 ? { ...JSON_TYPE, 'www-authenticate': 'Bearer ' } : JSON_TYPE
  return { status, headers, body: JSON.stringify({ name, message, arguments: args, context: {}, debug }) }
}

const page = (status: number, title: string, text: string): SandboxAnswer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: `<!doctype html>\n<html lang=en>\n<title>${status} ${title}</title>\n<h1>${title}</h1>\n<p>${text}</p>\n`,
})

export const noDatabase = (): SandboxAnswer =>
  page(404, 'Not Found', 'No database is selected and the requested URL was not found in the server-wide controllers.')

export const notFound = (): SandboxAnswer =>
  page(
    404,
    'Not Found',
    'The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.',
  )

export const methodNotAllowed = (): SandboxAnswer =>
  page(405, 'Method Not Allowed', 'The method is not allowed for the requested URL.')

export const badKey = (): PythonError => http('Unauthorized', 'Invalid apikey')

/** One call of the JSON-2 API: arguments by name, the exception's class in the answer. */
export const serveJson2 = (orm: Orm, database: string, apiKey: string, request: SandboxRequest): SandboxAnswer => {
  const { headers, method: verb, path, body } = request
  const named = headers['x-odoo-database']
  if (named !== undefined && named !== database) return noDatabase()
  const [model, method, ...further] = path.slice('/json/2/'.length).split('/').map(decodeURIComponent)
  if (verb !== 'POST' || !model || !method || further.length > 0)
    throw http('NotFound', 'Did you mean POST /json/2/<model>/<method>?')
  if (!String(headers['content-type']).startsWith('application/json'))
    return page(415, 'Unsupported Media Type', "Request inferred type is compatible with ['http'] but the route is type='json2'.")
  const [scheme = '', key] = String(headers.authorization ?? '').split(' ')
  if (scheme.toLowerCase() !== 'bearer')
    throw http('Unauthorized', 'User not authenticated, use an API Key with a Bearer Authorization header.')
  if (key !== apiKey) throw badKey()
  return answerJson(call(orm, model, method, parsed(body)))
}

const parsed = (body: string): Record<string, unknown> => {
  try {
    return JSON.parse(body)
  } catch {
    throw http(
      'BadRequest',
      'could not parse the body as json: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)',
    )
  }
}

const call = (orm: Orm, model: string, name: string, { ids, context = {}, ...args }: Record<string, unknown>): unknown => {
  const method = found(orm, model, name)
  if (ids !== undefined && !method.isMulti) throw http('UnprocessableEntity', `cannot call ${model}.${name} with ids`)
  const missing = method.required?.find((param) => !(param in args))
  if (missing) throw http('UnprocessableEntity', `missing a required argument: '${missing}'`)
  const unknown = Object.keys(args).find((arg) => !method.params.includes(arg))
  if (unknown) throw http('UnprocessableEntity', `got an unexpected keyword argument '${unknown}'`)
  return method.run(orm, model, args, (ids as unknown[]) ?? [], context as Context)
}

const found = (orm: Orm, model: string, name: string) => {
  try {
    return methodOf(orm, model, name)
  } catch (error) {
    if (error instanceof PythonError && error.type === 'AttributeError') throw http('NotFound', error.message)
    throw error
  }
}
