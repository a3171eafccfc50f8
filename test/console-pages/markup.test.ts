import { readFileSync } from 'node:fs'
import t from 'tap'
import { asMarkup, linkOut, markup } from '../../plugins/console/markup.ts'
import { sourcesUnder } from '../support/sources.ts'

t.test('what is no markup is escaped, in text and in attributes', async (t) => {
  const hostile = `</title><script>alert("1")</script>'&\``
  const text = String(markup`<p title="${hostile}">${hostile}</p>`)
  t.notMatch(text.slice(text.indexOf('>') + 1, -4), /[<>"']/)
  t.equal(text.match(/</g)?.length, 2)
  t.equal(String(markup`<b>${'a\0b'}</b>`), '<b>a\u{FFFD}b</b>')
  t.equal(String(markup`${[`<i>`, markup`<b></b>`]}`), '&#60;i&#62;<b></b>', 'in lists as well')
})

t.test('a mark of emphasis before a value does not open the door', async (t) => {
  t.equal(String(markup`<p>Careful!${'<b>'}</p>`), '<p>Careful!&#60;b&#62;</p>')
})

t.test('markup among the values stays, and nothing stands for what is not there', async (t) => {
  t.equal(String(markup`<p>${markup`<b>${'<'}</b>`}${null}${undefined}${false}${0}</p>`), '<p><b>&#60;</b>0</p>')
  t.equal(String(markup`${asMarkup('<hr>')}`), '<hr>')
  const forged = JSON.parse('{"text":"<script>"}')
  t.notMatch(String(markup`${forged}`), /</, 'an object that looks like it is none')
})

t.test('only addresses of the web become links', async (t) => {
  t.match(String(linkOut('https://crm.example/1', 'one')), /^<a href="https:\/\/crm\.example\/1" rel="noreferrer noopener"/)
  for (const address of [
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,x',
    '//evil.example',
    'https://a b',
    null,
  ])
    t.equal(String(linkOut(address, 'one')), 'one')
})

t.test('raw HTML is joined in one place, and its door is opened for the ground alone', async (t) => {
  const sources = sourcesUnder('plugins').filter(({ path }) => path.startsWith('plugins/console/'))
  t.ok(sources.length > 10)
  const usesMarkup = sources.filter(({ imports }) => imports.includes('plugins/console/markup.ts'))
  t.ok(usesMarkup.length > 10)
  for (const { path } of usesMarkup) {
    const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
    t.notMatch(text, /\bhtml`|!\$\{/, `${path} speaks in markup`)
    if (path !== 'plugins/console/visit.ts') t.notMatch(text, /asMarkup/, `${path} makes none of its own`)
  }
})
