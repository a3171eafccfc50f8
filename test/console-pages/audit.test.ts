import t from 'tap'
import { signedIn } from '../support/browser.ts'
import { startSandbox, startService } from '../support/service.ts'

t.test('the audit log is looked through by its filters', async (t) => {
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox: await startSandbox(t) })
  await service.tenant('globex')
  const ada = await signedIn(service)
  const create = { object: 'lead', fields: { name: 'Ada' }, idempotency_key: 'k1' }
  const { headers } = await service.post('/v1/crm/create-record', key, create)
  const requestId = headers.get('x-request-id') ?? ''
  const actions = async (query: string) => [
    ...new Set(
      [...(await ada.get(`/console/audit${query}`)).html.matchAll(/<td><code>([\w.]+)<\/code><\/td>/g)].map(
        ([, action]) => action,
      ),
    ),
  ]

  t.test('all rows of a call stand together under its request id', async (t) => {
    const { html } = await ada.get('/console/audit?tenant=acme&actor=api_key')
    t.match(html, new RegExp(`rowspan="2"><code class="id" title="${requestId}"`))
    t.match(html, /<td>outcome<\/td><td><span class="tag good">ok/)
    t.match(html, /fields: name/)
  })

  t.test('tenant, actor, action, code and time narrow it down', async (t) => {
    t.same(await actions('?actor=api_key'), ['create_record'])
    t.same(await actions('?tenant=globex'), ['api_key.created', 'tenant.created'])
    t.same(await actions('?action=operator.signed_in&code=ok'), ['operator.signed_in'])
    t.same(await actions('?to=2020-01-01T00:00'), [])
    t.same(await actions('?from=2120-01-01T00:00'), [])
    t.same(await actions('?from=2020-01-01T00:00&to=2120-01-01T00:00&actor=api_key'), ['create_record'])
    t.match((await ada.get('/console/audit?tenant=nobody')).html, /No row matches/)
    t.ok((await actions('?actor=anyone&from=never&before=x')).length > 2, 'what is no filter is none')
  })

  t.test('what is older is a page further, each row once', async (t) => {
    const insert = `insert into audit_log (actor_type, actor_id, tenant_id, action, request_id, phase)
      select 'system', 'test', 'globex', 'test.many', 'r' || n, 'intent' from generate_series(1, 250) n`
    await service.app.database.pool.query(insert)
    const seen: string[] = []
    let query = '?action=test.many'
    for (let pages = 0; pages < 3; pages += 1) {
      const { html } = await ada.get(`/console/audit${query}`)
      seen.push(...[...html.matchAll(/title="(r\d+)"/g)].map(([, id]) => id ?? ''))
      query = (/href="\/console\/audit(\?[^"]*)" rel="next"/.exec(html)?.[1] ?? '')
        .replaceAll('&#38;', '&')
        .replaceAll('&#61;', '=')
    }
    t.equal(query, '', 'the last page leads nowhere')
    t.equal(seen.length, 250)
    t.equal(new Set(seen).size, 250)
    t.equal(seen[0], 'r250')
  })

  t.test('the same filters, as CSV', async (t) => {
    const { html } = await ada.get('/console/audit?action=test.many')
    t.match(html, /href="\/console\/audit\.csv\?action&#61;test\.many"/)
    const { status, headers, html: csv } = await ada.get('/console/audit.csv?action=test.many')
    t.equal(status, 200)
    t.match(headers.get('content-type'), 'text/csv')
    t.match(headers.get('content-disposition'), 'attachment')
    const lines = csv.trim().split('\r\n')
    t.equal(lines.length, 251)
    t.match(lines[0], /^seq,at,actor_type/)
  })
})
