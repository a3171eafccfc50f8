import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { VorelError } from '../../core/driver.ts'
import type { Call, Ctx, Odoo } from './call.ts'
import { notOdoo } from './faults.ts'
import { callJson2, parsed } from './json2.ts'
import { callXmlrpc, xmlrpc } from './xmlrpc.ts'

const JSON2_SINCE = 19

const WebVersion = Type.Object({ version: Type.String(), version_info: Type.Array(Type.Unknown()) })
const RpcVersion = Type.Object({ server_version: Type.String(), server_version_info: Type.Array(Type.Unknown()) })
const Uid = Type.Union([Type.Integer({ minimum: 1 }), Type.Literal(false)])

export interface Server {
  api: 'json2' | 'xmlrpc'
  version: string
}

/** The first number of it: hosted servers call themselves such as `saas~18.2`. */
export const majorOf = (version: string): number => Number.parseInt(version.replace(/^\D+/, ''), 10) || 0

/** What the server says of itself. Servers before 19 have no `/web/version`, and some proxies hide it. */
export const askServer = async (ctx: Ctx): Promise<Server> => {
  const version = (await webVersion(ctx)) ?? (await rpcVersion(ctx))
  return { api: majorOf(version) >= JSON2_SINCE ? 'json2' : 'xmlrpc', version }
}

const webVersion = async ({ http }: Ctx): Promise<string | null> => {
  try {
    const { body } = await http.raw({ method: 'GET', path: '/web/version', isRead: true })
    const answer = parsed(body)
    return answer === undefined ? null : versionIn(http.decode(WebVersion, answer))
  } catch (error) {
    if (error instanceof VorelError && error.code === 'auth_error') return null
    throw error
  }
}

const versionIn = ({ version, version_info: [first] }: Static<typeof WebVersion>): string =>
  majorOf(version) > 0 ? version : String(first)

const rpcVersion = async (ctx: Ctx): Promise<string> => {
  const answer = await xmlrpc(ctx, 'common', 'version', [], true)
  if (!Value.Check(RpcVersion, answer)) throw notOdoo()
  return versionIn({ version: answer.server_version, version_info: answer.server_version_info })
}

export const authenticate = async (ctx: Ctx): Promise<number> => {
  const { database, username } = ctx.settings
  const answer = await xmlrpc(ctx, 'common', 'authenticate', [database, username, ctx.credentials.api_key, {}], true)
  const uid = ctx.http.decode(Uid, answer)
  if (uid !== false) return uid
  throw new VorelError(
    'auth_error',
    'Odoo refused this user with this API key. Check both; after several failures Odoo refuses right keys too, for a minute.',
  )
}

/** In English, so that refusals can be told apart; `load` says itself in which context it runs. */
const spoken = (call: Call): Call =>
  call.method === 'load' ? call : { ...call, options: { ...call.options, context: { lang: 'en_US' } } }

/** The way to call methods there: by what `testConnection` found out, or found out now. */
export const openOdoo = async (ctx: Ctx): Promise<Odoo> => {
  const { api, version } = ctx.facts.api && ctx.facts.version ? (ctx.facts as unknown as Server) : await askServer(ctx)
  if (api === 'json2') return { version, run: async (call, shape) => ctx.http.decode(shape, await callJson2(ctx, spoken(call))) }
  const uid = Number(ctx.facts.uid) || (await authenticate(ctx))
  return { version, run: async (call, shape) => ctx.http.decode(shape, await callXmlrpc(ctx, uid, spoken(call))) }
}
