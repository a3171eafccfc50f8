import fp from 'fastify-plugin'
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import { CODES, DRIFT_KINDS, LIMITS, NONE, OTHER, oneOf, RENEWAL_OUTCOMES, VERBS } from '../core/observe/labels.ts'
import type { Observed } from '../core/verbs/deps.ts'

declare module 'fastify' {
  interface FastifyInstance {
    metrics: Metrics
  }
}

export interface Metrics {
  register: Registry
  observe(call: Pick<Observed, 'verb' | 'provider' | 'code' | 'ms' | 'providerMs' | 'attempts'>): void
  ratelimitDegraded(): void
  /** A limit of ours on callers, or one of a provider, turned a request away. */
  limitHit(limit: 'caller' | 'provider'): void
  /** A request answered with an error, whatever it was for. */
  problem(code: string): void
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
    const registers = [register]
    const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
      new Counter({ name, help, labelNames, registers })
    const histogram = (name: string, help: string) =>
      new Histogram({ name, help, labelNames: ['verb', 'provider'], buckets: SECONDS, registers })
    const calls = counter('vorel_calls_total', 'Calls by outcome', 'verb', 'provider', 'code')
    const seconds = histogram('vorel_call_seconds', 'Whole time of a call')
    const providerSeconds = histogram('vorel_provider_seconds', 'Time of a call spent with the provider')
    const ownSeconds = histogram('vorel_own_seconds', 'Time of a call spent in Vorel and its database')
    const attempts = counter(
      'vorel_provider_requests_total',
      'Requests that calls made of providers, repeats included',
      'provider',
    )
    const problems = counter('vorel_problems_total', 'Requests answered with an error, by its code', 'code')
    const limits = counter('vorel_limits_hit_total', 'Requests turned away by a limit', 'limit')
    const degraded = counter('ratelimit_degraded', 'Limit decisions made in process because Redis did not answer')
    const renewals = counter('vorel_token_renewals_total', 'Access tokens renewed, or not, by outcome', 'provider', 'outcome')
    const drift = counter(
      'vorel_mapping_drift_total',
      'Mapped fields that a provider renamed, removed, retyped, closed or came to require, as they are found',
      'provider',
      'kind',
    )
    for (const limit of LIMITS) limits.inc({ limit }, 0)
    const verbOf = oneOf(VERBS)
    const codeOf = oneOf(CODES)
    const outcomeOf = oneOf(RENEWAL_OUTCOMES)
    const kindOf = oneOf(DRIFT_KINDS)
    const providerOf = (slug: string) => {
      if (slug === '') return NONE
      return app.drivers.registry().loaded(slug) ? slug : OTHER
    }
    app.decorate('metrics', {
      register,
      observe: (call) => {
        const of = { verb: verbOf(call.verb), provider: providerOf(call.provider) }
        calls.inc({ ...of, code: codeOf(call.code) })
        seconds.observe(of, call.ms / 1000)
        ownSeconds.observe(of, Math.max(0, call.ms - call.providerMs) / 1000)
        if (call.providerMs > 0) providerSeconds.observe(of, call.providerMs / 1000)
        if (call.attempts > 0) attempts.inc({ provider: of.provider }, call.attempts)
        if (call.code === 'provider_rate_limited') limits.inc({ limit: 'provider' })
      },
      ratelimitDegraded: () => degraded.inc(),
      limitHit: (limit) => limits.inc({ limit }),
      problem: (code) => problems.inc({ code: codeOf(code) }),
      tokenRenewed: (provider, outcome) => renewals.inc({ provider: providerOf(provider), outcome: outcomeOf(outcome) }),
      fieldDrifted: (provider, kind) => drift.inc({ provider: providerOf(provider), kind: kindOf(kind) }),
    })
    app.get('/metrics', { schema: { hide: true } }, async (_, reply) =>
      reply.type(register.contentType).send(await register.metrics()),
    )
  },
  { name: 'metrics', fastify: '5.x' },
)
