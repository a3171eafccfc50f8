import { readFile } from 'node:fs/promises'
import t from 'tap'
import { ERRORS } from '../core/errors.ts'
import { startService } from './support/service.ts'

interface Operation {
  responses: Record<string, { description: string }>
}

const rows = async () => {
  const text = await readFile(new URL('../docs/errors.md', import.meta.url), 'utf8')
  return [...text.matchAll(/^\| `(\w+)` \| (\d+) \| (yes|no) \|/gm)].map(([, code, status, retryable]) => [
    code,
    Number(status),
    retryable === 'yes',
  ])
}

t.test('the error table and its documentation say the same', async (t) => {
  const table = Object.entries(ERRORS).map(([code, { status, retryable }]) => [code, status, retryable])
  t.strictSame((await rows()).sort(), table.sort())
})

t.test('OpenAPI names every code a verb can end with, and no other', async (t) => {
  const service = await startService(t)
  const { body } = await service.get('/openapi.json')
  const described = new Set<string>()
  const operations = (Object.values(body.paths) as Record<string, Operation>[]).flatMap((path) => Object.values(path))
  for (const [status, { description }] of operations.flatMap(({ responses }) => Object.entries(responses))) {
    if (Number(status) < 400 || description === 'Default Response') continue
    for (const code of description.split(', ')) {
      t.equal(ERRORS[code as keyof typeof ERRORS]?.status, Number(status), `${code} is in the table under ${status}`)
      described.add(code)
    }
  }
  t.strictSame([...described].sort(), Object.keys(ERRORS).sort())
})
