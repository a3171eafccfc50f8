import t from 'tap'
import { countersFor, standingOf } from '../../core/limits/counter.ts'

const limits = { perKeyPerMinute: 200, perToolPerMinute: 50 }
const counters = countersFor(limits, { apiKeyId: 'k1', tenantId: 'acme', verb: 'create_record' })

t.test('a call with a key counts against the key and the tool, one without against the tool alone', async (t) => {
  t.same(counters, [
    { key: 'key:k1', max: 200 },
    { key: 'tool:acme:create_record', max: 50 },
  ])
  t.same(countersFor(limits, { tenantId: 'acme', verb: 'create_record' }), [{ key: 'tool:acme:create_record', max: 50 }])
})

t.test('the counter with the least left binds', async (t) => {
  t.same(standingOf(counters, [1, 9000, 50, 100]), { remaining: 0, resetMs: 100 })
  t.same(standingOf(counters, [199, 9000, 1, 100]), { remaining: 1, resetMs: 9000 })
})

t.test('an overdrawn counter binds before one that is not', async (t) => {
  t.same(standingOf(counters, [201, 100, 50, 9000]), { remaining: -1, resetMs: 100 })
})

t.test('of two overdrawn counters the one that opens last binds', async (t) => {
  t.same(standingOf(counters, [201, 9000, 90, 100]), { remaining: -1, resetMs: 9000 })
  t.same(standingOf(counters, [290, 100, 51, 9000]), { remaining: -1, resetMs: 9000 })
})
