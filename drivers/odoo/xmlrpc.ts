import CustomType from 'xmlrpc/lib/customtype.js'
import Deserializer, { type AnswerStream } from 'xmlrpc/lib/deserializer.js'
import { serializeMethodCall } from 'xmlrpc/lib/serializer.js'
import type { Call, Ctx } from './call.ts'
import { explainFault, unsendable } from './faults.ts'

/** The package breaks a CDATA section at the second `]]>` of a text; as escaped text it stays one. */
class EscapedText extends CustomType {
  override tagName = 'string'
}

/** The package writes whole numbers as `<int>`, the largest of them as `1e+21`, which is none. */
class Double extends CustomType {
  override tagName = 'double'
}
const MAX_INT = 2 ** 31 - 1

const escaped = (value: unknown): unknown => {
  if (typeof value === 'number' && Math.abs(value) > MAX_INT) return new Double(String(value))
  if (typeof value === 'string' && !value.isWellFormed()) throw unsendable() // half a character, which would become another
  if (typeof value === 'string') return value.includes(']]>') ? new EscapedText(value) : value
  if (Array.isArray(value)) return value.map(escaped)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, escaped(inner)]))
}

/** The serializer's own message would quote the value. */
const encode = (method: string, params: unknown[]): string => {
  try {
    return serializeMethodCall(method, params.map(escaped))
  } catch {
    throw unsendable()
  }
}

const isFault = (error: unknown): error is { faultCode: number; faultString: string } =>
  error instanceof Error &&
  'faultCode' in error &&
  typeof error.faultCode === 'number' &&
  'faultString' in error &&
  typeof error.faultString === 'string'

/** Stands for a stream and gives all at once, so that what the package throws is caught: from a real one it would end the process. */
const atOnce = (body: Buffer): AnswerStream => ({
  setEncoding: () => undefined,
  on: () => undefined,
  pipe: (parser) => parser.end(body),
})

const deserialize = (body: Buffer): { error?: unknown; value?: unknown } => {
  let answer = {}
  try {
    new Deserializer().deserializeMethodResponse(atOnce(body), (error, value) => {
      answer = error ? { error } : { value }
    })
    return answer
  } catch (error) {
    return { error }
  }
}

/** A method's value. A fault is thrown by our codes; what is no XML-RPC gives undefined, which no shape takes. */
export const decodeAnswer = (body: Buffer): unknown => {
  const { error, value } = deserialize(body)
  if (isFault(error)) throw explainFault(exceptionOf(error.faultCode, error.faultString))
  return value
}

/** Faults carry a number and a text: the class is in a traceback's last headline, or has to be told from the text. */
export const exceptionOf = (code: number, text: string): { name: string; message: string } => {
  if (code === 3) return { name: 'AccessDenied', message: text }
  if (code === 4) return { name: 'AccessError', message: text }
  if (code === 1) return lastException(text)
  if (/\b[a-z_]+(\.[a-z_]+)+\('?\d/.test(text)) return { name: 'MissingError', message: text }
  if (/^Object [\w.]+ doesn't exist$/.test(text)) return { name: 'NotFound', message: text }
  return { name: 'ValidationError', message: text }
}

const lastException = (traceback: string): { name: string; message: string } => {
  const headline = [...traceback.matchAll(/^((?:[a-z_]\w*\.)+\w+|\w*(?:Error|Exception|Warning)): ?(.*)$/gm)].at(-1)
  return headline ? { name: headline[1] ?? '', message: headline[2] ?? '' } : { name: '', message: '' }
}

export const xmlrpc = async (ctx: Ctx, service: 'common' | 'object', method: string, params: unknown[], isRead: boolean) => {
  const { body } = await ctx.http.raw({
    method: 'POST',
    path: `/xmlrpc/2/${service}`,
    headers: { 'content-type': 'text/xml' },
    body: encode(method, params),
    isRead,
  })
  return decodeAnswer(body)
}

export const callXmlrpc = (ctx: Ctx, uid: number, { model, method, ids, args = {}, options = {}, isRead }: Call) => {
  const positional = [...(ids ? [ids] : []), ...Object.values(args)]
  const params = [ctx.settings.database, uid, ctx.credentials.api_key, model, method, positional, options]
  return xmlrpc(ctx, 'object', 'execute_kw', params, isRead === true)
}
