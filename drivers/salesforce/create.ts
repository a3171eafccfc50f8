import Type from 'typebox'
import { path, VorelError } from '../../core/driver.ts'
import type { CreateRecordInput, CreateRecordOutput, Fields } from '../../schemas/verbs.ts'
import { completed, toBody } from './body.ts'
import { type Ctx, DATA, query } from './call.ts'
import { isCollision } from './faults.ts'
import { nativeOf } from './manifest.ts'
import { recordUrl } from './map.ts'
import { names, soql } from './soql.ts'
import { findByTrace, signed } from './trace.ts'

const Saved = Type.Object({ id: Type.String({ minLength: 15 }), success: Type.Literal(true) })
const Keyed = Type.Object({ Id: Type.String({ minLength: 15 }) })

/** What `testConnection` found of the object: `native` where it has the key field, `none` where it has no place for a reference at all. */
const classOf = ({ facts }: Ctx, object: string): string => facts[`idempotency.${object}`] ?? 'search'

export const create = async (ctx: Ctx, { object, fields, reference }: CreateRecordInput): Promise<CreateRecordOutput> => {
  const body = completed(object, toBody(object, fields), ctx.facts.stage)
  const how = classOf(ctx, object)
  const traced = how === 'none' ? body : { ...body, Description: signed(body.Description, reference) }
  const id = how === 'native' ? await createByKey(ctx, object, body, reference) : await insert(ctx, object, traced)
  return { external_id: id, record_url: recordUrl(ctx, object, id) }
}

/** The record that an earlier create made under the reference. */
export const findCreated = async (ctx: Ctx, object: string, reference: string): Promise<CreateRecordOutput | null> => {
  const find = classOf(ctx, object) === 'native' ? findByKey : findByTrace
  const id = await find(ctx, object, reference)
  return id === null ? null : { external_id: id, record_url: recordUrl(ctx, object, id) }
}

const insert = async ({ http }: Ctx, object: string, body: Fields): Promise<string> =>
  (await http.post(`${DATA}${path`/sobjects/${nativeOf(object)}`}`, Saved, body)).id

/** An upsert onto a record that is there would write the first values over what was changed since: so it is looked for before. */
const createByKey = async (ctx: Ctx, object: string, body: Fields, reference: string): Promise<string> => {
  refuseKey(ctx, body)
  const known = await findByKey(ctx, object, reference)
  if (known) return known
  try {
    return await upsert(ctx, object, body, reference)
  } catch (error) {
    if (!isCollision(error)) throw error
    return (await findByKey(ctx, object, reference)) ?? upsert(ctx, object, body, reference)
  }
}

const refuseKey = ({ settings: { reference_field } }: Ctx, body: Fields): void => {
  const fields = Object.keys(body).filter((name) => name.toLowerCase() === reference_field.toLowerCase())
  if (fields.length === 0) return
  throw new VorelError('field_invalid', `'${reference_field}' is where Vorel keeps its key. Map the slot to another field.`, {
    fields,
  })
}

const upsert = async ({ http, settings }: Ctx, object: string, body: Fields, reference: string): Promise<string> => {
  const where = path`/sobjects/${nativeOf(object)}/${settings.reference_field}/${reference}`
  return (await http.patch(`${DATA}${where}`, Saved, body)).id
}

const findByKey = async (ctx: Ctx, object: string, reference: string): Promise<string | null> => {
  const field = ctx.settings.reference_field
  const statement = soql`SELECT Id FROM ${names([nativeOf(object)])} WHERE ${names([field])} = ${reference} LIMIT 2`
  const [row, another] = await query(ctx, statement, Keyed)
  if (!another) return row?.Id ?? null
  throw new VorelError(
    'record_conflict',
    `Salesforce has several records under one key. Make '${field}' Unique there, then test the connection again.`,
  )
}
