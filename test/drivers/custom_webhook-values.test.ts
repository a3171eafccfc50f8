import fc from 'fast-check'
import t from 'tap'
import { recordOf } from '../../drivers/custom_webhook/map.ts'
import { asBody, type Context } from '../../drivers/custom_webhook/request.ts'
import type { FieldType, FieldValue } from '../../schemas/field.ts'
import { VALUES } from '../support/values.ts'

const ZONES = ['UTC', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kolkata', 'America/St_Johns', 'Europe/Berlin']
const ctx = {
  settings: { url: 'https://crm.example.test' },
  credentials: { secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` },
  tenant: { id: 'tenant-1', region: 'US' },
} as Context

/** Out in a signed message, kept by the endpoint as it came, told again, and in. */
const thereAndBack = (type: FieldType, value: FieldValue, keep = (sent: unknown) => sent): FieldValue => {
  const { body } = asBody(ctx, { type: 'crm.record.create', id: 'msg_1', data: { object: 'lead', fields: { it: value } } })
  const { fields } = JSON.parse(String(body)).data
  const answer = JSON.parse(JSON.stringify({ external_id: '1', fields: { it: keep(fields.it) } }))
  return recordOf('lead', [{ field: 'it', type }])(answer).fields?.it as FieldValue
}

const inEveryZone = (check: () => void) => {
  const before = process.env.TZ
  for (const zone of ZONES) {
    process.env.TZ = zone
    check()
  }
  if (before === undefined) delete process.env.TZ
  else process.env.TZ = before
}

const isSame = (one: FieldValue, other: FieldValue) => JSON.stringify(one) === JSON.stringify(other)
const text = fc.string({ unit: 'binary' })
const time = { min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true }
const moment = fc.date(time).map((date) => date.toISOString())
const values: Record<FieldType, fc.Arbitrary<FieldValue>> = {
  string: text,
  text,
  html: text,
  integer: fc.maxSafeInteger(),
  number: fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
  boolean: fc.boolean(),
  date: moment.map((iso) => iso.slice(0, 10)),
  datetime: moment,
  option: text,
  options: fc.array(text),
}

for (const [type, arbitrary] of Object.entries(values) as [FieldType, fc.Arbitrary<FieldValue>][])
  t.test(`what an endpoint keeps of a ${type} comes back as it was written, wherever the machine stands`, async (t) => {
    const isTime = type.startsWith('date')
    const check = () =>
      fc.assert(
        fc.property(arbitrary, (value) => isSame(thereAndBack(type, value), value)),
        { numRuns: isTime ? VALUES / 5 : VALUES },
      )
    if (isTime) inEveryZone(check)
    else check()
    t.equal(thereAndBack(type, null), null)
  })

t.test('a moment that the endpoint tells with an offset of its own is the same moment', async () => {
  const withOffset = (minutes: number) => (sent: unknown) => {
    const local = new Date(Date.parse(String(sent)) + minutes * 60_000).toISOString().slice(0, -1)
    const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
    return `${local}${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`
  }
  inEveryZone(() =>
    fc.assert(
      fc.property(moment, fc.integer({ min: -720, max: 840 }), (value, minutes) =>
        isSame(thereAndBack('datetime', value, withOffset(minutes)), value),
      ),
      { numRuns: VALUES / 5 },
    ),
  )
})
