import t, { type Test } from 'tap'
import memorySandbox from '../drivers/memory/sandbox.ts'

const open = async (t: Test) => {
  const sandbox = await memorySandbox()
  t.teardown(() => sandbox.close())
  const headers = { authorization: `Bearer ${sandbox.credentials.api_key}`, 'content-type': 'application/json' }
  const create = async (reference: string) => {
    const request = { method: 'PUT', headers, body: '{"name":"Ada"}' }
    return (await fetch(`${sandbox.url}/contacts/by-reference/${reference}`, request).catch(() => null))?.status ?? null
  }
  const read = async () => (await fetch(`${sandbox.url}/contacts`, { headers })).status
  return { sandbox, create, read, stored: () => sandbox.records('contact').length }
}

t.test('a write held where it arrives is stored once it goes, and never if it is dropped', async (t) => {
  const { sandbox, create, stored } = await open(t)
  for (const [fate, status, rows] of [
    ['drop', null, 0],
    ['go', 201, 1],
  ] as const) {
    const reached = sandbox.holdNext('arrived')
    const answer = create(fate)
    const held = await reached
    t.equal(stored(), 0, 'nothing is done while it is held')
    held[fate]()
    t.equal(await answer, status, fate)
    t.equal(stored(), rows)
  }
})

t.test('a write held where it is stored has been done, and is answered only if it goes', async (t) => {
  const { sandbox, create, stored } = await open(t)
  for (const [fate, status, rows] of [
    ['drop', null, 1],
    ['go', 201, 2],
  ] as const) {
    const reached = sandbox.holdNext('stored')
    const answer = create(fate)
    const held = await reached
    t.equal(stored(), rows, 'done before it goes on')
    held[fate]()
    t.equal(await answer, status, fate)
  }
})

t.test('reads are not held, nor any write after the one', async (t) => {
  const { sandbox, create, read } = await open(t)
  const reached = sandbox.holdNext('arrived')
  t.equal(await read(), 200)
  const first = create('first')
  const held = await reached
  t.equal(await create('second'), 201)
  held.go()
  t.equal(await first, 201)
})
