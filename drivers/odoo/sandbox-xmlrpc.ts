import type { SandboxAnswer } from '../../core/sandbox.ts'
import { PythonError } from './sandbox-exceptions.ts'
import { methodOf } from './sandbox-methods.ts'
import type { Context, Orm } from './sandbox-orm.ts'
import { answerXml, faultXml, readCall } from './sandbox-xml.ts'

export interface Account {
  database: string
  login: string
  apiKey: string
  uid: number
}

const MAX_FAILURES = 10
const COOLDOWN_MS = 60_000
const xml = (body: string): SandboxAnswer => ({ status: 200, headers: { 'content-type': 'text/xml; charset=utf-8' }, body })

/** Both XML-RPC services of one server. Odoo 14 counts failed logins, and answers good keys like bad ones for a minute. */
export const createXmlrpc = (orm: Orm, account: Account) => {
  let failures = 0
  let failedAt = 0
  const isCoolingDown = () => orm.major === 14 && failures >= MAX_FAILURES && Date.now() - failedAt < COOLDOWN_MS

  const isRight = (key: unknown): boolean => {
    if (key === account.apiKey) return true
    failures += 1
    failedAt = Date.now()
    return false
  }

  const checkDatabase = (database: unknown): void => {
    if (database !== account.database) throw orm.say.unknownDatabase(String(database))
  }

  const authenticate = ([database, login, key]: unknown[]): unknown => {
    checkDatabase(database)
    if (isCoolingDown()) return false
    return isRight(key) && login === account.login ? account.uid : false
  }

  const executeKw = ([database, uid, key, model, name, args = [], kwargs = {}]: unknown[]): unknown => {
    checkDatabase(database)
    if (!isRight(key))
      throw new PythonError(
        'odoo.exceptions.AccessDenied',
        isCoolingDown() ? 'Too many login failures, please wait a bit before trying again.' : 'Access Denied',
      )
    if (uid !== account.uid)
      throw new PythonError(
        'odoo.exceptions.MissingError',
        `Record does not exist or has been deleted.\n(Record: res.users(${uid},), User: ${uid})`,
      )
    return run(orm, String(model), String(name), args as unknown[], kwargs as Record<string, unknown>)
  }

  const version = () => ({
    server_version: `${orm.major}.0`,
    server_version_info: [orm.major, 0, 0, 'final', 0, ''],
    server_serie: `${orm.major}.0`,
    protocol_version: 1,
  })

  const dispatch = (service: string, method: string, params: unknown[]): unknown => {
    if (service === 'common' && method === 'version') return version()
    if (service === 'common' && method === 'authenticate') return authenticate(params)
    if (service === 'object' && method === 'execute_kw') return executeKw(params)
    throw new PythonError('NameError', `Method not available ${method}`)
  }

  return async (service: string, body: string): Promise<SandboxAnswer> => {
    const call = await readCall(body)
    try {
      if (!call) throw new PythonError('xml.parsers.expat.ExpatError', 'unclosed token: line 1, column 0')
      return xml(answerXml(dispatch(service, call.method, call.params), orm.major))
    } catch (error) {
      if (!(error instanceof PythonError)) throw error
      return xml(faultXml(error, orm.major))
    }
  }
}

/** `create` of one answers with one id here, and only here. */
const run = (orm: Orm, model: string, name: string, args: unknown[], { context = {}, ...named }: Record<string, unknown>) => {
  const method = methodOf(orm, model, name)
  const [ids, positional] = method.isMulti ? [args[0], args.slice(1)] : [[], args]
  const given = { ...Object.fromEntries(positional.map((value, at) => [method.params[at] ?? `argument ${at}`, value])), ...named }
  const missing = method.required?.find((param) => !(param in given))
  if (missing) throw orm.say.missingArgument(name, missing)
  const result = method.run(orm, model, given, Array.isArray(ids) ? ids : [ids], context as Context)
  return name === 'create' && !Array.isArray(given.vals_list) ? (result as number[])[0] : result
}

/** Which method an `execute_kw` names, without reading the whole of it. */
export const methodNamed = (body: string): string | undefined =>
  /<methodName>execute_kw<\/methodName>\s*<params>(?:\s*<param>[\s\S]*?<\/param>){4}\s*<param>\s*<value>(?:<string>)?(\w+)/.exec(
    body,
  )?.[1]

export const accessDenied = (orm: Orm): SandboxAnswer =>
  xml(faultXml(new PythonError('odoo.exceptions.AccessDenied', 'Access Denied'), orm.major))
