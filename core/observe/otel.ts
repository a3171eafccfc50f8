/** Imported only where spans are sent somewhere. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { isSpanContextValid, type Link, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node'
import type { Attributes, Tracer, TracingConfig } from './tracer.ts'

const EXPORT_MS = 2_500
const STOPPING_MS = 3_000
const MOST_LINKS = 32

export interface RequestSpan {
  run(work: () => void): void
  end(attributes: Attributes, isFailed: boolean): void
}

export interface OpenTracer extends Tracer {
  /** A request from outside; a well-formed `traceparent` makes it part of the caller's trace. */
  request(name: string, attributes: Attributes, traceparent: unknown): RequestSpan
  /** Sends what is left, for three seconds at most. */
  close(): Promise<void>
}

export const openTracer = ({ url, serviceName, share, sendsToProviders }: TracingConfig, version: string): OpenTracer => {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.version': version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [
      new BatchSpanProcessor(new OTLPTraceExporter({ url, timeoutMillis: EXPORT_MS }), { exportTimeoutMillis: EXPORT_MS }),
    ],
  })
  const tracer = provider.getTracer('vorel', version)
  const active = new AsyncLocalStorage<Span>()
  const within = (parent: Span | undefined) => (parent ? trace.setSpan(ROOT_CONTEXT, parent) : ROOT_CONTEXT)
  const run = async <T>(span: Span, work: () => Promise<T>): Promise<T> => {
    try {
      return await active.run(span, work)
    } catch (error) {
      fail(span, codeOf(error))
      throw error
    } finally {
      span.end()
    }
  }
  return {
    span: (kind, name, attributes, work) => {
      const options = { kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL, attributes }
      const span = tracer.startSpan(name, options, within(active.getStore()))
      return run(span, () => work((more) => span.setAttributes(more)))
    },
    shared: (name, of, work) => {
      const [first, ...others] = [...new Set(of as (Span | undefined)[])].filter((span) => span !== undefined)
      if (!first) return work()
      const links: Link[] = others.slice(0, MOST_LINKS).map((span) => ({ context: span.spanContext() }))
      const attributes = { 'db.system.name': 'postgresql', 'db.operation.batch.size': of.length }
      return run(tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes, links }, within(first)), work)
    },
    current: () => active.getStore(),
    header: () => {
      const span = sendsToProviders ? active.getStore()?.spanContext() : undefined
      return span ? `00-${span.traceId}-${span.spanId}-0${span.traceFlags & 1}` : null
    },
    request: (name, attributes, traceparent) => {
      const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, within(callersSpan(traceparent)))
      return {
        run: (work) => active.run(span, work),
        end: (more, isFailed) => {
          span.setAttributes(more)
          if (isFailed) span.setStatus({ code: SpanStatusCode.ERROR })
          span.end()
        },
      }
    },
    close: () => Promise.race([provider.shutdown().catch(() => undefined), patience()]),
  }
}

const patience = () => new Promise<void>((resolve) => void setTimeout(resolve, STOPPING_MS).unref())

/** A code or a type: the message may hold what it failed on. */
const codeOf = (error: unknown): string => {
  const {
    error: inner,
    code,
    fault,
    name,
  } = (error ?? {}) as { error?: unknown; code?: unknown; fault?: unknown; name?: unknown }
  if (inner) return codeOf(inner)
  return String(code ?? fault ?? name ?? 'error')
}

const fail = (span: Span, code: string): void => {
  span.setAttribute('error.type', code)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** W3C trace context; `tracestate` and baggage hold what others put there, and are not taken over. */
const callersSpan = (header: unknown): Span | undefined => {
  const [, version, traceId = '', spanId = '', flags = ''] =
    (typeof header === 'string' && /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/.exec(header)) || []
  if (!version || version === 'ff') return undefined
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
  return isSpanContextValid(context) ? trace.wrapSpanContext(context) : undefined
}
