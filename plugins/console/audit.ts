import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { csvHeading, csvLines } from '../../core/audit/csv.ts'
import { readAudit, auditPages as readPages } from '../../core/audit/read.ts'
import { auditFilter, filterForm, queryWith } from './audit/filter.ts'
import { rowGroups } from './audit/rows.ts'
import { markup } from './markup.ts'
import { type Visit, visits } from './visit.ts'

const PAGE_ROWS = 100

/** Who did what to what, of all tenants. */
export const auditPages = async (app: FastifyInstance): Promise<void> => {
  const { get } = visits(app, 'audit')
  get('/audit', (visit) => list(app, visit))
  get('/audit.csv', async ({ reply, query }) => {
    reply.type('text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="audit.csv"')
    return reply.send(Readable.from(csvOf(app, query)))
  })
}

async function* csvOf({ database }: FastifyInstance, query: Visit['query']): AsyncGenerator<string> {
  yield csvHeading
  for await (const rows of readPages(database.pool, auditFilter(query))) yield csvLines(rows)
}

const list = async ({ database }: FastifyInstance, { query, show }: Visit): Promise<string> => {
  const rows = await readAudit(database.pool, { ...auditFilter(query), limit: PAGE_ROWS + 1 })
  const shown = rows.slice(0, PAGE_ROWS)
  const older = rows.length > PAGE_ROWS && queryWith(query, { before: String(shown.at(-1)?.seq) })
  return show(
    { title: 'Audit' },
    filterForm(query),
    shown.length === 0 ? markup`<p class="empty">No row matches. Take a filter away, or a longer time.</p>` : rowGroups(shown),
    markup`<p class="actions">${query.has('before') && markup`<a href="/console/audit${queryWith(query)}">Newest</a> `}${older !== false && markup`<a href="/console/audit${older}" rel="next">Older</a>`}</p>`,
  )
}
