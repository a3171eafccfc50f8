import t from 'tap'
import type { AnyDriver } from '../../core/driver.ts'
import { VorelError } from '../../core/errors.ts'
import { explain, retryAfter } from '../../core/outbound/explain.ts'
import { retryDelayMs } from '../../core/outbound/retry.ts'
import { WireError, type WireFault } from '../../core/outbound/transport.ts'
import { manifestOf } from './provider.ts'

const unavailable = new VorelError('provider_unavailable', 'x')
const delay = (more: object) => retryDelayMs({ attempt: 1, isRead: true, error: unavailable, ...more })
const fault = (what: WireFault, isSent: boolean) => ({ fault: new WireError(what, isSent) })

t.test('a read is repeated after a reset, a failed connection and a 502, 503 or 504, and after nothing else', async (t) => {
  for (const again of [
    { status: 502 },
    { status: 503 },
    { status: 504 },
    fault('reset', true),
    fault('reset', false),
    fault('unreachable', false),
  ])
    t.ok((delay(again) ?? 0) > 0, JSON.stringify(again))
  for (const never of [
    { status: 500 },
    { status: 400 },
    { status: 404 },
    fault('timeout', true),
    fault('address_forbidden', false),
    fault('answer_too_large', true),
    fault('answer_unreadable', true),
  ])
    t.equal(delay(never), null, JSON.stringify(never))
})

t.test('a write is repeated only where not a byte of it left, or where the provider asks to send it later', async (t) => {
  for (const never of [{ status: 502 }, { status: 503 }, { status: 504 }, fault('reset', true), fault('timeout', false)])
    t.equal(delay({ isRead: false, ...never }), null, JSON.stringify(never))
  for (const again of [fault('reset', false), fault('unreachable', false)]) t.ok((delay({ isRead: false, ...again }) ?? 0) > 0)
  t.equal(
    delay({ isRead: false, error: new VorelError('provider_rate_limited', 'x', { retryAfterSeconds: 7 }), status: 429 }),
    7000,
  )
})

t.test('waits grow, spread, and end after three attempts', async (t) => {
  const waits = (attempt: number) => Array.from({ length: 200 }, () => delay({ attempt, status: 503 }) ?? 0)
  t.ok(waits(1).every((ms) => ms >= 50 && ms <= 150))
  t.ok(waits(2).every((ms) => ms >= 100 && ms <= 300))
  t.ok(new Set(waits(1)).size > 100, 'callers that failed together do not come back together')
  t.equal(delay({ attempt: 3, status: 503 }), null)
})

t.test("a 503's own wait is kept to", async (t) => {
  const answer = { status: 503, headers: { 'retry-after': '3' }, body: Buffer.alloc(0) }
  const error = explain({ manifest: manifestOf() } as AnyDriver, answer)
  t.equal(delay({ status: 503, error }), 3000)
})

t.test('Retry-After is read as seconds or as a date, and kept between a second and an hour', async (t) => {
  const at = (ms: number) => new Date(Date.now() + ms).toUTCString()
  t.equal(retryAfter('7'), 7)
  t.equal(retryAfter(' 7 '), 7)
  t.equal(retryAfter('0'), 1)
  t.equal(retryAfter('86400'), 3600)
  t.equal(retryAfter('9'.repeat(400)), null)
  t.ok([4, 5].includes(retryAfter(at(5_000)) ?? 0))
  t.equal(retryAfter(at(-60_000)), 1)
  for (const nothing of [undefined, '', 'soon', '-']) t.equal(retryAfter(nothing), null, String(nothing))
})
