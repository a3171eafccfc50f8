import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import * as schemas from '../../schemas/operate.ts'
import { csvHeading, csvLines } from '../audit/csv.ts'
import { type AuditFilter, auditPages, readAudit } from '../audit/read.ts'
import { operatorRoute } from './operator.ts'

const PAGE_ROWS = 100

/** The audit log, for reading: a page as JSON, or all of it as CSV. */
export const auditRoutes = async (app: FastifyInstance): Promise<void> => {
  const { pool } = app.database
  app.get<{ Querystring: schemas.AuditQuery }>(
    '/api/audit',
    operatorRoute(app)('The audit log, the newest first; all that matches as CSV with `Accept: text/csv`', {
      params: Type.Object({}),
      querystring: schemas.AuditQuery,
      response: {
        200: {
          description: 'A page, or with `Accept: text/csv` every row',
          content: { 'application/json': { schema: schemas.AuditPage }, 'text/csv': { schema: Type.String() } },
        },
      },
    }),
    async ({ query, headers }, reply) => {
      const filter = filterOf(query)
      if (headers.accept?.includes('text/csv'))
        return reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', 'attachment; filename="audit.csv"')
          .send(Readable.from(csvOf(auditPages(pool, filter))))
      const limit = query.limit === undefined ? PAGE_ROWS : Number(query.limit)
      const rows = await readAudit(pool, { ...filter, limit: limit + 1 })
      const next = rows.length > limit ? String(rows[limit - 1]?.seq) : null
      return reply.type('application/json').send({ rows: rows.slice(0, limit), next })
    },
  )
}

const filterOf = (query: schemas.AuditQuery): Omit<AuditFilter, 'limit'> => ({
  tenantId: query.tenant,
  actorType: query.actor_type,
  action: query.action,
  code: query.code,
  from: query.from === undefined ? undefined : new Date(query.from),
  to: query.to === undefined ? undefined : new Date(query.to),
  beforeSeq: query.before === undefined ? undefined : Number(query.before),
})

async function* csvOf(pages: ReturnType<typeof auditPages>): AsyncGenerator<string> {
  yield csvHeading
  for await (const rows of pages) yield csvLines(rows)
}
