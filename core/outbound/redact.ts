const NAMED: Record<string, string[]> = {
  '&': ['&amp;'],
  '<': ['&lt;'],
  '>': ['&gt;'],
  '"': ['&quot;', '\\"'],
  "'": ['&apos;'],
  '/': ['\\/'],
  '\\': ['\\\\'],
  ' ': ['+'],
  '\n': ['\\n'],
  '\r': ['\\r'],
  '\t': ['\\t'],
  '\f': ['\\f'],
  '\b': ['\\b'],
}
const HIDDEN = '[secret]'

const hex = (code: number): string => code.toString(16)
const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
const anyCase = (digits: string): string => digits.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)

/** A character in every form that JSON, XML or a URL may have it in. */
const formsOf = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  const bytes = [...Buffer.from(character)].map((byte) => `%${anyCase(hex(byte).padStart(2, '0'))}`).join('')
  const units = Array.from(
    { length: character.length },
    (_, at) => `\\\\u${anyCase(hex(character.charCodeAt(at)).padStart(4, '0'))}`,
  ).join('')
  const numbered = [`&#0*${code};`, `&#[xX]0*${anyCase(hex(code))};`]
  const named = [...(NAMED[character] ?? []), character].map(escaped)
  // The character itself last: it may begin its other forms.
  return `(?:${[bytes, units, ...numbered, ...named].join('|')})`
}

/** All texts in there, at any depth. */
const textsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return value === '' ? [] : [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** Takes every secret out of a text, however it is written there, also as base64. */
export const redactor = (credentials: Record<string, unknown>): ((text: string) => string) => {
  const secrets = textsIn(credentials).flatMap((secret) => [secret, Buffer.from(secret).toString('base64')])
  const longest = [...new Set(secrets)].sort((a, b) => b.length - a.length)
  if (longest.length === 0) return (text) => text
  const all = new RegExp(longest.map((secret) => [...secret].map(formsOf).join('')).join('|'), 'gu')
  return (text) => text.replaceAll(all, HIDDEN)
}
