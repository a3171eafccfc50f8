import { Readable } from 'node:stream'
import Deserializer from 'xmlrpc/lib/deserializer.js'
import { PythonError, repr } from './sandbox-exceptions.ts'
import type { Major } from './sandbox-models.ts'
import { Float } from './sandbox-values.ts'

/** Null: no XML-RPC call. */
export const readCall = (body: string): Promise<{ method: string; params: unknown[] } | null> =>
  new Promise((resolve) => {
    new Deserializer().deserializeMethodCall(Readable.from(Buffer.from(body), { objectMode: false }), (error, method, params) =>
      resolve(error || !method ? null : { method, params: params ?? [] }),
    )
  })

const escaped = (text: string, major: Major): string => {
  const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  // 14 sends them raw, which is no XML
  return major === 14 ? plain : plain.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')
}

/** As Python's xmlrpc.client lays it out. */
const toXml = (value: unknown, major: Major): string => {
  const wrap = (inner: string) => `<value>${inner}</value>\n`
  if (value instanceof Float) return wrap(`<double>${value}</double>`)
  if (typeof value === 'boolean') return wrap(`<boolean>${Number(value)}</boolean>`)
  if (typeof value === 'number') return wrap(Number.isInteger(value) ? `<int>${value}</int>` : `<double>${value}</double>`)
  if (typeof value === 'string') return wrap(`<string>${escaped(value, major)}</string>`)
  if (Array.isArray(value)) return wrap(`<array><data>\n${value.map((item) => toXml(item, major)).join('')}</data></array>`)
  if (value === null || value === undefined)
    throw new PythonError('TypeError', 'cannot marshal None unless allow_none is enabled')
  const members = Object.entries(value).map(
    ([name, inner]) => `<member>\n<name>${escaped(name, major)}</name>\n${toXml(inner, major)}</member>\n`,
  )
  return wrap(`<struct>\n${members.join('')}</struct>`)
}

const envelope = (inner: string, major: Major): string =>
  major === 14
    ? `<?xml version='1.0'?>\n<methodResponse>\n${inner}</methodResponse>\n`
    : `<?xml version="1.0"?>\n<methodResponse>\n${inner}\n</methodResponse>\n`

export const answerXml = (value: unknown, major: Major): string =>
  envelope(`<params>\n<param>\n${toXml(value, major)}</param>\n</params>\n`, major)

const CODES: Record<string, number> = {
  MissingError: 2,
  ValidationError: 2,
  UserError: 2,
  RedirectWarning: 2,
  AccessDenied: 3,
  AccessError: 4,
}

const TRACEBACK =
  'Traceback (most recent call last):\n  File "/usr/lib/python3/dist-packages/odoo/service/model.py", line 75, in call_kw\n    result = method(*args, **kwargs)\n'

export const faultXml = ({ type, message }: PythonError, major: Major): string => {
  const kind = type.split('.').at(-1) ?? ''
  if (kind === 'NotFound') {
    const model = /'(.*)'/.exec(message)?.[1]
    return fault(2, `Object ${model} doesn't exist`, major)
  }
  const code = CODES[kind] ?? 1
  return fault(code, code === 1 ? `${TRACEBACK}${type}: ${kind === 'KeyError' ? repr(message) : message}\n` : message, major)
}

const fault = (faultCode: number, faultString: string, major: Major): string =>
  envelope(`<fault>\n${toXml({ faultCode, faultString }, major)}</fault>\n`, major)
