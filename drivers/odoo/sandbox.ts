import { defineSandbox, type SandboxAnswer, type SandboxRequest } from '../../core/sandbox.ts'
import { modelOf } from './manifest.ts'
import { PythonError } from './sandbox-exceptions.ts'
import { answerJson, badKey, methodNotAllowed, notFound, refuseJson, serveJson2 } from './sandbox-json2.ts'
import { WRITES } from './sandbox-methods.ts'
import { FIRST_FREE } from './sandbox-models.ts'
import { Orm } from './sandbox-orm.ts'
import { accessDenied, createXmlrpc, methodNamed } from './sandbox-xmlrpc.ts'

const account = { database: 'vorel_crm', login: 'admin', apiKey: '0123456789abcdef0123456789abcdef01234567', uid: 2 }

/**
 * A fresh Odoo with the CRM app. Variants: `19` (JSON-2 and XML-RPC; unless told otherwise) and `14` (XML-RPC only), each also with `+leads`,
 * the setting under which new sales records are leads.
 */
export default defineSandbox((variant = '19') => {
  const major = variant.startsWith('14') ? 14 : 19
  const orm = new Orm(major, variant.endsWith('+leads') ? 'lead' : 'opportunity')
  const xmlrpc = createXmlrpc(orm, account)

  const json2 = (request: SandboxRequest): SandboxAnswer => {
    try {
      return serveJson2(orm, account.database, account.apiKey, request)
    } catch (error) {
      if (error instanceof PythonError) return refuseJson(error)
      throw error
    }
  }

  const isXmlrpc = ({ path }: SandboxRequest) => path.startsWith('/xmlrpc/2/')

  return {
    handle(request) {
      const { method, path, body } = request
      if (isXmlrpc(request)) return method === 'POST' ? xmlrpc(path.slice('/xmlrpc/2/'.length), body) : methodNotAllowed()
      if (major === 14) return notFound()
      if (path === '/web/version') return answerJson({ version_info: [19, 0, 0, 'final', 0, ''], version: '19.0' })
      return path.startsWith('/json/2/') ? json2(request) : notFound()
    },
    unauthorized: (request) => (isXmlrpc(request) ? accessDenied(orm) : refuseJson(badKey())),
    rateLimited: () => ({
      status: 429,
      headers: { 'retry-after': '1', 'content-type': 'text/html' },
      body: '<h1>Too Many Requests</h1>',
    }),
    isWrite: (request) => WRITES.has((isXmlrpc(request) ? methodNamed(request.body) : request.path.split('/').at(-1)) ?? ''),
    records: (object) => {
      const model = modelOf(object)
      return [...orm.table(model).values()].filter(({ id }) => Number(id) >= (FIRST_FREE[major][model] ?? 1))
    },
    settings: (url) => ({ url, database: account.database, username: account.login }),
    credentials: { api_key: account.apiKey },
  }
})
