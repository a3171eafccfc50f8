import t from 'tap'
import { mappingDesk } from '../mapping/desk.ts'
import { signedIn } from '../support/browser.ts'

const AREA = { name: 'x_area', title: 'Area', type: 'option', choices: [{ value: 'n', title: 'North' }] }
const SCORE = { name: 'score', title: 'Lead score', type: 'number', read_only: true, custom: false }
const BUDGET = { name: 'x_budget_max', title: 'Budget (maximum)', type: 'number' }
const PATH = '/console/tenants/acme/mapping/lead'

t.test('the mapping of an object, on its pages', async (t) => {
  const desk = await mappingDesk(t)
  const acme = await desk.tenant('acme')
  for (const column of [AREA, SCORE, BUDGET]) await acme.columns('POST', 'leads/columns', column)
  const ada = await signedIn(desk.service)
  const rows = async () =>
    (await acme.get('mappings')).body.mappings.map(({ slot, path }: Record<string, string>) => [slot, path])

  t.test('every slot stands with its field, mapped or usual', async (t) => {
    const { status, html } = await ada.get(PATH)
    t.equal(status, 200)
    t.match(html, /lead\.budget_max<\/code>\s*<span class="slot-field"><code>lead\.budget</, 'the usual place')
    t.match(await ada.get('/console/tenants/acme/mapping'), { status: 200, html: /Mapping of lead/ })
  })

  t.test('fields are picked by name or label, with what is to be known of them', async (t) => {
    const { html } = await ada.get(`${PATH}/fields?filter=area`, { 'hx-request': 'true' })
    t.match(html, /value="lead.x_area"/)
    t.match(html, /one of several options · the account&#39;s own · North/)
    t.notMatch(html, /lead\.score/)
    t.notMatch(html, /<main/, 'the list alone')
    t.match((await ada.get(`${PATH}/fields?filter=LEAD+SCORE`)).html, /value="lead.score"/, 'all words, whatever their case')
    t.match(
      (await ada.get(`${PATH}?slot=lead.area&filter=area`)).html,
      /type="radio" name="field" value="lead.x_area"/,
      'without script',
    )
  })

  t.test('a slot is mapped, by whoever is signed in', async (t) => {
    await ada.get(`${PATH}?slot=`)
    const saved = await ada.post(PATH, { slot: 'area', field: 'lead.x_area', direction: 'both' })
    t.match(saved, { status: 303, location: PATH })
    t.match((await ada.get(PATH)).html, /lead\.area is mapped: version 1/)
    t.same(await rows(), [['lead.area', 'lead.x_area']])
    const [audited] = await desk.ask("select actor_id, fields from audit_log where action = 'mapping.set' and phase = 'outcome'")
    t.match(audited, { actor_id: 'ada', fields: ['lead.area'] })
  })

  t.test('a refusal stands beside its row, with what was entered and the nearest fields', async (t) => {
    const { status, html } = await ada.post(PATH, { slot: 'lead.area', typed: 'lead.areas', direction: 'read' })
    t.equal(status, 422)
    t.match(
      html,
      /<li class="slot">\s*<code class="slot-name">lead\.area<.*?role="alert">[^<]*no field &#39;areas&#39;.*?<\/li>/s,
    )
    t.match(
      html,
      /Nearest to what was asked for<\/p><div class="picks near"><label class="pick">\s*<input type="radio" name="field" value="lead\.x_area"/,
    )
    t.match(html, /<option value="read" selected>/)
    t.match(await ada.post(PATH, { slot: 'lead.s', field: 'lead.score', direction: 'write' }), {
      status: 422,
      html: /be written/,
    })
    t.match(await ada.post(PATH, { slot: 'lead.s', field: 'lead.note', direction: 'sideways' }), {
      status: 400,
      html: /Nothing was changed/,
    })
    t.same(await rows(), [['lead.area', 'lead.x_area']], 'nothing came of it')
  })

  t.test('finding a field by its button changes nothing and keeps what was entered', async (t) => {
    const { status, html } = await ada.post(PATH, {
      slot: 'lead.new_one',
      filter: 'budget',
      act: 'find',
      direction: 'read',
      field: 'lead.note',
    })
    t.equal(status, 200)
    t.match(html, /value="lead\.new_one"/)
    t.match(html, /value="lead\.x_budget_max"/)
    t.same(await rows(), [['lead.area', 'lead.x_area']])
  })

  t.test('what is suggested is taken over by one button, or several as one version', async (t) => {
    const { html } = await ada.get(`${PATH}/suggestions`)
    t.match(html, /name="only" value="lead\.budget_maximum"/)
    t.match(await ada.post(`${PATH}/suggestions`, {}), { status: 400, html: /Nothing is ticked/ })
    t.match(await ada.post(`${PATH}/suggestions`, { only: 'lead.budget_maximum' }), { status: 303, location: PATH })
    t.same(await rows(), [
      ['lead.area', 'lead.x_area'],
      ['lead.budget_maximum', 'lead.x_budget_max'],
    ])
  })

  t.test('a dry run shows what would be sent, and sends nothing', async (t) => {
    const given = { 'lead.name': 'Ada', 'lead.area': 'north', 'lead.budget_maximum': 'much' }
    const { status, html } = await ada.post(`${PATH}/test`, given)
    t.equal(status, 200)
    t.match(html, /A create would be refused/)
    t.match(html, /needs a number/)
    const good = await ada.post(`${PATH}/test`, { ...given, 'lead.budget_maximum': '12' })
    t.match(good.html, /What would be sent/)
    t.match(good.html, /&#34;x_area&#34;: &#34;n&#34;/)
    t.match(good.html, /name="lead\.name" value="Ada"/, 'to be changed and tried again')
    t.same(acme.sandbox.records('lead'), [])
    const answers = [good, await ada.get(PATH)].map((page) => page.html).join()
    t.notMatch(answers, String(acme.sandbox.credentials.api_key))
  })

  t.test('versions show what each changed, and a restore first what it would', async (t) => {
    const { html } = await ada.get(`${PATH}/versions?from=1&to=2`)
    t.match(html, /<span class="tag good">added<\/span>\s*<code>lead\.budget_maximum/)
    t.match(
      (await ada.get(`${PATH}/versions?restore=1`)).html,
      /<span class="tag bad">removed<\/span>\s*<code>lead\.budget_maximum/,
    )
    t.equal((await rows()).length, 2, 'looked at, not done')
    t.match(await ada.post(`${PATH}/versions`, { version: '1' }), { status: 303 })
    t.same(await rows(), [['lead.area', 'lead.x_area']])
    t.match(await ada.post(`${PATH}/versions`, { version: '99' }), { status: 404, html: /has no version 99/ })
  })

  t.test('what the CRM changed is told beside the row, and accepted', async (t) => {
    await acme.columns('PATCH', 'leads/columns/x_area', { title: 'District' })
    t.match(await ada.post(`${PATH}/drift`, { act: 'check' }), { status: 303 })
    const { html } = await ada.get(PATH)
    t.match(html, /Left to do: 1/)
    t.match(html, /The CRM calls it &#39;District&#39; now/)
    t.match(html, /<li class="slot">\s*<code class="slot-name">lead\.area<.*?<span class="tag bad">renamed/s)
    t.match(await ada.post(`${PATH}/drift`, { act: 'accept' }), { status: 303 })
    t.match((await ada.get(PATH)).html, /as it was/)
  })

  t.test('a row is removed; where the CRM is away, its page still stands', async (t) => {
    await acme.sandbox.close()
    t.match(await ada.post(`${PATH}/remove`, { slot: 'lead.area' }), { status: 303 })
    t.same(await rows(), [])
    t.equal((await ada.get(PATH)).status, 200)
    t.match(await ada.post(`${PATH}/remove`, { slot: 'lead.area' }), {
      status: 400,
      html: /no mapping of lead\.area.*lead\.budget_max/s,
    })
    t.match(await ada.get(`${PATH}/suggestions`), { status: 503, html: /The CRM cannot be reached/ })
  })

  t.test('another tenant, another object: told, not shown', async (t) => {
    t.equal((await ada.get('/console/tenants/nobody/mapping')).status, 400)
    t.match(await ada.get('/console/tenants/acme/mapping/invoice'), { status: 422, html: /Objects: contact, lead/ })
  })
})
