import { VorelError } from '../../core/driver.ts'
import { type Ctx, query, search } from './call.ts'
import { type Native, nativeOf, type ObjectName } from './manifest.ts'
import { Row, readableFields } from './map.ts'
import { anyOf, beginning, find, names, nothing, part, soql, sosl, wordsOf } from './soql.ts'

const LONGEST = 500
/** Salesforce's index takes no less. */
const FEWEST_CHARACTERS = 2

const BEGINNINGS: Record<Native, readonly string[]> = {
  Contact: ['Name', 'LastName'],
  Lead: ['Name', 'LastName', 'Company'],
  Opportunity: ['Name'],
}

/** Whole words anywhere by the index; beginnings of names by the table, which knows new records at once. */
export const searchByText = async (ctx: Ctx, object: ObjectName, given: string, limit: number): Promise<Row[]> => {
  const text = given.trim()
  if (text === '') return []
  if (text.length > LONGEST)
    throw new VorelError(
      'invalid_request',
      `Salesforce is searched for at most ${LONGEST} characters. Search for a name or a few words.`,
    )
  const [found, begun] = await Promise.all([byWords(ctx, object, text, limit), byBeginning(ctx, object, text, limit)])
  const seen = new Set(found.map(({ Id }) => Id))
  return [...found, ...begun.filter(({ Id }) => !seen.has(Id))].slice(0, limit)
}

const isSearchable = (words: string[]): boolean => words.join('').replaceAll(/[^\p{L}\p{N}]/gu, '').length >= FEWEST_CHARACTERS

const byWords = async (ctx: Ctx, object: ObjectName, text: string, limit: number): Promise<Row[]> => {
  const words = wordsOf(text)
  if (!isSearchable(words)) return []
  const isOpen = object === 'lead' ? part` WHERE IsConverted = false` : nothing
  return search(
    ctx,
    sosl`FIND ${find(words, 'AND')} IN ALL FIELDS RETURNING ${names([nativeOf(object)])}(${names(readableFields(ctx, object))}${isOpen} LIMIT ${limit})`,
    Row,
  )
}

const byBeginning = async (ctx: Ctx, object: ObjectName, text: string, limit: number): Promise<Row[]> => {
  const fields = readableFields(ctx, object)
  const likes = BEGINNINGS[nativeOf(object)].map((field) => part`${names([field])} LIKE ${beginning(text)}`)
  const email = fields.includes('Email') ? [part`Email = ${text}`] : []
  const isOpen = object === 'lead' ? part` AND IsConverted = false` : nothing
  return query(
    ctx,
    soql`SELECT ${names(fields)} FROM ${names([nativeOf(object)])} WHERE ${anyOf([...likes, ...email])}${isOpen} ORDER BY SystemModstamp DESC, Id DESC LIMIT ${limit}`,
    Row,
  )
}
