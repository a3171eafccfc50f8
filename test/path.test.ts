import fc from 'fast-check'
import t from 'tap'
import { path } from '../core/path.ts'

t.test('each value is one segment, whatever it holds', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (id) => {
      fc.pre(id !== '.' && id !== '..' && id.isWellFormed())
      const url = new URL(`https://crm.example/v1${path`/people/${id}/notes`}`)
      const segments = url.pathname.split('/')
      return segments.length === 5 && decodeURIComponent(segments[3] ?? '') === id && url.search === '' && url.hash === ''
    }),
    { numRuns: 2000 },
  )
})

t.test('a value that would climb, vanish or not be text is refused', async (t) => {
  for (const id of ['', '.', '..', '\ud800'])
    t.throws(() => path`/people/${id}`, { code: 'record_not_found', effect: 'none' }, JSON.stringify(id))
})

t.test('separators, queries and encodings within a value stay within it', async (t) => {
  t.equal(path`/people/${'../../admin?x=1#y'}`, '/people/..%2F..%2Fadmin%3Fx%3D1%23y')
  t.equal(path`/people/${'%2e%2e'}`, '/people/%252e%252e')
  t.equal(path`/people/${42}/tags/${'a b'}`, '/people/42/tags/a%20b')
  t.equal(path`/people`, '/people')
})
