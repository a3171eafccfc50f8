import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Actor } from '../../core/admin/actor.ts'
import type { Html } from './html.ts'

export type Nav = 'tenants' | 'providers' | 'audit' | 'erasures' | 'operations'

/** What a page knows of the browser that asked for it. */
export interface ConsoleState {
  operator: Actor | null
  csrfToken: string
  /** Shown above the page's body. */
  notices: Html[]
  /** How many things wait for an operator, by where they are found. */
  counts: Partial<Record<Nav, number>>
}

type Count = () => Promise<number>

declare module 'fastify' {
  interface FastifyRequest {
    consoleState: ConsoleState
  }
  interface FastifyInstance {
    /** Has the navigation show how many things wait at `nav`. */
    consoleCounter(nav: Nav, count: Count): void
    consoleCounts(): Promise<ConsoleState['counts']>
  }
}

export const registerState = (app: FastifyInstance): void => {
  const counters = new Map<Nav, Count>()
  app.decorateRequest('consoleState')
  app.decorate('consoleCounter', (nav: Nav, count: Count) => void counters.set(nav, count))
  app.decorate('consoleCounts', async () =>
    Object.fromEntries(await Promise.all([...counters].map(async ([nav, count]) => [nav, await count()] as const))),
  )
}

/** Sent by htmx for a part of the page that is open, and not by the browser for a whole one. */
export const isPart = ({ headers }: FastifyRequest): boolean =>
  headers['hx-request'] === 'true' && headers['hx-boosted'] !== 'true' && headers['hx-history-restore-request'] !== 'true'
