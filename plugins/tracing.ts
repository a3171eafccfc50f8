import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { RequestSpan } from '../core/observe/otel.ts'
import { type Tracer, type TracingConfig, untraced } from '../core/observe/tracer.ts'

declare module 'fastify' {
  interface FastifyInstance {
    tracer: Tracer
  }
  interface FastifyRequest {
    span: RequestSpan | null
  }
}

/** Asked for all the time, by machines. */
const NOT_TRACED = ['/health', '/ready', '/metrics']

/** Spans of requests and of what they lead to, sent by OTLP; without a place to send them to, nothing of it is loaded. */
export default fp<{ config: TracingConfig | null; version: string }>(
  async (app, { config, version }) => {
    if (!config) return void app.decorate('tracer', untraced)
    const { openTracer } = await import('../core/observe/otel.ts')
    const tracer = openTracer(config, version)
    app.decorate('tracer', tracer)
    app.decorateRequest('span', null)
    app.addHook('onClose', () => tracer.close())
    app.addHook('onRequest', (request, _reply, done) => {
      const route = request.routeOptions.url
      if (route && NOT_TRACED.includes(route)) return done()
      const name = `${request.method} ${route ?? 'unknown'}`
      request.span = tracer.request(name, attributesOf(request), request.headers.traceparent)
      request.span.run(done)
    })
    // What reads the body loses whom it reads it for.
    app.addHook('preValidation', (request, _reply, done) => {
      if (request.span) request.span.run(done)
      else done()
    })
    app.addHook('onResponse', (request, reply, done) => {
      request.span?.end({ 'http.response.status_code': reply.statusCode }, reply.statusCode >= 500)
      done()
    })
  },
  { name: 'tracing', fastify: '5.x' },
)

/** The route as it is declared, not the address that was asked for: that holds ids. */
const attributesOf = ({ method, routeOptions: { url }, id }: FastifyRequest) => ({
  'http.request.method': method,
  ...(url && { 'http.route': url }),
  'vorel.request_id': id,
})
