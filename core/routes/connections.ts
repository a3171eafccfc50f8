import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as schemas from '../../schemas/connections.ts'
import { ConnectionInFull, Tested, TestRequest } from '../../schemas/operate.ts'
import { type ConnectionReport, connectionReport } from '../admin/connection-report.ts'
import { connectTenant, showConnection } from '../admin/connections.ts'
import { disconnectTenant } from '../admin/disconnect.ts'
import { testCandidate, testStored } from '../admin/test-connection.ts'
import { VorelError } from '../errors.ts'
import { type SignInStarted, startSignIn } from '../oauth/flow.ts'
import { Flows, SIGN_IN_MS } from '../oauth/flow-store.ts'
import { operatorRoute } from './operator.ts'
import { problemResponses } from './problems.ts'

const PATH = '/api/tenants/:tenant_id/connection'

/** A tenant's connection, for the platform's operators and its own console. */
export const connectionRoutes = async (app: FastifyInstance, { publicUrl }: { publicUrl: string }): Promise<void> => {
  const { pipeline: deps, database } = app
  const route = operatorRoute(app)
  const connected = {
    201: schemas.Connected,
    202: { description: 'To be finished in a browser, at authorize_url', ...schemas.SignInBegun },
  }
  app.post<{ Params: schemas.TenantParams; Body: schemas.ConnectRequest }>(
    PATH,
    route('Connect a CRM, or begin the sign-in there', {
      body: schemas.ConnectRequest,
      response: { ...connected, ...problemResponses([413, 415, 424, 503, 504]) },
    }),
    (request, reply) =>
      isSignIn(app, request.body.provider) ? signIn(app, publicUrl, request, reply) : connect(app, request, reply),
  )
  app.get<{ Params: schemas.TenantParams }>(
    PATH,
    route('What a tenant is connected to, and how that is', { response: { 200: ConnectionInFull } }),
    ({ params }) => shownInFull(app, params.tenant_id),
  )
  app.post<{ Params: schemas.TenantParams; Body: TestRequest }>(
    `${PATH}/test`,
    route(
      'Ask the provider whether the connection works',
      { body: TestRequest, response: { 200: Tested } },
      { asksProvider: true },
    ),
    async ({ params: { tenant_id: tenantId }, body: { provider, settings, credentials }, operator, id: requestId }) => {
      const by = { ...operator, tenantId, requestId }
      if (provider) return testCandidate(deps, database, { ...by, provider, entered: { ...settings, ...credentials } })
      if (settings || credentials)
        throw new VorelError('invalid_request', 'A form needs its provider. Without any of them, what is stored is tested.')
      return testStored(deps, database, by)
    },
  )
  app.get<{ Params: schemas.SignInParams }>(
    `${PATH}/sign-ins/:flow_id`,
    route('How a sign-in stands', {
      params: schemas.SignInParams,
      response: { 200: schemas.SignInStatus, ...problemResponses([404]) },
    }),
    async ({ params: { tenant_id, flow_id } }) => {
      const found = await new Flows(database.pool).status(tenant_id, flow_id)
      if (!found)
        throw new VorelError('not_found', `Tenant '${tenant_id}' has no such sign-in, or it is over since yesterday. Begin one.`)
      return { ...found, expires_at: found.expires_at.toISOString() }
    },
  )
  app.delete<{ Params: schemas.TenantParams }>(
    PATH,
    route('Disconnect: end the grant at the provider, and delete the credentials', { response: { 200: schemas.Disconnected } }),
    ({ params, operator, id }) => disconnectTenant(deps, database, { ...operator, tenantId: params.tenant_id, requestId: id }),
  )
}

const shownInFull = async ({ pipeline, database }: FastifyInstance, tenantId: string) => {
  const shown = await showConnection(database, tenantId)
  const { budget_left, ...report } = await connectionReport(pipeline, database, tenantId)
  return { ...shown, ...report, budget_left: budget_left && shownBudget(budget_left) }
}

const shownBudget = (left: NonNullable<ConnectionReport['budget_left']>) => ({
  process: left.process,
  requests_per_second: left.requestsPerSecond,
  requests_now: left.requestsNow,
  concurrency: left.concurrency,
  running: left.running,
  waiting: left.waiting,
  blocked_ms: left.blockedMs,
})

type Connecting = FastifyRequest<{ Params: schemas.TenantParams; Body: schemas.ConnectRequest }>

const isSignIn = ({ pipeline }: FastifyInstance, provider: string): boolean => {
  const { auth } = pipeline.registry().get(provider).manifest
  return auth.kind === 'oauth2' && auth.grant === 'authorization_code'
}

const connect = async ({ pipeline, database }: FastifyInstance, request: Connecting, reply: FastifyReply) => {
  const { provider, settings, credentials, on_unmapped } = request.body
  const { account = null, warning = null } = await connectTenant(pipeline, database, {
    ...request.operator,
    tenantId: request.params.tenant_id,
    provider,
    entered: { ...settings, ...credentials },
    ...(on_unmapped && { onUnmapped: on_unmapped }),
    requestId: request.id,
  })
  return reply.code(201).send({ provider, status: 'active', account, warning })
}

const signIn = async ({ pipeline, database }: FastifyInstance, publicUrl: string, request: Connecting, reply: FastifyReply) => {
  const { provider, settings, credentials, on_unmapped } = request.body
  const started = await startSignIn(pipeline, database, {
    actor: request.operator,
    tenantId: request.params.tenant_id,
    provider,
    settings: { ...settings, ...credentials },
    onUnmapped: on_unmapped,
    publicUrl,
    isBrowser: isBrowser(request),
    requestId: request.id,
  })
  if (started.cookie) reply.header('set-cookie', cookieOf(started.cookie, publicUrl))
  const { flowId: flow_id, authorizeUrl: authorize_url, expiresAt } = started
  return reply.code(202).header('cache-control', 'no-store').send({ flow_id, authorize_url, expires_at: expiresAt.toISOString() })
}

const isBrowser = ({ headers }: FastifyRequest): boolean =>
  headers.origin !== undefined || headers['sec-fetch-site'] !== undefined

/** Binds a sign-in to the browser that begins it. */
export const cookieOf = ({ name, value }: NonNullable<SignInStarted['cookie']>, publicUrl: string): string => {
  const { pathname, protocol } = new URL(`${publicUrl}/oauth/callback/`)
  const secure = protocol === 'https:' ? '; Secure' : ''
  return `${name}=${value}; Path=${pathname}; Max-Age=${SIGN_IN_MS / 1000}; HttpOnly; SameSite=Lax${secure}`
}
