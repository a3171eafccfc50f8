import fc from 'fast-check'
import t from 'tap'
import { redactor } from '../../core/outbound/redact.ts'

const xml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const quoted = (text: string) => xml(text).replaceAll('"', '&quot;').replaceAll("'", '&#39;')
const numbered = (text: string) => [...text].map((one) => `&#x${one.codePointAt(0)?.toString(16)};`).join('')
const unicode = (text: string) =>
  text.replaceAll(/[^\x20-\x7e]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
const inJson = (text: string) => JSON.stringify(text).slice(1, -1)
const FORMS: Record<string, (text: string) => string> = {
  raw: (text) => text,
  JSON: inJson,
  'JSON of a careful writer': (text) => unicode(inJson(text)).replaceAll('/', '\\/'),
  XML: xml,
  'XML attribute': quoted,
  'XML by number': numbered,
  URL: encodeURIComponent,
  'URL, small letters': (text) => encodeURIComponent(text).replaceAll(/%../g, (one) => one.toLowerCase()),
  form: (text) => new URLSearchParams({ a: text }).toString().slice(2),
  base64: (text) => Buffer.from(text).toString('base64'),
}

t.test('a secret is taken out in whatever form it stands', async (t) => {
  const awkward = `p&ss<w>"o'r/d\\ ä\u{1f511}+1%`
  for (const [form, write] of Object.entries(FORMS))
    t.equal(redactor({ key: awkward })(`before ${write(awkward)} after`), 'before [secret] after', form)
})

t.test('no secret of any kind survives in any form', async () => {
  const secret = fc
    .string({ minLength: 4, maxLength: 30, unit: 'binary' })
    .filter((text) => text.isWellFormed() && text.trim() === text)
  fc.assert(
    fc.property(secret, fc.constantFrom(...Object.keys(FORMS)), (text, form) => {
      const written = FORMS[form]?.(text) ?? ''
      return redactor({ key: text })(`<${written}>`) === '<[secret]>'
    }),
    { numRuns: 500 },
  )
})

t.test('of secrets that hold each other nothing is left, and what is no secret stays', async (t) => {
  const redact = redactor({ a: 'tiger', b: 'tiger-lily', nested: { c: 'rose' }, empty: '', n: 5 })
  t.equal(redact('tiger-lily tiger rose daisy 5'), '[secret] [secret] [secret] daisy 5')
  t.equal(redactor({})('tiger'), 'tiger')
})
