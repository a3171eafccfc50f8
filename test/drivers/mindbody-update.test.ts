import t from 'tap'
import mindbody from '../../drivers/mindbody/driver.ts'
import { keepsToDescription } from '../conformance/contract.ts'
import { ADA, asked, bodiesTo, create, errorOf, open, openThat, refused, stored, update } from './mindbody/site.ts'

t.test('an update says each time that it is for this site alone, and leaves the rest of the region', async (t) => {
  const crm = await open(t, 'region')
  const id = await create(crm, 'contact', ADA)
  await update(crm, 'contact', id, { City: 'Bath' })
  t.equal(stored(crm).City, 'Bath')
  t.notOk(stored(crm, 'elsewhere').City)
  t.strictSame(bodiesTo(crm, '/updateclient'), [{ Client: { Id: stored(crm).Id, City: 'Bath' }, CrossRegionalUpdate: false }])
  t.match(await refused(update(crm, 'contact', id, { SendAccountEmails: true })), {
    code: 'field_invalid',
    fields: ['SendAccountEmails'],
  })
})

t.test('an inactive client stays inactive unless the update says otherwise', async (t) => {
  const crm = await open(t)
  const id = await create(crm, 'contact', ADA)
  await update(crm, 'contact', id, { Active: false })
  await update(crm, 'contact', id, { City: 'Bath' })
  t.match(stored(crm), { Active: false, City: 'Bath' })
  await update(crm, 'contact', id, { Active: true })
  t.equal(stored(crm).Active, true)
})

t.test('texts are cleared by nothing; names and what is no text cannot be', async (t) => {
  const crm = await open(t)
  const id = await create(crm, 'contact', { ...ADA, City: 'Bath', BirthDate: '1990-12-10' })
  await update(crm, 'contact', id, { City: null, MobilePhone: '' })
  t.match(stored(crm), { City: '', MobilePhone: '', BirthDate: '1990-12-10T00:00:00' })
  t.match(await refused(update(crm, 'contact', id, { BirthDate: null, LastName: null, FirstName: '' })), {
    code: 'field_invalid',
    fields: ['BirthDate', 'LastName', 'FirstName'],
  })
  t.equal(crm.sandbox.writes().length, 2)
})

t.test('an update to the names and e-mail of another is a conflict', async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', ADA)
  const id = await create(crm, 'contact', { ...ADA, FirstName: 'Bea' })
  t.match(await refused(update(crm, 'contact', id, { FirstName: 'Ada' })), { code: 'record_conflict' })
})

t.test('an update that lacks what the site asks for names it, and one that failed under status 200 is an error', async (t) => {
  let answer = errorOf(400, 'MissingRequiredFields', 'Missing required fields: EmergContact, PostalCode of ada@example.test')
  const crm = await openThat(t, ({ query }, path) => {
    if (path === '/client/updateclient') return answer
    return query.has('request.uniqueIds') ? { status: 200, body: { Clients: [{ Id: 'A', UniqueId: 5 }] } } : undefined
  })
  t.match(await refused(update(crm, 'contact', '5', { City: 'Bath' })), {
    code: 'field_invalid',
    fields: [
      'EmergencyContactInfoName',
      'EmergencyContactInfoEmail',
      'EmergencyContactInfoPhone',
      'EmergencyContactInfoRelationship',
      'PostalCode',
    ],
  })
  answer = { status: 200, body: { Client: { Action: 'Failed' } } }
  t.match(await refused(update(crm, 'contact', '5', { City: 'Bath' })), { code: 'field_invalid', fields: ['City'] })
  t.strictSame(
    bodiesTo(crm, '/updateclient')[0],
    { Client: { Id: 'A', City: 'Bath' }, CrossRegionalUpdate: false },
    'nothing is known of Active',
  )
})

keepsToDescription(mindbody, asked, 'mindbody, updates')
