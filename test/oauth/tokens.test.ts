import fc from 'fast-check'
import t from 'tap'
import { hasExpired, refreshAt, type Tokens, tokensFrom, tokensIn } from '../../core/oauth/tokens.ts'
import { AUTH } from './provider.ts'

const NOW = Date.UTC(2026, 10, 23)
const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const lives = fc.oneof(fc.integer({ min: 0, max: 90 * 86_400 }), fc.double({ min: 0, max: 1e300, noNaN: true }))
const windows = fc.integer({ min: 3_600, max: 400 * 86_400 })

const granted = (expires_in?: number): Tokens =>
  tokensFrom({ access_token: 'a', refresh_token: 'r', expires_in }, AUTH, null, NOW)
const renewal = (tokens: Tokens, refreshWithinSeconds: number | undefined, chance: number): number =>
  refreshAt(tokens, refreshWithinSeconds === undefined ? AUTH : { ...AUTH, refreshWithinSeconds }, chance)?.getTime() ??
  Number.NaN

t.test('a token is renewed within the last quarter of its life, at most ten minutes early and never late', async (t) => {
  const property = fc.property(lives, chances, (seconds, chance) => {
    const tokens = granted(seconds)
    const { expires_at } = tokens
    if (expires_at === null) return false
    const early = expires_at - renewal(tokens, undefined, chance)
    const most = Math.min(600_000, (expires_at - NOW) / 4)
    return early >= Math.floor(most / 2) - 1 && early <= most + 1 && early >= 0
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1_000 }))
})

t.test('where an unused refresh token dies, it is used within half of that time, whatever the access token says', async (t) => {
  const property = fc.property(fc.option(lives, { nil: undefined }), windows, chances, (seconds, windowSeconds, chance) => {
    const at = renewal(granted(seconds), windowSeconds, chance)
    const isEarlyEnough = at <= NOW + windowSeconds * 500
    const isNotForTheWindow = at < NOW + windowSeconds * 300 - 1
    return isEarlyEnough && (!isNotForTheWindow || at === renewal(granted(seconds), undefined, chance))
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1_000 }))
})

t.test('tokens made at one moment are not all renewed at one moment', async (t) => {
  for (const [seconds, windowSeconds, spreadMs] of [
    [3_600, undefined, 250_000],
    [60, undefined, 5_000],
    [undefined, 30 * 86_400, 4 * 86_400_000],
  ] as const) {
    const times = Array.from({ length: 400 }, () => {
      const rules = windowSeconds === undefined ? AUTH : { ...AUTH, refreshWithinSeconds: windowSeconds }
      return refreshAt(granted(seconds), rules)?.getTime() ?? Number.NaN
    })
    t.ok(Math.max(...times) - Math.min(...times) > spreadMs, `${seconds} s: spread over more than ${spreadMs} ms`)
    const tenths = new Set(
      times.map((time) => Math.floor(((time - Math.min(...times)) / (Math.max(...times) - Math.min(...times))) * 9.99)),
    )
    t.equal(tenths.size, 10, 'and over the whole of it')
  }
})

t.test('a token of unknown life, at a provider without such a limit, is renewed when it is refused', async (t) => {
  t.equal(refreshAt(granted(), AUTH), null)
  t.equal(hasExpired(granted(), Number.MAX_SAFE_INTEGER), false)
})

t.test('a token has expired from the moment it was said to, and not before', async (t) => {
  const tokens = granted(60)
  t.equal(hasExpired(tokens, NOW + 59_999), false)
  t.equal(hasExpired(tokens, NOW + 60_000), true)
  t.equal(hasExpired(granted(0), NOW), true)
  t.equal(hasExpired({ ...tokens, expires_at: Date.now() + 5_000 }), false)
  t.equal(hasExpired({ ...tokens, expires_at: Date.now() - 1 }), true)
})

t.test('however long a token says that it lives, its times are dates', async (t) => {
  const property = fc.property(lives, chances, (seconds, chance) => {
    const tokens = granted(seconds)
    return !Number.isNaN(new Date(tokens.expires_at ?? Number.NaN).getTime()) && !Number.isNaN(renewal(tokens, 3_600, chance))
  })
  t.doesNotThrow(() => fc.assert(property))
})

t.test('tokens are told from a form by the access token', async (t) => {
  const tokens = granted(60)
  t.strictSame(tokensIn({ ...tokens }), tokens)
  t.equal(tokensIn({}), null)
  t.equal(tokensIn({ access_token: null, refresh_token: 'r' }), null)
})
