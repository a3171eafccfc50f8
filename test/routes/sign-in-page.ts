import type { Test } from 'tap'
import type { Desk } from './sign-in-desk.ts'

interface Shown {
  status: number
  headers: Headers
  body: string
}

/** It is a page of its own that loads nothing, is kept nowhere and tells nobody where it came from. */
export const page = (t: Test, { headers, body }: Shown) => {
  t.match(headers.get('content-type'), 'text/html')
  t.equal(headers.get('cache-control'), 'no-store')
  t.equal(headers.get('referrer-policy'), 'no-referrer')
  t.match(headers.get('content-security-policy'), /^default-src 'none'; style-src 'sha256-/)
  t.notMatch(body, /<script|<img|<link|https?:/, 'it loads nothing')
}

/** The callback is refused with this page and audit row, and nothing is stored. */
export const refusedWith = async (
  t: Test,
  desk: Desk,
  answer: Promise<Shown>,
  { status, says, audit }: { status: number; says: RegExp; audit: string },
) => {
  const before = await desk.stored()
  const got = await answer
  t.equal(got.status, status)
  t.match(got.body, says)
  page(t, got)
  t.equal((await desk.audit()).at(-1), audit)
  t.same(await desk.stored(), before, 'nothing was stored')
}
