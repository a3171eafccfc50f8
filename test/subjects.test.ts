import { randomBytes } from 'node:crypto'
import t from 'tap'
import { openDatabase } from '../core/store/database.ts'
import { serviceSecret } from '../core/store/service-secrets.ts'
import { Subjects } from '../core/subjects.ts'
import { Keyring } from '../core/vault/keyring.ts'
import { freshDatabase } from './support/database.ts'

const ACME = { id: 'acme', region: 'US' }

t.test('however a number or an address is written, it is the same person, and at another tenant another', async (t) => {
  const subjects = new Subjects(randomBytes(32))
  t.same(subjects.of(ACME, { phone: '+1 415 555 0100' }), subjects.of(ACME, { phone: '(415) 555-0100' }))
  t.same(subjects.of(ACME, { email: ' Ada@Acme.example' }), subjects.of(ACME, { email: 'ada@acme.example' }))
  t.notSame(subjects.of(ACME, { phone: '4155550100' }), subjects.of({ ...ACME, id: 'other' }, { phone: '4155550100' }))
  t.notSame(subjects.of(ACME, { email: 'x' }), subjects.of(ACME, { external_id: 'x' }))
  t.equal(subjects.of(ACME, { phone: '+14155550100', email: 'a@b.example', external_id: '7' }).length, 3)
  t.same(subjects.of(ACME, {}), [])
})

t.test('a secret of the service is made once, for whoever asks first', async (t) => {
  const { pool, close } = await openDatabase({ url: await freshDatabase(t) })
  t.teardown(close)
  const keyring = new Keyring(randomBytes(32))
  const all = await Promise.all(Array.from({ length: 5 }, () => serviceSecret(pool, keyring, 'subjects')))
  t.equal(new Set(all.map((key) => key.toString('hex'))).size, 1)
  t.notSame(await serviceSecret(pool, keyring, 'another'), all[0])
})
