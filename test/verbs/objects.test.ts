import t from 'tap'
import { resolveObject } from '../../core/verbs/objects.ts'
import { manifest } from '../../drivers/memory/manifest.ts'

t.test('an object is found by its name and by an alias, in any case', async (t) => {
  for (const name of ['lead', 'LEAD', 'opportunity', 'Opportunity']) t.equal(resolveObject(manifest, name), 'lead', name)
  for (const name of ['contact', 'customer', 'Client']) t.equal(resolveObject(manifest, name), 'contact', name)
})

t.test('an unknown object is refused with the objects there are', async (t) => {
  t.throws(() => resolveObject(manifest, 'starship'), { code: 'object_unsupported', message: /Objects: contact, lead\./ })
})

t.test('names that every JavaScript object has are no objects of a CRM', async (t) => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', ''])
    t.throws(() => resolveObject(manifest, name), { code: 'object_unsupported' }, name)
})

t.test("a provider's own name for an object is none of ours", async (t) => {
  t.throws(() => resolveObject(manifest, 'leads'), { code: 'object_unsupported' })
})
