import type { Page } from 'playwright-core'
import { PASSWORD } from '../support/browser.ts'
import type { Service } from '../support/service.ts'

/** What an operator does on more than one way through the console. */
export const signIn = async (page: Page, url: string) => {
  await page.goto(`${url}/console/sign-in`)
  await page.getByLabel('Name').fill('ada')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Tenants' }).waitFor()
}

export const addTenant = async (page: Page, id: string, name: string) => {
  await page.getByRole('link', { name: 'Add a tenant' }).click()
  await page.getByLabel('Id').fill(id)
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Add the tenant' }).click()
  await page.getByRole('heading', { name: 'Choose the CRM' }).waitFor()
}

/** Follows the sign-in that the page offers, in its own window, to the end. */
export const consent = async (page: Page) => {
  await page.getByText('Waiting for the sign-in').waitFor()
  const [window] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('link', { name: /^Go to/ }).click()])
  await window.getByText('You can close this window').waitFor()
  await page.getByText('The test passed').waitFor({ timeout: 10_000 })
}

/** A day of calls, as the counters would have written them. */
export const aDayOfCalls = ({ app }: Service, tenantId: string, provider = 'lantern') =>
  app.database.pool.query(
    `insert into call_stat (tenant_id, slot, provider, calls, errors, ms_sum, ms_max, buckets)
     select $1, date_bin('5 minutes', now(), 'epoch') - n * interval '5 minutes', $2, 20 + n % 37, n % 5, 900, 90 + n,
       array[4, 6, 6, 4, 2, 0, 0, 0, 0, 0, 0] from generate_series(0, 280) as n`,
    [tenantId, provider],
  )
