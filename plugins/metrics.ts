import fp from 'fastify-plugin'
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { Observed } from '../core/verbs/deps.ts'

declare module 'fastify' {
  interface FastifyInstance {
    metrics: Metrics
  }
}

export interface Metrics {
  observe(call: Pick<Observed, 'verb' | 'provider' | 'code' | 'ms' | 'providerMs'>): void
  ratelimitDegraded(): void
  /** `outcome`: `ok`, or how a grant was refused. */
  tokenRenewed(provider: string, outcome: string): void
  /** Something that a provider changed under a tenant's mapping, when it is found. */
  fieldDrifted(provider: string, kind: string): void
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Prometheus metrics at `/metrics`; labels are bounded: verbs, providers and codes, never tenants. */
export default fp(
  async (app) => {
    const register = new Registry()
    collectDefaultMetrics({ register })
    const calls = new Counter({
      name: 'vorel_calls_total',
      help: 'Calls by outcome',
      labelNames: ['verb', 'provider', 'code'],
      registers: [register],
    })
    const seconds = new Histogram({
      name: 'vorel_call_seconds',
      help: 'Whole time of a call',
      labelNames: ['verb', 'provider'],
      buckets: SECONDS,
      registers: [register],
    })
    const providerSeconds = new Histogram({
      name: 'vorel_provider_seconds',
      help: 'Time of a call spent with the provider',
      labelNames: ['verb', 'provider'],
      buckets: SECONDS,
      registers: [register],
    })
    const degraded = new Counter({
      name: 'ratelimit_degraded',
      help: 'Limit decisions made in process because Redis did not answer',
      registers: [register],
    })
    const renewals = new Counter({
      name: 'vorel_token_renewals_total',
      help: 'Access tokens renewed, or not, by outcome',
      labelNames: ['provider', 'outcome'],
      registers: [register],
    })
    const drift = new Counter({
      name: 'vorel_mapping_drift_total',
      help: 'Mapped fields that a provider renamed, removed, retyped, closed or came to require, as they are found',
      labelNames: ['provider', 'kind'],
      registers: [register],
    })
    app.decorate('metrics', {
      observe: ({ verb, provider, code, ms, providerMs }) => {
        calls.inc({ verb, provider, code })
        seconds.observe({ verb, provider }, ms / 1000)
        if (providerMs > 0) providerSeconds.observe({ verb, provider }, providerMs / 1000)
      },
      ratelimitDegraded: () => degraded.inc(),
      tokenRenewed: (provider, outcome) => renewals.inc({ provider, outcome }),
      fieldDrifted: (provider, kind) => drift.inc({ provider, kind }),
    })
    app.get('/metrics', { schema: { hide: true } }, async (_, reply) =>
      reply.type(register.contentType).send(await register.metrics()),
    )
  },
  { name: 'metrics', fastify: '5.x' },
)
