import t from 'tap'
import { isSignedBy } from '../../core/erasure/certificate.ts'
import { openDesk } from '../erasure/desk.ts'
import { signedIn } from '../support/browser.ts'
import { faultsIn, HOSTILE, textOf } from './hostile.ts'

const ADA = { name: 'Ada Lovelace', phone: '(415) 555-0100', email: 'ada@example.test' }
const SURE = { sure: 'yes' }

t.test('a person is forgotten from the console', async (t) => {
  const { service, sandbox, create, until } = await openDesk(t)
  const { app } = service
  const ada = await signedIn(service)
  await create('ada-1', ADA)
  const begin = async (form: Record<string, string>) => {
    await ada.get('/console/erasures')
    const { location } = await ada.post('/console/erasures', { tenant: 'acme', ...SURE, ...form })
    return location ?? ''
  }

  t.test('it has to be said that it was asked for, and of whom', async (t) => {
    await ada.get('/console/erasures')
    const asked = (form: Record<string, string>) => ada.post('/console/erasures', form)
    t.match(await asked({ tenant: 'acme', email: ADA.email }), { status: 400, html: /Say that the person or the tenant asked/ })
    t.match(await asked({ tenant: 'acme', ...SURE }), { status: 400, html: /Name the person by phone/ })
    t.match(await asked({ tenant: 'nobody', email: ADA.email, ...SURE }), { status: 400, html: /no tenant &#39;nobody&#39;/ })
    t.equal(sandbox.records('contact').length, 1)
  })

  t.test('its page follows it to the certificate, which is signed and names nobody', async (t) => {
    const path = await begin({ email: ADA.email })
    const id = path.slice('/console/erasures/'.length)
    await until(id, 'done')
    t.equal(sandbox.records('contact').length, 0)
    const { html } = await ada.get(path)
    t.match(html, /<progress id="settled" max="1" value="1">/)
    t.match(html, /tag good">deleted/)
    t.notMatch(html, /hx-trigger/, 'what is over is not asked for again')
    t.notMatch(html, ADA.email)
    const { headers, html: json } = await ada.get(`${path}/certificate.json`)
    t.match(headers.get('content-disposition'), `attachment; filename="erasure-${id}.json"`)
    t.ok(isSignedBy(app.pipeline.signingKey.publicKey, JSON.parse(json)))
    t.match(JSON.parse(json), { certificate: { erasure_id: id, requested_by: { id: 'ada' } } })
    t.notMatch((await ada.get('/console/erasures')).html, ADA.email, 'nor does the list')
  })

  t.test('what the CRM cannot delete waits for a person, who says in two steps that it is done', async (t) => {
    await create('ada-2', ADA)
    await app.database.pool.query("update connection set status = 'reauth_required' where tenant_id = 'acme'")
    const path = await begin({ phone: ADA.phone })
    const { targets } = await until(path.slice('/console/erasures/'.length), 'waiting')
    const { html } = await ada.get('/console/erasures')
    t.match(html, /Erasures <span class="badge">\d+<span class="hidden"> waiting/)
    t.match(html, /Waiting for you/)
    t.match((await ada.get(path)).html, /needs you/)
    t.match(await ada.get(`${path}/certificate.json`), { status: 404 })
    for (const { n } of targets) {
      t.match(await ada.get(`${path}/targets/${n}`), { status: 200, html: /I did this, and looked/ })
      t.match(await ada.post(`${path}/targets/${n}`, {}), { status: 400, html: /and say that you did/ })
      t.match(await ada.post(`${path}/targets/${n}`, SURE), { status: 303, location: path })
    }
    await until(path.slice('/console/erasures/'.length), 'done')
    t.match((await ada.get(path)).html, /done by ada/)
    t.equal((await ada.post(`${path}/targets/1`, SURE)).status, 404, 'once')
  })

  t.test('what waits is tried again', async (t) => {
    await create('ada-3', ADA)
    const path = await begin({ email: ADA.email })
    await until(path.slice('/console/erasures/'.length), 'waiting')
    await app.database.pool.query("update connection set status = 'active' where tenant_id = 'acme'")
    await ada.get(path)
    t.match(await ada.post(`${path}/retry`), { status: 303, location: path })
    await until(path.slice('/console/erasures/'.length), 'done')
  })

  t.test('ids that are none are told so', async (t) => {
    for (const path of ['/console/erasures/1', '/console/erasures/00000000-0000-0000-0000-000000000000/certificate.json'])
      t.equal((await ada.get(path)).status, 404)
  })

  t.test('what a driver says is text', async (t) => {
    const text = HOSTILE.join(' ')
    await app.database.pool.query("update erasure_target set state = 'failed', detail = $1, reason = $1, resolved_by = $1", [
      text,
    ])
    const { html } = await ada.get('/console/erasures')
    const [, id = ''] = /href="(\/console\/erasures\/[0-9a-f-]{36})"/.exec(html) ?? []
    for (const path of ['/console/erasures', id, `${id}/targets/1`, `/console/erasures?tenant=${encodeURIComponent(text)}`]) {
      const page = await ada.get(path)
      t.same(faultsIn(page.html), [], path)
      t.ok(textOf(page.html).includes(text), path)
    }
  })
})
