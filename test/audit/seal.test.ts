import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { MARKED_COLUMNS } from '../../core/audit/mark.ts'
import { parseRanges, RangeSet, rangesOf, rangesText } from '../../core/audit/ranges.ts'
import { FileSink, parseSinkLine, type SinkLine } from '../../core/audit/sink.ts'
import { stored } from '../store/rows.ts'
import { forced, KEY, sealedSeqs, sealerOn, write } from './desk.ts'

const sinkFile = async (t: Pick<Test, 'teardown'>): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'vorel-sink-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'seals.jsonl')
}
const linesOf = async (path: string): Promise<SinkLine[]> =>
  (await readFile(path, 'utf8')).split('\n').flatMap((line) => parseSinkLine(line) ?? [])

t.test('every column of the log is marked', async (t) => {
  const [pool] = await stored(t)
  const { rows } = await pool.query<{ column_name: string }>(
    "select column_name from information_schema.columns where table_name = 'audit_log' order by ordinal_position",
  )
  t.same(
    rows.map(({ column_name }) => column_name),
    MARKED_COLUMNS,
  )
})

t.test('rows are sealed once, in batches, each seal over the one before it', async (t) => {
  const [pool] = await stored(t)
  await write(pool, 3)
  await pool.query(`insert into audit_log (actor_type, actor_id, action, request_id, phase)
    select 'system', 'x', 'y', 'r' || n, 'intent' from generate_series(1, 600) n`)
  const { sealer } = sealerOn(pool)
  t.equal(await sealer.drain(), 603)
  t.equal(await sealer.drain(), 0)
  await write(pool, 1)
  t.equal(await sealerOn(pool).sealer.drain(), 1, 'a process that starts goes on where others were')
  const batches = await sealedSeqs(pool)
  t.same(
    batches.map((seqs) => rangesText(rangesOf(seqs))),
    ['1-500', '501-603', '604'],
  )
  const { rows } = await pool.query('select id::int, prev, hash, key_id, signature from audit_seal order by id')
  for (const [index, row] of rows.entries()) {
    t.equal(row.id, index + 1)
    t.same(row.prev, index ? rows[index - 1].hash : Buffer.alloc(32))
    t.equal(row.key_id, KEY.id)
    t.ok(KEY.verify(row.hash, row.signature))
  }
})

t.test('a row that becomes visible late is sealed later, by whichever process', async (t) => {
  const [pool] = await stored(t)
  const { sealer } = sealerOn(pool)
  const slow = await pool.connect()
  await slow.query('begin')
  await slow.query(
    "insert into audit_log (actor_type, actor_id, action, request_id, phase) values ('system', 'x', 'y', 'slow', 'intent')",
  )
  await write(pool, 2)
  await sealer.drain()
  t.same(await sealedSeqs(pool), [[2, 3]])
  await slow.query('commit')
  slow.release()
  await sealerOn(pool).sealer.drain()
  await sealer.drain()
  t.same(await sealedSeqs(pool), [[2, 3], [1]])
})

t.test('several processes at once seal each row once', async (t) => {
  const [pool, other] = await stored(t, 2)
  const sealers = [sealerOn(pool), sealerOn(other as typeof pool)]
  for (let round = 0; round < 5; round += 1) {
    await write(pool, 5)
    await Promise.all(sealers.flatMap(({ sealer }) => [sealer.drain(), sealer.drain()]))
  }
  await sealers[0]?.sealer.drain()
  const seqs = (await sealedSeqs(pool)).flat()
  t.same(
    seqs,
    Array.from({ length: 25 }, (_, n) => n + 1),
  )
})

t.test('seals and the log take no change, not even by whom they belong to', async (t) => {
  const [pool] = await stored(t)
  await write(pool, 1)
  await sealerOn(pool).sealer.drain()
  for (const table of ['audit_log', 'audit_seal'])
    for (const statement of [`delete from ${table}`, `truncate ${table}`])
      await t.rejects(pool.query(statement), { message: new RegExp(`^${table} is append-only`) }, statement)
  await t.rejects(pool.query("update audit_seal set key_id = 'x'"), { message: /^audit_seal is append-only/ })
})

t.test('the sink gets every seal, what an earlier process left out as well, and has no torn line between', async (t) => {
  const [pool] = await stored(t)
  const path = await sinkFile(t)
  await write(pool, 2)
  await sealerOn(pool).sealer.drain() // a process that ended before it wrote to its sink
  await writeFile(path, '{"kind":"vorel.aud') // and one that ended while it wrote
  await write(pool, 1)
  const { sealer, said } = sealerOn(pool, new FileSink(path))
  await sealer.drain()
  const lines = await linesOf(path)
  t.same(
    lines.map(({ id, seqs }) => [id, seqs]),
    [
      [1, '1-2'],
      [2, '3'],
    ],
  )
  t.ok(lines.every(({ hash, signature }) => KEY.verify(Buffer.from(hash, 'base64'), Buffer.from(signature, 'base64'))))
  t.equal(lines[0]?.public_key, KEY.publicKey)
  await sealer.drain()
  t.equal((await linesOf(path)).length, 2, 'none twice')
  t.same(said, [])
})

t.test('seals that are gone are not made anew: the chain goes on behind what the sink has', async (t) => {
  const [pool] = await stored(t)
  const path = await sinkFile(t)
  await write(pool, 3)
  await sealerOn(pool, new FileSink(path)).sealer.drain()
  await forced(pool, 'truncate audit_seal')
  await write(pool, 1)
  const { sealer, said } = sealerOn(pool, new FileSink(path))
  await sealer.drain()
  t.same(await sealedSeqs(pool), [[4]])
  t.match((await pool.query('select id::int from audit_seal')).rows, [{ id: 2 }])
  t.match(said[0], /sink has seals that the database has not/)
})

t.test('a sink of another database is left as it is', async (t) => {
  const [pool] = await stored(t)
  const [other] = await stored(t)
  const path = await sinkFile(t)
  await write(pool, 1)
  await sealerOn(pool, new FileSink(path)).sealer.drain()
  await write(other, 2)
  await sealerOn(other).sealer.drain()
  const before = await readFile(path, 'utf8')
  const { sealer, said } = sealerOn(other, new FileSink(path))
  await sealer.drain()
  t.equal(await readFile(path, 'utf8'), before)
  t.match(said, [/another database/])
})

t.test('ranges hold numbers in any order', async (t) => {
  const set = new RangeSet()
  for (const number of [5, 1, 2, 9, 4, 3, 8]) t.equal(set.add(number), true)
  t.equal(set.add(4), false)
  t.same(set.gaps([0, 12]), [
    [0, 0],
    [6, 7],
    [10, 12],
  ])
  set.dropUpTo(3)
  t.same(
    [3, 4, 8].map((number) => set.has(number)),
    [false, true, true],
  )
  t.equal(rangesText(rangesOf([1, 2, 3, 7])), '1-3,7')
  t.same(parseRanges('1-3,7,-5--2'), [
    [1, 3],
    [7, 7],
    [-5, -2],
  ])
})
