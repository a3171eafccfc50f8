import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { LocalWindows } from '../../core/limits/local-windows.ts'

const counter = (key: string) => ({ key, max: 50 })

t.test('counts each key by itself, and says when its window ends', async (t) => {
  const windows = new LocalWindows()
  windows.count([counter('a')])
  const [a, aEnds = 0, b, bEnds = 0] = windows.count([counter('a'), counter('b')])
  t.equal(a, 2)
  t.equal(b, 1)
  t.ok(aEnds > 0 && aEnds <= bEnds && bEnds <= 60_000)
})

t.test('a window ends by itself, once, and a key used all the while begins anew', async (t) => {
  const windows = new LocalWindows({ windowMs: 300 })
  const seen: number[] = []
  for (const until = performance.now() + 1000; performance.now() < until; await sleep(10)) {
    seen.push(windows.count([counter('a')])[0] ?? 0)
  }
  const openings = seen.filter((count) => count === 1).length
  t.ok(openings >= 3 && openings <= 4, `opened ${openings} times in a second`)
  t.ok(seen.every((count, i) => count === 1 || count === (seen[i - 1] ?? 0) + 1))
})

t.test('a hundred thousand keys leave no more windows than allowed, and the youngest stay', async (t) => {
  const windows = new LocalWindows({ maxWindows: 1000 })
  for (let n = 0; n < 100_000; n++) windows.count([counter(`k${n}`)])
  t.ok(windows.size <= 1000, `${windows.size} windows`)
  t.equal(windows.count([counter('k99999')])[0], 2)
  t.equal(windows.count([counter('k0')])[0], 1)
})

t.test('the bound is fifty thousand unless told otherwise', async (t) => {
  const windows = new LocalWindows()
  const before = performance.now()
  for (let n = 0; n < 100_000; n++) windows.count([counter(`k${n}`)])
  t.comment(`100000 new keys in ${Math.round(performance.now() - before)} ms`)
  t.ok(windows.size <= 50_000, `${windows.size} windows`)
})
