import Type, { type Static, type TSchema } from 'typebox'
import type { DriverContext } from '../../core/driver.ts'
import type { manifest } from './manifest.ts'

export type Ctx = DriverContext<typeof manifest>

/** One that every org has, sandboxes and production alike. */
export const DATA = '/services/data/v67.0'

/** Where an answer goes on: a path of the query API itself, nothing else is followed. */
const NEXT = Type.Optional(Type.String({ pattern: '^/services/data/v\\d+\\.\\d/query/[A-Za-z0-9-]+$' }))

/** All rows: Salesforce decides how many it sends at once, and a short page is not the last one. */
export const query = async <S extends TSchema>({ http }: Ctx, statement: string, row: S): Promise<Static<S>[]> => {
  const Page = Type.Object({ records: Type.Array(row), nextRecordsUrl: NEXT })
  let page = await http.get(`${DATA}/query`, Page, { q: statement })
  const rows = [...page.records]
  while (page.nextRecordsUrl) {
    page = await http.get(page.nextRecordsUrl, Page)
    rows.push(...page.records)
  }
  return rows as Static<S>[]
}

/** By the index, which runs behind: seconds, minutes after a load of many. */
export const search = async <S extends TSchema>({ http }: Ctx, statement: string, row: S): Promise<Static<S>[]> => {
  const { searchRecords } = await http.get(`${DATA}/search`, Type.Object({ searchRecords: Type.Array(row) }), { q: statement })
  return searchRecords as Static<S>[]
}
