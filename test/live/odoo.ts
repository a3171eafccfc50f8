import type { Test } from 'tap'
import { createOutbound } from '../../core/outbound/context.ts'
import { Deadline } from '../../core/outbound/deadline.ts'
import { createTransport } from '../../core/outbound/transport.ts'
import odoo from '../../drivers/odoo/driver.ts'
import { noRenewal } from '../support/sign-in.ts'

/** A real server, as `{"url", "database", "username", "api_key"}`; what tests create there they delete again. */
const given = process.env.VOREL_ODOO
export const skip = given ? false : 'set VOREL_ODOO to the address and key of a test server'
const { api_key = '', ...settings } = JSON.parse(given ?? '{}') as Record<string, string>
const silent = { debug: () => undefined, warn: () => undefined }

/** Contexts for calls of the driver to that server, in the dialect named. */
export const connect = async (t: Test, api?: string) => {
  const outbound = createOutbound({
    transport: createTransport({ allowAddresses: ['127.0.0.0/8'] }),
    endpoints: {},
    renewer: noRenewal,
  })
  t.teardown(() => outbound.close())
  let facts: Record<string, string> = {}
  const call = (changes: Record<string, string> = {}) => {
    const deadline = new Deadline(20_000)
    t.teardown(() => deadline.done())
    const values = { ...settings, api_key, ...changes }
    const connection = {
      id: 'live',
      provider: 'odoo',
      version: 1,
      tenant: { id: 't', region: 'US' },
      settings: values,
      credentials: values,
      facts,
    }
    return outbound.context(odoo, connection, { deadline, log: silent })
  }
  const tested = await odoo.testConnection(call())
  t.match(tested, { ok: true })
  if (tested.ok) facts = { ...tested.facts, ...(api && { api }) }
  return call
}

/** What an administrator does there beside us, by JSON-2. */
export const ask = async <T>(model: string, method: string, body: object): Promise<T> => {
  const answer = await fetch(`${settings.url}/json/2/${model}/${method}`, {
    method: 'POST',
    headers: {
      authorization: `bearer ${api_key}`,
      'x-odoo-database': settings.database ?? '',
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${model}.${method}: HTTP ${answer.status}`)
  return (await answer.json()) as T
}
