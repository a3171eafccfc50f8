import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Actor } from '../../core/admin/actor.ts'
import { isVorelError, type VorelError } from '../../core/errors.ts'
import { formOf, type Input, paramOf, queryOf } from './input.ts'
import { asMarkup, type Markup } from './markup.ts'
import { notice, type Page, page, problemNotice } from './page.ts'
import { postButton, table, time } from './parts.ts'
import { type ConsoleRequest, type Context, consoleRoute, csrfField, redirect } from './route.ts'
import type { Nav } from './state.ts'

type Heading = Omit<Page, 'nav' | 'body' | 'actions'> & { actions?: Markup }

/** One operator at one page. */
export interface Visit {
  request: ConsoleRequest
  reply: FastifyReply
  operator: Actor
  query: Input
  form: Input
  param(name: string): string
  /** To stand in every form that changes something. */
  csrf: Markup
  show(heading: Heading, ...body: (Markup | null)[]): string
  /** To another page, which tells what was done. */
  done(to: string, told: string): FastifyReply
}

export type Handle = (visit: Visit) => Promise<string | FastifyReply>

/** Routes of the console whose handlers speak in markup. What a `post` throws is told on the page of `from`, or of `get` at the same path. */
export const visits = (app: FastifyInstance, nav: Nav) => {
  const route = consoleRoute(app)
  const visited = (handle: Handle) => (at: Context) => handle(visitOf(at, nav))
  return {
    get: (path: string, handle: Handle) => route.get(path, visited(handle)),
    post: (path: string, handle: Handle, from?: Handle) => route.post(path, visited(handle), from && visited(from)),
  }
}

const visitOf = (at: Context, nav: Nav): Visit => ({
  ...at,
  query: queryOf(at.request),
  form: formOf(at.request),
  param: (name) => paramOf(at.request, name),
  csrf: asMarkup(csrfField(at.request)),
  show: ({ actions, ...heading }, ...body) =>
    page(at.request, {
      ...heading,
      ...(actions && { actions: String(actions) }),
      nav,
      body: body.map((part) => String(part ?? '')),
    }),
  done: (to, told) => redirect(at.reply, to, told),
})

/** What was done, or why it was refused, with its own status, for a page that shows it beside what was entered. */
export const tried = async <T>(
  { reply }: Visit,
  act: () => Promise<T>,
): Promise<{ done: T; refusal: null } | { done: null; refusal: VorelError }> => {
  try {
    return { done: await act(), refusal: null }
  } catch (error) {
    if (!isVorelError(error)) throw error
    reply.code(error.status)
    return { done: null, refusal: error }
  }
}

/** What the console's ground makes, as markup. */
export const ground = {
  problem: (error: VorelError): Markup => asMarkup(problemNotice(error)),
  note: (...said: Parameters<typeof notice>): Markup => asMarkup(notice(...said)),
  when: (at: Parameters<typeof time>[0]): Markup => asMarkup(time(at)),
  table: ({ rows, ...about }: Omit<Parameters<typeof table>[0], 'rows'> & { rows: readonly (readonly Markup[])[] }): Markup =>
    asMarkup(table({ ...about, rows: rows.map((cells) => cells.map(String)) })),
  button: ({ request }: Visit, asked: Parameters<typeof postButton>[1]): Markup => asMarkup(postButton(request, asked)),
}
