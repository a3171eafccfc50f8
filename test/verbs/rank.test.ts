import t from 'tap'
import { ranked } from '../../core/verbs/rank.ts'
import type { CrmRecord } from '../../schemas/record.ts'

const person = (external_id: string, phone: string | null, email: string | null): CrmRecord => ({
  object: 'contact',
  external_id,
  name: null,
  phone,
  email,
  record_url: null,
  created_at: null,
  updated_at: null,
})
const ids = (customers: CrmRecord[], keys: Parameters<typeof ranked>[1], region = 'US') =>
  ranked(customers, keys, region).map(({ external_id }) => external_id)

t.test('whoever agrees with more of the keys comes first, and among equals the order stays', async (t) => {
  const [ada, bea, cleo] = [
    person('ada', '(415) 555-0100', null),
    person('bea', '+14155550100', 'Bea@Example.test '),
    person('cleo', '415.555.0100', 'cleo@example.test'),
  ]
  t.strictSame(ids([ada, bea, cleo], { phone: '+14155550100' }), ['ada', 'bea', 'cleo'])
  t.strictSame(ids([cleo, bea, ada], { phone: '+14155550100' }), ['cleo', 'bea', 'ada'])
  t.strictSame(ids([ada, cleo, bea], { phone: '+14155550100', email: 'bea@example.test' }), ['bea', 'ada', 'cleo'])
  t.strictSame(ids([ada, bea, cleo], { phone: '+14155550100', external_id: 'cleo' }), ['cleo', 'ada', 'bea'])
})

t.test('numbers are compared in the region they were written in', async (t) => {
  const [abroad, home] = [person('abroad', '+14155550100', null), person('home', '050 123 4567', null)]
  t.strictSame(ids([abroad, home], { phone: '+971501234567' }, 'AE'), ['home', 'abroad'])
  t.strictSame(ids([abroad, home], { phone: '+971501234567' }, 'US'), ['abroad', 'home'])
})

t.test('nobody without the key at hand agrees with it', async (t) => {
  t.strictSame(ids([person('a', null, null), person('b', null, 'b@example.test')], { email: 'b@example.test' }), ['b', 'a'])
})
