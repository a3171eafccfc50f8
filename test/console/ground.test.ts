import t from 'tap'
import { Browser, PASSWORD, signedIn } from '../support/browser.ts'
import { operatorToken, startService } from '../support/service.ts'

t.test('who is not signed in is asked to, and comes to the page that was asked for', async (t) => {
  const service = await startService(t)
  const browser = await signedIn(service)
  await service.tenant('acme')
  t.match(await browser.get('/console/tenants'), { status: 200, html: /acme/ })
  const other = new Browser(service.url)
  const { status, location } = await other.get('/console/tenants?page=2')
  t.match({ status, location }, { status: 303, location: '/console/sign-in?to=%2Fconsole%2Ftenants%3Fpage%3D2' })
  await other.get(location ?? '')
  const done = await other.post('/console/sign-in', { name: 'ada', password: PASSWORD, to: '/console/tenants?page=2' })
  t.match(done, { status: 303, location: '/console/tenants?page=2' })
  const elsewhere = new Browser(service.url)
  await elsewhere.get('/console/sign-in')
  const kept = await elsewhere.post('/console/sign-in', { name: 'ada', password: PASSWORD, to: '//evil.example' })
  t.equal(kept.location, '/console', 'no other site')
})

t.test('a wrong password, a wrong name and a disabled account are told the same', async (t) => {
  const service = await startService(t)
  await signedIn(service)
  const said = async (name: string, password: string) => {
    const browser = new Browser(service.url)
    const { status, html } = await browser.signIn(name, password)
    t.equal(status, 401)
    t.notMatch(html, password)
    return /role="alert">(.*?)<\/div>/s.exec(html)?.[1]
  }
  const wrong = await said('ada', 'not the right password')
  t.match(wrong, /do not match/)
  t.equal(await said('eve', PASSWORD), wrong)
})

t.test('every unsafe request needs the token of its own session', async (t) => {
  const service = await startService(t)
  const ada = await signedIn(service)
  const eve = await signedIn(service, 'eve')
  const status = async (form: Record<string, string>, headers: Record<string, string> = {}) =>
    (await ada.post('/console/sign-out', form, headers)).status
  t.equal(await status({ _csrf: '' }), 403, 'none')
  t.equal(await status({ _csrf: 'x'.repeat(43) }), 403, 'a wrong one')
  t.equal(await status({ _csrf: eve.csrf }), 403, "another session's")
  t.equal(await status({}, { 'sec-fetch-site': 'cross-site' }), 403, 'from another site')
  t.equal(await status({}, { 'sec-fetch-site': 'same-site' }), 403, 'from a neighbour')
  t.equal(await status({}, { origin: 'https://evil.example' }), 403, 'from another origin')
  t.equal((await ada.get('/console/tenants')).status, 200, 'and nothing came of those')
  t.equal(await status({}, { origin: service.url, 'sec-fetch-site': 'same-origin' }), 303)
  t.equal((await ada.get('/console/tenants')).status, 303, 'signed out')
})

t.test('a session lets in to the operators API, for changes with its token alone', async (t) => {
  const service = await startService(t)
  const ada = await signedIn(service)
  await service.tenant('acme')
  const cookie = [...ada.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const path = `${service.url}/api/tenants/acme/connection`
  const status = async (method: string, headers: Record<string, string>) => (await fetch(path, { method, headers })).status
  t.equal(await status('GET', { cookie }), 409, 'let in: there is no connection')
  t.equal(await status('DELETE', { cookie }), 403)
  t.equal(await status('DELETE', { cookie, 'x-csrf-token': ada.csrf }), 409)
  t.equal(await status('GET', {}), 401)
  t.equal(await status('GET', { authorization: `Bearer ${await operatorToken()}` }), 409, 'a token still does')
})

t.test('pages are kept nowhere, framed nowhere, and run nothing but our own files', async (t) => {
  const service = await startService(t)
  const browser = await signedIn(service)
  for (const path of ['/console/tenants', '/console/sign-in', '/console/nowhere']) {
    const { headers, html } = await browser.get(path)
    t.equal(headers.get('cache-control'), 'no-store', path)
    const policy = headers.get('content-security-policy') ?? ''
    t.match(policy, /default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/)
    t.notMatch(policy, /unsafe/)
    t.notMatch(html, /<script(?! src="\/console\/assets\/)|<style| style="| on\w+="/)
  }
  const { html } = await browser.get('/console/tenants')
  const assets = [...html.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
  t.equal(assets.length, 4)
  for (const path of assets) {
    const { status, headers } = await new Browser(service.url).get(path.replaceAll('&#61;', '='))
    t.match([status, headers.get('cache-control')], [200, /immutable/], path)
  }
})
