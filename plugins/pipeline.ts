import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { CallOptions } from '../core/caller.ts'
import { VorelError } from '../core/errors.ts'
import type { OAuthApps } from '../core/oauth/app.ts'
import { OAuthClient } from '../core/oauth/client.ts'
import { Coordinator } from '../core/oauth/coordinator.ts'
import { createOutbound } from '../core/outbound/context.ts'
import type { Endpoints } from '../core/outbound/endpoint.ts'
import { createSessions } from '../core/outbound/session.ts'
import { createTransport, type Transport } from '../core/outbound/transport.ts'
import { AccessReader } from '../core/store/access.ts'
import { AuditLog } from '../core/store/audit.ts'
import { Mappings } from '../core/store/mappings.ts'
import { Operations } from '../core/store/operations.ts'
import { serviceSecret } from '../core/store/service-secrets.ts'
import { TokenStore } from '../core/store/tokens.ts'
import { Subjects } from '../core/subjects.ts'
import type { Keyring } from '../core/vault/keyring.ts'
import type { SigningKey } from '../core/vault/signing-key.ts'
import type { Deps } from '../core/verbs/deps.ts'

declare module 'fastify' {
  interface FastifyInstance {
    pipeline: Deps
    /** Deadline and log of one call: `x-deadline-ms` may shorten it. */
    callOptions(request: FastifyRequest): CallOptions
    /** How the connections to providers are used. */
    outboundUse: Transport['use']
  }
}

export interface PipelineOptions {
  keyring: Keyring
  signingKey: SigningKey
  allowAddresses: string[]
  oauthApps: OAuthApps
  endpoints: Endpoints
  deadlineMs: number
}

/** All that calls go through, put together. */
export default fp<PipelineOptions>(
  async (app, { keyring, signingKey, allowAddresses, oauthApps, endpoints, deadlineMs }) => {
    const { pool } = app.database
    const transport = createTransport({ allowAddresses, tracer: app.tracer })
    const oauth = new OAuthClient({ transport, endpoints, apps: oauthApps })
    const tokens = new TokenStore(pool)
    const observe = (provider: string, outcome: string) => app.metrics.tokenRenewed(provider, outcome)
    const sessions = createSessions({ transport, endpoints })
    const coordinator = new Coordinator({ store: tokens, keyring, client: oauth, sessions, observe })
    const outbound = createOutbound({ transport, endpoints, renewer: coordinator })
    app.addHook('onClose', async () => {
      await coordinator.settled(STOPPING_MS)
      await outbound.close()
    })
    app.decorate('pipeline', {
      tracer: app.tracer,
      registry: () => app.drivers.registry(),
      drivers: app.drivers,
      outbound,
      oauth,
      sessions,
      tokens,
      coordinator,
      keyring,
      signingKey,
      subjects: new Subjects(await serviceSecret(pool, keyring, 'subjects')),
      access: new AccessReader(pool, app.tracer),
      audit: new AuditLog(pool, app.tracer),
      mappings: new Mappings(pool),
      operations: new Operations(pool, app.tracer),
      observe: (call) => {
        app.metrics.observe(call)
        app.callStats.count(call)
        app.log.info({ ...call, ms: Math.round(call.ms), providerMs: Math.round(call.providerMs) }, 'call')
      },
      settleLater: (afterMs) => app.jobs.settleLater(afterMs),
      eraseLater: () => app.jobs.eraseLater(),
    } satisfies Deps)
    app.decorate('outboundUse', transport.use)
    app.decorate('callOptions', (request) => ({
      deadlineMs: Math.min(deadlineMs, askedDeadline(request.headers['x-deadline-ms'])),
      log: request.log,
    }))
  },
  { name: 'pipeline', dependencies: ['database', 'drivers', 'metrics', 'call-stats', 'tracing'], fastify: '5.x' },
)

/** A stop waits no longer for renewals under way; what they bring after that is lost. */
const STOPPING_MS = 5_000

const askedDeadline = (header: string | string[] | undefined): number => {
  if (header === undefined) return Number.POSITIVE_INFINITY
  if (typeof header === 'string' && /^[1-9]\d{0,6}$/.test(header)) return Number(header)
  throw new VorelError('invalid_request', 'x-deadline-ms must be a whole number of milliseconds, at least 1.')
}
