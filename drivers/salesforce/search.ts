import { VorelError } from '../../core/driver.ts'
import { type Ctx, query, search } from './call.ts'
import { type Columns, type Reading, withColumns } from './columns.ts'
import { personsIn } from './lookup.ts'
import { type Native, nativeOf, type ObjectName } from './manifest.ts'
import { Row, readableFields } from './map.ts'
import { findByPhone } from './phone.ts'
import { anyOf, beginning, find, names, nothing, part, soql, sosl, wordsOf } from './soql.ts'

const LONGEST = 500
/** Salesforce's index takes no less. */
const FEWEST_CHARACTERS = 2

const BEGINNINGS: Record<Native, readonly string[]> = {
  Contact: ['Name', 'LastName'],
  Lead: ['Name', 'LastName', 'Company'],
  Opportunity: ['Name'],
}

interface Search extends Reading {
  object: ObjectName
  query: string
  phone?: string
  limit: number
}

/** Whoever has the number, where it is one; a number that nobody has is a text like others. */
export const searchFor = async (ctx: Ctx, asked: Search): Promise<Row[]> => {
  const { object, phone, limit } = asked
  const person = phone === undefined ? [] : personsIn(ctx).filter((known) => known === object)
  const theirs = phone === undefined ? [] : await findByPhone(ctx, person, phone, asked)
  return theirs.length > 0 ? theirs.slice(0, limit) : searchByText(ctx, asked)
}

/** Whole words anywhere by the index; beginnings of names by the table, which knows new records at once. */
const searchByText = async (ctx: Ctx, asked: Search): Promise<Row[]> => {
  const text = asked.query.trim()
  if (text === '') return []
  if (text.length > LONGEST)
    throw new VorelError(
      'invalid_request',
      `Salesforce is searched for at most ${LONGEST} characters. Search for a name or a few words.`,
    )
  const [found, begun] = await withColumns(ctx, asked, (columns) =>
    Promise.all([byWords(ctx, columns, asked, text), byBeginning(ctx, columns, asked, text)]),
  )
  const seen = new Set(found.map(({ Id }) => Id))
  return [...found, ...begun.filter(({ Id }) => !seen.has(Id))].slice(0, asked.limit)
}

const isSearchable = (words: string[]): boolean => words.join('').replaceAll(/[^\p{L}\p{N}]/gu, '').length >= FEWEST_CHARACTERS

const byWords = async (ctx: Ctx, columns: Columns, { object, limit }: Search, text: string): Promise<Row[]> => {
  const words = wordsOf(text)
  if (!isSearchable(words)) return []
  const isOpen = object === 'lead' ? part` WHERE IsConverted = false` : nothing
  return search(
    ctx,
    sosl`FIND ${find(words, 'AND')} IN ALL FIELDS RETURNING ${names([nativeOf(object)])}(${names(columns(object))}${isOpen} LIMIT ${limit})`,
    Row,
  )
}

const byBeginning = async (ctx: Ctx, columns: Columns, { object, limit }: Search, text: string): Promise<Row[]> => {
  const likes = BEGINNINGS[nativeOf(object)].map((field) => part`${names([field])} LIKE ${beginning(text)}`)
  const email = readableFields(ctx, object).includes('Email') ? [part`Email = ${text}`] : []
  const isOpen = object === 'lead' ? part` AND IsConverted = false` : nothing
  return query(
    ctx,
    soql`SELECT ${names(columns(object))} FROM ${names([nativeOf(object)])} WHERE ${anyOf([...likes, ...email])}${isOpen} ORDER BY SystemModstamp DESC, Id DESC LIMIT ${limit}`,
    Row,
  )
}
