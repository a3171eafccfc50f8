import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import t from 'tap'
import { mappingDesk } from '../mapping/desk.ts'
import { signedIn } from '../support/browser.ts'
import { faultsIn, HOSTILE, textOf } from './hostile.ts'

const [script, breaker, address, handler, template, svg, title, comment] = HOSTILE as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
]
const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
const FIELD = `x">${handler.replaceAll(' ', '/')}`
/** Enough of a label to be suggested. */
const LABEL = 'Referral <b>partner</b>'

t.test('what others wrote is text on every page', async (t) => {
  const desk = await mappingDesk(t)
  const acme = await desk.tenant('acme')
  const choices = HOSTILE.map((title, at) => ({ value: `${at}${title}`, title }))
  await acme.columns('POST', 'leads/columns', { name: FIELD, title: script, type: 'option', choices })
  await acme.columns('POST', 'leads/columns', { name: 'x_second', title: svg, type: 'string' })
  await acme.columns('POST', 'leads/columns', { name: 'x_third', title: LABEL, type: 'string' })
  const ada = await signedIn(desk.service)
  const lead = '/console/tenants/acme/mapping/lead'
  await ada.get(lead)
  t.equal((await ada.post(lead, { slot: 'lead.area', field: `lead.${FIELD}` })).status, 303)
  for (const [statement, ...values] of stored()) await desk.ask(statement as string, ...values)

  const pages: [path: string, form: Record<string, string> | null, ...shown: string[]][] = [
    ['/console/tenants', null, script],
    [lead, null, script, svg, breaker],
    [`${lead}?slot=lead.area`, null, script, choices[0]?.title ?? ''],
    [`${lead}?slot=${encodeURIComponent(`lead.${breaker}`)}&filter=${encodeURIComponent(title)}`, null, breaker, title],
    [`${lead}/fields?filter=x`, null, script, svg],
    [`${lead}/suggestions`, null, LABEL],
    [`${lead}/test`, { 'lead.name': breaker, 'lead.area': handler, 'lead.note': title }, breaker, handler, title],
    [`${lead}/versions?from=0&to=2`, null, template, comment],
    [`${lead}/versions?restore=1`, null, comment],
    [lead, { slot: `lead.${address}`, typed: `lead.${breaker}` }, address],
    [lead, { slot: 'lead.other', typed: `lead.${svg.replaceAll(' ', '/')}` }, svg.replaceAll(' ', '/')],
    [`${lead}/remove`, { slot: `lead.${svg.replaceAll(' ', '/')}` }, svg.replaceAll(' ', '/')],
    ['/console/tenants/acme/keys', null, script],
    ['/console/tenants/acme/keys', { scopes: script }, script],
    ['/console/audit', null, ...HOSTILE],
    [`/console/audit?tenant=${encodeURIComponent(breaker)}&action=${encodeURIComponent(title)}`, null, breaker, title],
    ['/console/operations', null, svg, title],
    [`/console/operations/acme/${encodeURIComponent(svg)}`, null, svg, title, breaker],
    [`/console/operations/acme/${encodeURIComponent(svg)}/adopt`, { external_id: '', object: breaker }, breaker],
    ['/console/providers', null, template],
    ['/console/providers/memory/switch?on=false', null, script],
  ]
  const documents: string[] = []
  for (const [path, form, ...shown] of pages)
    await t.test(`${form ? 'POST' : 'GET'} ${path}`, async (t) => {
      const { html, status } = form ? await ada.post(path, form) : await ada.get(path)
      t.not(status, 303)
      t.not(status, 500)
      t.same(faultsIn(html), [])
      for (const text of shown) t.ok(textOf(html).includes(text), `as text: ${text}`)
      documents.push(html)
    })

  await t.test(
    'a browser makes no element, attribute or address of it',
    { skip: !existsSync(CHROMIUM) && 'no Chromium' },
    async (t) => {
      const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
      t.teardown(() => browser.close())
      const page = await browser.newPage()
      for (const html of documents) t.same(await page.evaluate(FOREIGN, html), [])
      t.strictSame(await page.evaluate(FOREIGN, `<p>${handler}</p>`), ['img', 'img src', 'img onerror'], 'it would be seen')
    },
  )
})

/** Elements, attributes and addresses in a document that no page of ours has. */
const FOREIGN = (html: string): string[] => {
  const { DOMParser: Parser } = globalThis as unknown as { DOMParser: new () => { parseFromString(a: string, b: string): Tree } }
  const all = [...new Parser().parseFromString(html, 'text/html').querySelectorAll('*')]
  const isOurs = (value: string) => /^(\/console|https?:\/\/|#|$)/.test(value)
  return all.flatMap((element) => {
    const name = element.localName
    const isScript = name === 'script' && !element.getAttribute('src')?.startsWith('/console/assets/')
    const foreign = ['img', 'svg', 'iframe', 'object', 'embed', 'base', 'style', 'math', 'template'].includes(name) || isScript
    const attributes = [...element.attributes].filter(
      ({ name, value }) =>
        name.startsWith('on') ||
        name.includes('<') ||
        name.includes('"') ||
        (['href', 'src', 'action', 'formaction'].includes(name) && !isOurs(value)),
    )
    return [...(foreign ? [name] : []), ...attributes.map((attribute) => `${name} ${attribute.name}`)]
  })
}

interface Tree {
  querySelectorAll(
    selector: string,
  ): { localName: string; getAttribute(name: string): string | null; attributes: { name: string; value: string }[] }[]
}

/** Whatever of it stands in the database, whoever wrote it there. */
function* stored(): Generator<unknown[]> {
  yield ['update tenant set name = $1', script]
  const drift = HOSTILE.map((text) => ({
    kind: 'renamed',
    field: `lead.${text}`,
    slot: 'lead.area',
    detail: text,
    since: '2026-01-01T00:00:00Z',
  }))
  yield [
    "update connection set account = $1, status_reason = $2, drift = $3 where tenant_id = 'acme'",
    handler,
    svg,
    JSON.stringify(drift),
  ]
  yield ['update api_key set prefix = $1, scopes = array[$1]', script]
  const row = {
    slot: `lead.${comment}`,
    path: `lead.${template}`,
    type: 'string',
    options: null,
    direction: 'both',
    label: title,
  }
  yield [
    "insert into mapping_version (tenant_id, provider, version, rows, change, actor_type, actor_id) values ('acme', 'memory', 2, $1, $2, 'system', $3)",
    JSON.stringify([row]),
    template,
    comment,
  ]
  yield [
    `insert into crm_operation (tenant_id, idempotency_key, fingerprint, reference, provider, object, state, lease_until, error_code)
     values ('acme', $1, '\\x00', $2, 'memory', $3, 'outcome_unknown', now(), $2)`,
    svg,
    title,
    breaker,
  ]
  yield ["insert into provider_switch (provider, is_on, changed_by) values ('memory', true, $1)", template]
  for (const text of HOSTILE)
    yield [
      `insert into audit_log (actor_type, actor_id, tenant_id, action, provider, object, external_id, request_id, conversation_id, phase, code, fields)
       values ('tool', $1, $1, $1, $1, $1, $1, $1, $1, 'outcome', $1, array[$1])`,
      text,
    ]
}
