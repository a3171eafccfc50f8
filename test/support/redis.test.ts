import { Redis } from 'ioredis'
import t from 'tap'
import { redisOrSkip } from './redis.ts'

t.test('a test has a Redis of its own, which it may freeze, kill and start again', async (t) => {
  const server = await redisOrSkip(t)
  if (!server) return
  const client = new Redis(server.url, {
    maxRetriesPerRequest: 0,
    commandTimeout: 200,
    enableOfflineQueue: false,
    lazyConnect: true,
  })
  client.on('error', () => {})
  t.teardown(() => client.disconnect())
  await client.connect()
  await client.set('word', 'kept')
  server.pause()
  await t.rejects(client.get('word'))
  server.resume()
  t.equal(await client.get('word'), 'kept')
  await server.kill()
  await t.rejects(client.get('word'))
  await server.restart()
  const second = new Redis(server.url)
  t.teardown(() => second.disconnect())
  t.equal(await second.get('word'), null)
})
