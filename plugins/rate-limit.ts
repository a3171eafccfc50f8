import rateLimit, { type FastifyRateLimitStore, type FastifyRateLimitStoreCtor } from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { VorelError } from '../core/errors.ts'
import { type Counter, type Standing, WINDOW_MS } from '../core/limits/counter.ts'
import { type Limiter, limiter } from '../core/limits/limiter.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What requests of this route count against, where it is not what calls do. */
    counters?(request: FastifyRequest): Counter[]
  }
}

export interface RateLimitOptions {
  /** What a request counts against; asked once the caller is known. */
  countersOf(request: FastifyRequest): Counter[]
  /** For each decision made without Redis although one is configured. */
  onDegraded?: () => void
  /** For each request that is turned away. */
  onExceeded?: () => void
}

/** Limits the routes that say `config: { rateLimit: {} }`, whichever of a request's counters binds. */
export default fp<RateLimitOptions>(
  async (app, { countersOf: ofCalls, onDegraded, onExceeded }) => {
    const countersOf = (request: FastifyRequest) => (request.routeOptions.config.counters ?? ofCalls)(request)
    const take = limiter({
      redis: app.redis,
      onDegraded,
      onTurn: (isAnswering) =>
        isAnswering
          ? app.log.info('Redis answers again: limits are counted there.')
          : app.log.warn('Redis does not answer in time: limits are counted in this process until it does.'),
    })
    await app.register(rateLimit, {
      global: false,
      hook: 'preHandler',
      timeWindow: WINDOW_MS,
      max: 0, // the store answers with how far past the limit a request is, since each counter has a limit of its own
      store: storeOf(take),
      // Handed to the store as it is.
      keyGenerator: (request) => countersOf(request) as unknown as string,
      addHeaders: { 'x-ratelimit-limit': false },
      addHeadersOnExceeding: { 'x-ratelimit-limit': false },
      ...(onExceeded && { onExceeded: () => onExceeded() }),
      errorResponseBuilder: (request, { ttl }) => refusal(countersOf(request), ttl),
    })
  },
  { name: 'rate-limit', dependencies: ['redis'], fastify: '5.x' },
)

/** The library's store, which counts nothing itself: `key` is what `keyGenerator` returned. */
function storeOf(take: Limiter): FastifyRateLimitStoreCtor {
  return class implements FastifyRateLimitStore {
    incr(key: string, done: Parameters<FastifyRateLimitStore['incr']>[1]): void {
      const tell = ({ remaining, resetMs }: Standing) => done(null, { current: -remaining, ttl: resetMs })
      const standing = take(key as unknown as Counter[])
      if (standing instanceof Promise) standing.then(tell, done)
      else tell(standing)
    }

    child() {
      return this
    }
  }
}

function refusal(counters: readonly Counter[], resetMs: number): VorelError {
  const retryAfterSeconds = Math.max(1, Math.ceil(resetMs / 1000))
  const limits = counters.map(({ max }) => max).join(' and ')
  return new VorelError(
    'rate_limited',
    `Calls a minute are limited to ${limits} here, and that is used up. Try again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  )
}
