import t from 'tap'
import { type Claimed, Operations } from '../../core/store/operations.ts'
import { claimOf, entry, finishOf, stored } from './rows.ts'

const id = (idempotencyKey: string, tenantId = 'acme') => ({ tenantId, idempotencyKey })
const pools = await stored(t, 3)
const [pool] = pools
const [operations, ...rivals] = pools.map((one) => new Operations(one)) as [Operations, Operations, Operations]
t.beforeEach(() => pool.query('truncate crm_operation'))

const FAILED = { state: 'failed', response: null, errorCode: 'field_invalid' } as const

t.test('a claim is ours once, and then stands in the way of others as it was written', async (t) => {
  t.same(await operations.claim(claimOf('k', { conversationId: 'conv' })), { epoch: 1, progress: null })
  const { existing } = await operations.claim(claimOf('k', { fingerprint: Buffer.alloc(32, 2), payload: Buffer.from('other') }))
  t.match(existing, {
    tenantId: 'acme',
    idempotencyKey: 'k',
    fingerprint: Buffer.alloc(32, 1),
    reference: 'v-k',
    conversationId: 'conv',
    state: 'claimed',
    epoch: 1,
    attempts: 1,
    payload: Buffer.from('sealed payload'),
    response: null,
  })
  t.ok(existing && existing.leaseSeconds > 50 && existing.leaseSeconds <= 60)
  t.match(await operations.find(id('k')), existing ?? {})
  t.equal(await operations.find(id('k', 'other')), null)
})

t.test('claim and intent, finish and outcome are written together; a claim lost writes no intent', async (t) => {
  await operations.claim(claimOf('k', { intent: entry({ requestId: 'first' }) }))
  await operations.claim(claimOf('k', { intent: entry({ requestId: 'second' }) }))
  await operations.finish(finishOf('k', 1, { outcome: entry({ requestId: 'first', phase: 'outcome', code: 'ok' }) }))
  const { rows } = await pool.query(
    "select request_id, phase, code from audit_log where request_id in ('first', 'second') order by seq",
  )
  t.same(rows, [
    { request_id: 'first', phase: 'intent', code: null },
    { request_id: 'first', phase: 'outcome', code: 'ok' },
  ])
})

t.test('a claim whose audit row is refused does not happen', async (t) => {
  await t.rejects(operations.claim(claimOf('k', { intent: entry({ actorType: 'nobody' as never }) })))
  t.equal(await operations.find(id('k')), null)
  await operations.claim(claimOf('k'))
  await t.rejects(operations.finish(finishOf('k', 1, { outcome: entry({ actorType: 'nobody' as never }) })))
  t.equal((await operations.find(id('k')))?.state, 'claimed')
})

t.test('of claims that race for one key in two processes exactly one wins, two hundred times', async (t) => {
  const races = Array.from({ length: 200 }, (_, n) => `race-${n}`)
  const raced = (key: string) => claimOf(key, { intent: entry({ actorId: 'racer' }) })
  let wrong = 0
  for (let from = 0; from < races.length; from += 20) {
    await Promise.all(
      races.slice(from, from + 20).map(async (key, n) => {
        const processes = n % 2 ? [operations, rivals[0]] : [rivals[0], operations]
        const claims = await Promise.all(processes.flatMap((one) => [one.claim(raced(key)), one.claim(raced(key))]))
        if (claims.filter(({ epoch }) => epoch !== undefined).length !== 1) wrong += 1
      }),
    )
  }
  t.equal(wrong, 0)
  const { rows } = await pool.query("select count(*)::int as n from audit_log where actor_id = 'racer'")
  t.same(rows, [{ n: 200 }], 'one intent each')
})

t.test('claims and finishes of the same keys in any order never block one another', async (t) => {
  const keys = Array.from({ length: 200 }, (_, n) => `k${n}`)
  const refused: unknown[] = []
  for (let round = 0; round < 5; round += 1) {
    const epochs = await Promise.all(keys.map((key) => operations.claim(claimOf(key))))
    const claimed = keys.map((key, n) => finishOf(key, epochs[n]?.epoch ?? 0, FAILED))
    const finishes = claimed.toReversed().map((finish) => operations.finish(finish))
    const repeats = rivals.flatMap((rival) => keys.map((key) => rival.claim(claimOf(key))))
    const outcomes = await Promise.allSettled<Claimed | boolean>([...finishes, ...repeats])
    refused.push(...outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : [])))
    await pool.query("update crm_operation set state = 'failed'")
  }
  t.same(refused, [])
})

t.test('two tenants may use the same key', async (t) => {
  t.same(await Promise.all([operations.claim(claimOf('k')), operations.claim(claimOf('k', { tenantId: 'other' }))]), [
    { epoch: 1, progress: null },
    { epoch: 1, progress: null },
  ])
})

t.test('an operation of a tenant that is none fails alone', async (t) => {
  const claims = await Promise.allSettled([
    operations.claim(claimOf('a')),
    operations.claim(claimOf('b', { tenantId: 'nobody' })),
    operations.claim(claimOf('c')),
  ])
  t.match(claims, [
    { value: { epoch: 1, progress: null } },
    { reason: { code: '23503' } },
    { value: { epoch: 1, progress: null } },
  ])
})

t.test('done keeps the answer, drops the payload, and is never taken back', async (t) => {
  await operations.claim(claimOf('k'))
  t.equal(await operations.finish(finishOf('k', 1)), true)
  t.match(await operations.find(id('k')), {
    state: 'done',
    payload: null,
    response: Buffer.from('sealed answer'),
    leaseSeconds: 0,
  })
  t.equal(await operations.finish(finishOf('k', 1, FAILED)), false)
  t.equal(await operations.markSent(id('k'), 1), false)
  t.equal(await operations.takeOver(id('k'), 1000), null)
  t.equal((await operations.claim(claimOf('k'))).existing?.state, 'done')
  t.equal((await operations.find(id('k')))?.state, 'done')
})

t.test('a finish by an earlier owner changes nothing, and its outcome is in the audit all the same', async (t) => {
  await operations.claim(claimOf('k', { leaseMs: -1000, state: 'sent' }))
  t.match(await operations.takeOver(id('k'), 60_000), {
    epoch: 2,
    attempts: 2,
    state: 'sent',
    payload: Buffer.from('sealed payload'),
  })
  t.equal(await operations.finish(finishOf('k', 1, { outcome: entry({ phase: 'outcome', requestId: 'late' }) })), false)
  t.equal((await operations.find(id('k')))?.state, 'sent')
  t.equal(await operations.finish(finishOf('k', 2)), true)
  const { rows } = await pool.query("select 1 from audit_log where request_id = 'late'")
  t.equal(rows.length, 1)
})

t.test('finishes of many operations at once touch each its own', async (t) => {
  const keys = Array.from({ length: 50 }, (_, n) => `k${n}`)
  await Promise.all(keys.map((key) => operations.claim(claimOf(key))))
  const finished = await Promise.all(
    keys.map((key, n) => operations.finish(finishOf(key, n % 5 ? 1 : 9, { response: Buffer.from(key) }))),
  )
  t.same(
    finished,
    keys.map((_, n) => n % 5 !== 0),
  )
  for (const [n, key] of keys.entries())
    t.match(
      await operations.find(id(key)),
      n % 5 ? { state: 'done', response: Buffer.from(key) } : { state: 'claimed', response: null },
    )
})

t.test('an operation is taken over after its lease, once, and not before', async (t) => {
  await operations.claim(claimOf('held'))
  t.equal(await operations.takeOver(id('held'), 1000), null)
  await operations.claim(claimOf('free', { state: 'sent', leaseMs: -1 }))
  const taken = await Promise.all(
    [operations, rivals[0]].flatMap((one) => [one.takeOver(id('free'), 60_000), one.takeOver(id('free'), 60_000)]),
  )
  t.same(
    taken.flatMap((operation) => operation?.epoch ?? []),
    [2],
  )
  t.equal(await operations.takeOver(id('nothing'), 1000), null)
})

t.test('failed frees the key for another payload, with nothing left of the first', async (t) => {
  await operations.claim(claimOf('k'))
  await operations.finish(finishOf('k', 1, FAILED))
  t.match(await operations.find(id('k')), { state: 'failed', payload: null, errorCode: 'field_invalid' })
  const next = { fingerprint: Buffer.alloc(32, 2), payload: Buffer.from('next'), object: 'contact', conversationId: 'c2' }
  t.same(await operations.claim(claimOf('k', next)), { epoch: 2, progress: null })
  t.match(await operations.find(id('k')), { ...next, state: 'claimed', epoch: 2, attempts: 1, errorCode: null, response: null })
})

t.test('claimed and never sent, a key is free after its lease; sent, it is not', async (t) => {
  await operations.claim(claimOf('claimed', { leaseMs: -1 }))
  t.same(await operations.claim(claimOf('claimed')), { epoch: 2, progress: null })
  t.equal(await operations.markSent(id('claimed'), 1), false, 'the earlier owner may not send any more')
  await operations.claim(claimOf('sent', { state: 'sent', leaseMs: -1 }))
  t.match(await operations.claim(claimOf('sent')), { existing: { state: 'sent', leaseSeconds: 0 } })
  await operations.claim(claimOf('unknown'))
  await operations.finish(finishOf('unknown', 1, { state: 'outcome_unknown', response: null }))
  t.match(await operations.claim(claimOf('unknown')), { existing: { state: 'outcome_unknown' } })
  t.equal(await operations.takeOver(id('unknown'), 1000), null)
})

t.test('marking as sent is for the owner, and can be repeated', async (t) => {
  await operations.claim(claimOf('k'))
  t.equal(await operations.markSent(id('k'), 2), false)
  t.equal((await operations.find(id('k')))?.state, 'claimed')
  t.equal(await operations.markSent(id('k'), 1), true)
  t.equal(await operations.markSent(id('k'), 1), true)
  t.equal((await operations.find(id('k')))?.state, 'sent')
  t.equal(await operations.markSent(id('nothing'), 1), false)
})

t.test('sent and put off, an operation keeps its payload and waits for its time', async (t) => {
  await operations.claim(claimOf('k', { state: 'sent' }))
  t.equal(
    await operations.finish(finishOf('k', 1, { state: 'sent', leaseMs: 30_000, response: null, errorCode: 'provider_timeout' })),
    true,
  )
  const found = await operations.find(id('k'))
  t.match(found, { state: 'sent', payload: Buffer.from('sealed payload'), errorCode: 'provider_timeout' })
  t.ok(found && found.leaseSeconds > 20 && found.leaseSeconds <= 30)
})

t.test('expired ones are listed over all tenants, the oldest first, and no others', async (t) => {
  await Promise.all([
    operations.claim(claimOf('held')),
    operations.claim(claimOf('new', { leaseMs: -1000 })),
    operations.claim(claimOf('old', { leaseMs: -9000, state: 'sent', tenantId: 'other' })),
    operations.claim(claimOf('done', { leaseMs: -5000 })),
    operations.claim(claimOf('failed', { leaseMs: -5000 })),
  ])
  await operations.finish(finishOf('done', 1))
  await operations.finish(finishOf('failed', 1, FAILED))
  t.same(await operations.expired(10), [id('old', 'other'), id('new')])
  t.same(await operations.expired(1), [id('old', 'other')])
})

t.test('records made so far count for the next claim of a failed key, but not at another provider', async (t) => {
  const made = Buffer.from('made so far')
  for (const [key, provider, kept] of [
    ['same', 'memory', made],
    ['other', 'hubspot', null],
  ] as const) {
    const { epoch = 0 } = await operations.claim(claimOf(key, { provider: 'memory' }))
    t.ok(await operations.note({ tenantId: claimOf(key).tenantId, idempotencyKey: key }, epoch, 'sent', made))
    t.ok(await operations.finish(finishOf(key, epoch, { state: 'failed' })))
    t.strictSame(await operations.claim(claimOf(key, { provider })), { epoch: 2, progress: kept }, provider)
  }
})
