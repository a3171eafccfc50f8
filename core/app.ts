import Fastify, { type FastifyInstance, LogController } from 'fastify'
import packageJson from '../package.json' with { type: 'json' }
import apiKeys from '../plugins/api-keys.ts'
import auditSeals from '../plugins/audit-seals.ts'
import callStats from '../plugins/call-stats.ts'
import caller from '../plugins/caller.ts'
import { operatorConsole } from '../plugins/console/index.ts'
import consoleSignIn from '../plugins/console-sign-in.ts'
import database from '../plugins/database.ts'
import drivers from '../plugins/drivers.ts'
import errors from '../plugins/errors.ts'
import gauges from '../plugins/gauges.ts'
import jobs from '../plugins/jobs.ts'
import jwt from '../plugins/jwt.ts'
import leads from '../plugins/leads.ts'
import metrics from '../plugins/metrics.ts'
import openapi from '../plugins/openapi.ts'
import operatorSessions from '../plugins/operator-sessions.ts'
import operators from '../plugins/operators.ts'
import pipeline from '../plugins/pipeline.ts'
import pressure from '../plugins/pressure.ts'
import rateLimit from '../plugins/rate-limit.ts'
import redis from '../plugins/redis.ts'
import requestId, { requestIdOf } from '../plugins/request-id.ts'
import switches from '../plugins/switches.ts'
import tracing from '../plugins/tracing.ts'
import vault from '../plugins/vault.ts'
import { sinkAt } from './audit/sink.ts'
import type { Config } from './config.ts'
import { watchFields } from './drift/watch.ts'
import { runErasures } from './erasure/run.ts'
import { countersFor } from './limits/counter.ts'
import { logStream } from './log-stream.ts'
import { keepFresh } from './oauth/keep-fresh.ts'
import { forgetCallStats } from './observe/call-stats.ts'
import { auditRoutes } from './routes/audit.ts'
import { connectionRoutes } from './routes/connections.ts'
import { driftRoutes, watching } from './routes/drift.ts'
import { erasing, erasureRoutes } from './routes/erasures.ts'
import { fieldRoutes } from './routes/fields.ts'
import { healthRoutes } from './routes/health.ts'
import { leadRoutes } from './routes/leads.ts'
import { mappingRoutes } from './routes/mappings.ts'
import { oauthRoutes } from './routes/oauth.ts'
import { operationRoutes } from './routes/operations.ts'
import { providerRoutes } from './routes/providers.ts'
import { publicRoutes } from './routes/public.ts'
import { recordRoutes } from './routes/records.ts'
import { keyRoutes, tenantRoutes } from './routes/tenants.ts'
import { toolRoutes } from './routes/tools.ts'
import { jobsName } from './vault/inventory.ts'
import { openKeyring } from './vault/open.ts'
import { SigningKey } from './vault/signing-key.ts'
import { sweep } from './verbs/sweep.ts'

const BODY_BYTES = 256 * 1024

export interface AppConfig extends Config {
  databaseUrl: string
}

/** The service, in starting order. Everything that listens or connects ends with `close()`. */
export const buildApp = async (config: AppConfig): Promise<FastifyInstance> => {
  const app = Fastify({
    logger: {
      level: config.logLevel,
      base: undefined,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      stream: logStream,
    },
    logController: new LogController({ disableRequestLogging: true }), // one line per call, from the pipeline
    genReqId: requestIdOf,
    bodyLimit: BODY_BYTES,
    routerOptions: { maxParamLength: 800 }, // an idempotency key of 255 characters, each percent-encoded
    forceCloseConnections: 'idle',
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, strictTypes: false } },
  })
  const signingKey = new SigningKey(config.signingKey)
  try {
    const keyring = await openKeyring(config)
    await app.register(requestId)
    await app.register(errors)
    await app.register(tracing, { config: config.tracing, version: packageJson.version })
    await app.register(metrics)
    await app.register(pressure)
    await app.register(database, { url: config.databaseUrl })
    await app.register(callStats)
    await app.register(vault, { keyring })
    await app.register(redis, { url: config.redisUrl ?? undefined })
    await app.register(drivers, { folders: config.driverFolders, providers: config.providers })
    await app.register(switches, { url: config.databaseUrl })
    await app.register(pipeline, {
      signingKey,
      keyring,
      allowAddresses: config.allowAddresses,
      oauthApps: config.oauthApps,
      endpoints: config.endpoints,
      deadlineMs: config.deadlineMs,
    })
    await app.register(auditSeals, { signingKey, sink: sinkAt(config.auditSink) })
    await app.register(leads, { deadlineMs: config.deadlineMs })
    await app.register(jobs, {
      url: config.databaseUrl,
      name: jobsName(keyring.currentId),
      settle: () => sweep(app.pipeline, app.log),
      keepFresh: () => keepFresh(app.pipeline, app.log),
      watchFields: () => watchFields(app.pipeline, watching(app)),
      forgetCallStats: () => forgetCallStats(app.database),
      erase: () => runErasures(app.pipeline, erasing(app)),
      deliverLeads: () => app.leads.deliverer.deliverDue(),
    })
    await app.register(gauges)
    await app.register(caller)
    await app.register(apiKeys, { access: app.pipeline.access })
    await app.register(jwt, { access: app.pipeline.access, config })
    await app.register(operatorSessions, { publicUrl: config.publicUrl })
    await app.register(operators, { config })
    await app.register(consoleSignIn, {
      config: config.console,
      publicUrl: config.publicUrl,
      allowAddresses: config.allowAddresses,
    })
    await app.register(rateLimit, {
      countersOf: ({
        caller: { access },
        routeOptions: {
          config: { verb = '' },
        },
      }) => countersFor(config, { apiKeyId: access.apiKey?.id, tenantId: access.tenant.id, verb }),
      onDegraded: () => app.metrics.ratelimitDegraded(),
      onExceeded: () => app.metrics.limitHit('caller'),
    })
    await app.register(openapi, { publicUrl: config.publicUrl, version: packageJson.version })
    await app.register(healthRoutes)
    await app.register(publicRoutes)
    await app.register(leadRoutes)
    await app.register(toolRoutes)
    await app.register(connectionRoutes, { publicUrl: config.publicUrl })
    await app.register(providerRoutes)
    await app.register(tenantRoutes)
    await app.register(keyRoutes)
    await app.register(auditRoutes)
    await app.register(fieldRoutes)
    await app.register(mappingRoutes)
    await app.register(oauthRoutes)
    await app.register(driftRoutes)
    await app.register(recordRoutes)
    await app.register(operationRoutes)
    await app.register(operatorConsole, { prefix: '/console', publicUrl: config.publicUrl })
    await app.register(erasureRoutes)
    return app
  } catch (error) {
    await app.close().catch(() => undefined)
    throw error
  }
}
