import t from 'tap'
import { signInDesk } from '../routes/sign-in-desk.ts'
import { PASSWORD, signedIn } from '../support/browser.ts'
import { startSandbox } from '../support/service.ts'
import { hasChromium, isTooWide, obstacles, openWindow, picture, startChromium } from './chromium.ts'
import { aDayOfCalls, addTenant, consent, signIn } from './operator.ts'

const skip = !hasChromium && 'needs Chromium at /usr/bin/chromium or CHROMIUM_PATH'

t.test('an operator adds two tenants and connects each, one by a form and one by a sign-in', { skip }, async (t) => {
  const { service } = await signInDesk(t, { logLevel: 'silent' })
  const sandbox = await startSandbox(t)
  await signedIn(service)
  const { page, complaints } = await openWindow(await startChromium(t), { viewport: { width: 1280, height: 800 } })
  await signIn(page, service.url)

  await addTenant(page, 'harbour', 'Harbour Homes')
  await picture(page, 'choose-1280')
  await page.getByRole('link', { name: 'Choose In-memory CRM' }).click()
  await page.getByLabel('Address').fill(String(sandbox.settings.url))
  await page.getByLabel('API key').fill('not the key')
  await page.getByRole('button', { name: 'Test and activate' }).click()
  await page.getByRole('alert').waitFor()
  t.match(await page.getByRole('alert').innerText(), /refused our credentials/)
  t.equal(await page.getByLabel('API key').inputValue(), '', 'the secret is typed again')
  t.equal(await page.getByLabel('Address').inputValue(), sandbox.settings.url, 'the rest is not')
  await picture(page, 'refused-1280')
  await page.getByLabel('API key').fill(String(sandbox.credentials.api_key))
  await page.getByRole('button', { name: 'Test and activate' }).click()
  await page.getByText('The test passed').waitFor()
  await aDayOfCalls(service, 'harbour')
  await page.reload()
  await picture(page, 'connection-1280')
  t.same(await obstacles(page), [])

  await page.getByRole('link', { name: 'Tenants' }).first().click()
  await addTenant(page, 'lamp', 'Lamp & Light')
  await page.getByRole('link', { name: 'Choose Lantern' }).click()
  await page.getByLabel('Shop').fill('corner')
  await page.getByRole('button', { name: /^Sign in at/ }).click()
  await page.getByText('Waiting for the sign-in').waitFor()
  await picture(page, 'sign-in-1280')
  await consent(page)
  await page.getByRole('link', { name: 'See the connection' }).click()
  t.match(await page.locator('main').innerText(), /Active/)
  t.same(complaints, [])
})

for (const { name, width, colorScheme } of [
  { name: '375', width: 375, colorScheme: 'light' },
  { name: '375-dark', width: 375, colorScheme: 'dark' },
  { name: '1280-dark', width: 1280, colorScheme: 'dark' },
] as const)
  t.test(`every page can be used by everybody at ${name}`, { skip }, async (t) => {
    const { service } = await signInDesk(t, { logLevel: 'silent' })
    const sandbox = await startSandbox(t)
    await service.tenant('harbour', { sandbox })
    await aDayOfCalls(service, 'harbour')
    await signedIn(service)
    const { page, complaints } = await openWindow(await startChromium(t), { viewport: { width, height: 800 }, colorScheme })
    await page.goto(`${service.url}/console/sign-in`)
    await picture(page, `sign-in-page-${name}`)
    t.same(await obstacles(page), [], 'the sign-in')
    await signIn(page, service.url)
    for (const path of [
      'tenants',
      'tenants/harbour',
      'tenants/harbour/connect',
      'tenants/harbour/connect/memory',
      'tenants/harbour/disconnect',
      'new-tenant',
      'nowhere',
    ]) {
      await page.goto(`${service.url}/console/${path}`)
      await picture(page, `${path.replaceAll('/', '-')}-${name}`)
      t.same(await obstacles(page), [], path)
      t.notOk(await isTooWide(page), `${path} is not wider than its window`)
    }
    t.same(complaints, [])
  })

t.test('a keyboard is enough', { skip }, async (t) => {
  const { service } = await signInDesk(t, { logLevel: 'silent' })
  const sandbox = await startSandbox(t)
  await service.tenant('harbour', { sandbox })
  await signedIn(service)
  const { page } = await openWindow(await startChromium(t), { viewport: { width: 1280, height: 800 } })
  const { keyboard } = page
  const focused = () => page.evaluate<string>('document.activeElement.textContent.trim()')
  const tabTo = async (text: string) => {
    for (let turn = 0; turn < 40; turn += 1) {
      if ((await focused()) === text) return
      await keyboard.press('Tab')
    }
    throw new Error(`No way to '${text}' by the keyboard`)
  }
  await page.goto(`${service.url}/console/sign-in`)
  await keyboard.type('ada')
  await keyboard.press('Tab')
  await keyboard.type(PASSWORD)
  await keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Tenants' }).waitFor()
  await keyboard.press('Tab')
  t.equal(await focused(), 'Skip to the content')
  await tabTo('harbour')
  await keyboard.press('Enter')
  await page.getByRole('link', { name: 'Disconnect' }).waitFor()
  await tabTo('Disconnect')
  await keyboard.press('Enter')
  await page.getByRole('button', { name: 'Disconnect' }).waitFor()
  await tabTo('Disconnect')
  await keyboard.press('Enter')
  await page.getByText('Disconnected.').waitFor()
})
