import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { Batch, type BatchOptions } from '../../core/store/batch.ts'

/** A batch whose flights end when told to; `flights` is what each took along. */
const held = <I>(options: Omit<BatchOptions<I, I>, 'run'> = {}) => {
  const flights: { items: I[]; land(): void; fail(error: unknown): void }[] = []
  const batch = new Batch<I, I>({
    ...options,
    run: (items) => new Promise((land, fail) => flights.push({ items, land: () => land(items), fail })),
  })
  return { batch, flights, items: () => flights.map(({ items }) => items) }
}

t.test('one item alone goes out within one turn of the event loop', async (t) => {
  const { batch, flights, items } = held<string>()
  const answer = batch.add('a')
  await turn()
  t.same(items(), [['a']])
  flights[0]?.land()
  t.equal(await answer, 'a')
})

t.test('what arrives within one turn goes out together, and each gets its own answer', async (t) => {
  const { batch, flights, items } = held<number>()
  const answers = [1, 2, 3].map((n) => batch.add(n))
  await turn()
  t.same(items(), [[1, 2, 3]])
  flights[0]?.land()
  t.same(await Promise.all(answers), [1, 2, 3])
})

t.test('while as many flights as may are under way, the rest wait and then share one', async (t) => {
  const { batch, flights, items } = held<string>()
  const answers: Promise<string>[] = []
  for (const item of ['a', 'b', 'c', 'd', 'e']) {
    answers.push(batch.add(item))
    await turn()
  }
  t.same(items(), [['a'], ['b']], 'two at a time')
  flights[1]?.land()
  await turn()
  t.same(items(), [['a'], ['b'], ['c', 'd', 'e']])
  for (const flight of flights) flight.land()
  t.same(await Promise.all(answers), ['a', 'b', 'c', 'd', 'e'])
})

t.test('never more flights than maxFlights, never more items than maxItems, and every item once, in its order', async (t) => {
  let under = 0
  let most = 0
  const taken: number[][] = []
  const batch = new Batch<number, string>({
    maxItems: 7,
    maxFlights: 3,
    run: async (items) => {
      under += 1
      most = Math.max(most, under)
      taken.push(items)
      for (let n = items.length; n > 0; n -= 1) await turn()
      under -= 1
      return items.map((item) => `answer ${item}`)
    },
  })
  const wanted = Array.from({ length: 500 }, (_, n) => n)
  const answers: Promise<string>[] = []
  for (const n of wanted) {
    answers.push(batch.add(n))
    if (n % 13 === 0) await turn()
  }
  t.same(
    await Promise.all(answers),
    wanted.map((n) => `answer ${n}`),
  )
  t.equal(most, 3)
  t.ok(taken.every(({ length }) => length >= 1 && length <= 7))
  t.same(taken.flat(), wanted)
})

t.test('two items of one key never go out together, and keep their order', async (t) => {
  const { batch, flights, items } = held<string>({ keyOf: (item) => item.slice(0, 1), maxFlights: 1 })
  const answers = ['a1', 'a2', 'b1', 'a3', 'b2'].map((item) => batch.add(item))
  for (let n = 0; n < 3; n += 1) {
    await turn()
    flights[n]?.land()
  }
  t.same(await Promise.all(answers), ['a1', 'a2', 'b1', 'a3', 'b2'])
  t.same(items(), [['a1', 'b1'], ['a2', 'b2'], ['a3']])
})

const withCode = (code: string) => Object.assign(new Error(`refused with ${code}`), { code })

for (const code of ['22P05', '22021', '23503', '23505'])
  t.test(`a value refused with ${code} fails its own item, and the others get their answers`, async (t) => {
    const runs: number[][] = []
    const batch = new Batch<number, number>({
      run: async (items) => {
        runs.push(items)
        if (items.includes(2)) throw withCode(code)
        return items.map((item) => item * 10)
      },
    })
    const answers = await Promise.allSettled([1, 2, 3].map((item) => batch.add(item)))
    t.match(answers, [{ value: 10 }, { reason: { code } }, { value: 30 }])
    t.same(runs, [[1, 2, 3], [1], [2], [3]])
  })

t.test('any other error fails the whole batch at once, and the next one goes on', async (t) => {
  for (const error of [withCode('40P01'), withCode('57P01'), withCode('ECONNREFUSED'), new Error('plain'), undefined, null]) {
    let runs = 0
    const batch = new Batch<number, number>({
      run: async (items) => {
        runs += 1
        if (runs === 1) throw error
        return items
      },
    })
    const answers = await Promise.allSettled([1, 2].map((item) => batch.add(item)))
    t.same(
      answers.map(({ status }) => status),
      ['rejected', 'rejected'],
      String(error),
    )
    t.equal(runs, 1, 'what may have been done is not done again')
    t.equal(await batch.add(3), 3)
  }
})

t.test('a run that throws before it awaits fails its items too', async (t) => {
  const batch = new Batch<number, number>({
    run: () => {
      throw new Error('at once')
    },
  })
  await t.rejects(batch.add(1), { message: 'at once' })
})

t.test('beside a batch that is out, another goes only where enough wait to be worth it', async (t) => {
  const { batch, flights, items } = held<number>({ worthAnother: 3 })
  const answers = [batch.add(1)]
  await turn()
  answers.push(batch.add(2), batch.add(3))
  await turn()
  t.same(items(), [[1]], 'two wait')
  answers.push(batch.add(4))
  await turn()
  t.same(items(), [[1], [2, 3, 4]], 'three go')
  for (const { land } of flights) land()
  t.same(await Promise.all(answers), [1, 2, 3, 4])
})

t.test('after a batch of several the next gathers nearly as many, or goes after a moment with whoever came', async (t) => {
  const { batch, flights, items } = held<number>({ gatherMs: 20 })
  const first = Promise.all([1, 2, 3, 4].map((n) => batch.add(n)))
  await turn()
  flights[0]?.land()
  await first
  const second = [batch.add(5)]
  await turn()
  t.equal(flights.length, 1, 'one waits for company')
  second.push(batch.add(6))
  await turn()
  t.same(items()[1], [5, 6], 'two of four are nearly as many')
  flights[1]?.land()
  await Promise.all(second)
  const alone = batch.add(7)
  while (flights.length < 3) await turn()
  t.same(items()[2], [7], 'nobody waits for ever')
  flights[2]?.land()
  t.equal(await alone, 7)
})
