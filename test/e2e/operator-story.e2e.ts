import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { isSignedBy } from '../../core/erasure/certificate.ts'
import hubspotSandbox from '../../drivers/hubspot/sandbox.ts'
import mindbodySandbox from '../../drivers/mindbody/sandbox.ts'
import odooSandbox from '../../drivers/odoo/sandbox.ts'
import { signedIn } from '../support/browser.ts'
import { waysTo } from '../support/connect-as.ts'
import { freePort } from '../support/port.ts'
import { startSandbox, startService } from '../support/service.ts'
import { hasChromium, isTooWide, obstacles, openWindow, picture, startChromium } from './chromium.ts'
import { aDayOfCalls, addTenant, consent, signIn } from './operator.ts'

const skip = !hasChromium && 'needs Chromium at /usr/bin/chromium or CHROMIUM_PATH'
const WIDE = { viewport: { width: 1280, height: 800 } }
const ADA = { name: 'Ada Lovelace', phone: '+14155550100', email: 'ada@example.test' }
const GRACE = { first_name: 'Grace', last_name: 'Hopper', phone: '+14155550111', email: 'grace@example.test' }

/** A service with the real drivers, each provider's place taken by its sandbox, and one tenant that is connected already. */
const openHouse = async (t: Test) => {
  const [hubspot, odoo, mindbody, port] = await Promise.all([
    startSandbox(t, hubspotSandbox),
    startSandbox(t, odooSandbox),
    startSandbox(t, mindbodySandbox),
    freePort(),
  ])
  const service = await startService(t, { port, publicUrl: `http://127.0.0.1:${port}`, ...waysTo({ hubspot, mindbody }) })
  const studioKey = await service.tenant('studio', { provider: 'mindbody', sandbox: mindbody })
  return { service, hubspot, odoo, mindbody, studioKey }
}

t.test(
  'a day of an operator: two CRMs connected, one mapped and called, one person forgotten, one left to somebody',
  { skip },
  async (t) => {
    const { service, hubspot, odoo, mindbody, studioKey } = await openHouse(t)
    await signedIn(service)
    const { page, complaints } = await openWindow(await startChromium(t), WIDE)
    const look = async (name: string, at: Page = page) => {
      await picture(at, `story-${name}`)
      t.same(await obstacles(at), [], `${name}: nothing in anybody's way`)
      t.notOk(await isTooWide(at), `${name} is not wider than its window`)
    }
    const home = () => page.getByRole('link', { name: 'Tenants', exact: true }).first().click()
    const create = async (key: string, object: string, fields: Record<string, unknown>) => {
      const answer = await service.post('/v1/crm/create-record', key, { object, fields, idempotency_key: `${object}-1` })
      t.equal(answer.status, 201, JSON.stringify(answer.body))
      return answer
    }
    await signIn(page, service.url)
    await look('tenants')

    await t.test('HubSpot is connected by a sign-in there', async (t) => {
      await addTenant(page, 'harbour', 'Harbour Homes')
      await look('choose')
      await page.getByRole('link', { name: 'Choose HubSpot' }).click()
      await look('hubspot')
      await page.getByRole('button', { name: 'Sign in at HubSpot' }).click()
      await look('hubspot-sign-in')
      await consent(page)
      await page.getByRole('link', { name: 'See the connection' }).click()
      t.match(await page.locator('main').innerText(), /Active/)
      t.ok(hubspot.oauth?.server.hasLiveGrant)
    })

    await t.test('Odoo is connected by a form, once the key is right', async (t) => {
      await home()
      await addTenant(page, 'lamp', 'Lamp & Light')
      await page.getByRole('link', { name: 'Choose Odoo' }).click()
      for (const [label, name] of [
        ['Address', 'url'],
        ['Database', 'database'],
        ['User', 'username'],
      ] as const)
        await page.getByLabel(label).fill(String(odoo.settings[name]))
      await page.getByLabel('API key').fill('not the key')
      await page.getByRole('button', { name: 'Test and activate' }).click()
      t.match(await page.getByRole('alert').innerText(), /refused/)
      t.equal((await service.app.database.pool.query("select from connection where tenant_id = 'lamp'")).rowCount, 0)
      await look('odoo-refused')
      await page.getByLabel('API key').fill(String(odoo.credentials.api_key))
      await page.getByRole('button', { name: 'Test and activate' }).click()
      await page.getByText('The test passed').waitFor()
      await aDayOfCalls(service, 'lamp', 'odoo')
      await page.reload()
      await look('connection')
    })

    await t.test("a slot is mapped to one of Odoo's fields, found by its label", async () => {
      await page.getByRole('link', { name: 'lead', exact: true }).click()
      await page.getByRole('link', { name: 'Map another slot' }).click()
      await page.getByLabel('Slot', { exact: true }).fill('lead.budget_max')
      await page.getByLabel('Find by name or label').pressSequentially('expected rev')
      await page.getByText(/^1 of \d+ fields/).waitFor()
      await page.getByRole('radio', { name: /lead\.expected_revenue/ }).check()
      await look('mapping')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('lead.budget_max is mapped').waitFor()
      await look('mapped')
    })

    let operation = ''
    await t.test('a call goes there, and stands in the audit under its request', async (t) => {
      await home()
      await page.getByRole('link', { name: 'Lamp & Light' }).click()
      await page.getByRole('link', { name: 'API keys' }).click()
      for (const scope of ['crm:read', 'crm:write']) await page.getByRole('checkbox', { name: scope }).check()
      await page.getByRole('button', { name: 'Make a key' }).click()
      const key = await page.getByLabel('API key', { exact: true }).inputValue()
      await look('key')
      const { body, headers } = await create(key, 'lead', { ...ADA, budget_max: 500_000 })
      operation = body.external_id
      t.match(odoo.records('lead'), [{ expected_revenue: 500_000 }])
      await page.getByRole('link', { name: 'Audit' }).click()
      await page.getByRole('textbox', { name: 'Tenant' }).fill('lamp')
      await page.getByRole('button', { name: 'Show' }).click()
      const said = await page.locator('main').innerText()
      t.match(said, headers.get('x-request-id') ?? '-')
      t.match(said, /create.?record/i)
      t.notMatch(said, ADA.email)
      await look('audit')
    })

    await t.test('a person is forgotten, by which the record is gone and a certificate made', async (t) => {
      await page.getByRole('link', { name: /^Erasures/ }).click()
      await page.getByRole('textbox', { name: 'Tenant' }).fill('lamp')
      await page.getByLabel('Phone').fill(ADA.phone)
      await page.getByRole('checkbox', { name: /asked for it/ }).check()
      await look('forget')
      await page.getByRole('button', { name: 'Erase this person' }).click()
      await page.getByRole('link', { name: 'Certificate' }).waitFor({ timeout: 30_000 })
      t.same(odoo.records('lead'), [], `record ${operation} is gone`)
      await look('erased')
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Certificate' }).click(),
      ])
      const certificate = JSON.parse(await readFile(await download.path(), 'utf8'))
      t.notMatch(JSON.stringify(certificate), ADA.email)
      t.ok(isSignedBy(service.app.pipeline.signingKey.publicKey, certificate))
    })

    await t.test('what Mindbody does not delete is flagged, with what to do, until somebody did it', async (t) => {
      await create(studioKey, 'contact', GRACE)
      t.equal(mindbody.records('contact').length, 1)
      await page
        .getByRole('link', { name: /^Erasures/ })
        .first()
        .click()
      await page.getByRole('textbox', { name: 'Tenant' }).fill('studio')
      await page.getByLabel('E-mail').fill(GRACE.email)
      await page.getByRole('checkbox', { name: /asked for it/ }).check()
      await page.getByRole('button', { name: 'Erase this person' }).click()
      await page.getByText('needs you').waitFor({ timeout: 30_000 })
      await page
        .getByRole('link', { name: /^Erasures/ })
        .first()
        .click()
      t.match(await page.locator('header').innerText(), /Erasures\s+1/)
      t.match(await page.locator('main').innerText(), /Mindbody deletes no clients and no bookings/)
      await look('flag')
      await page.getByRole('link', { name: /at mindbody/ }).click()
      await look('waiting')
      await page.getByRole('link', { name: /^Mark as done/ }).click()
      await look('resolve')
      await page.getByRole('checkbox', { name: /I did this/ }).check()
      await page.getByRole('button', { name: 'Mark as done' }).click()
      await page.getByRole('link', { name: 'Certificate' }).waitFor({ timeout: 30_000 })
      t.notMatch(await page.locator('header').innerText(), /Erasures\s+1/)
    })
    t.same(complaints, [])
  },
)
