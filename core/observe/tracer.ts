/** Names and numbers of ours: no value of a record, no path with ids, no query, no message of an error. */
export type Attributes = Record<string, string | number>

export type SpanKind = 'own' | 'client'

/** What calls tell of themselves to whoever traces. */
export interface Tracer {
  /** `work` as a span within the one it is called in; `tell` adds what is known by its end. */
  span<T>(
    kind: SpanKind,
    name: string,
    attributes: Attributes,
    work: (tell: (more: Attributes) => void) => Promise<T>,
  ): Promise<T>
  /** Work that several requests share: a span of the first of them, linked to the others. */
  shared<T>(name: string, of: readonly unknown[], work: () => Promise<T>): Promise<T>
  /** The span that this is called in, for `shared`. */
  current(): unknown
  /** `traceparent` for providers; null unless the operator sends it to them. */
  header(): string | null
}

const nothing = () => undefined

/** Where nobody traces, all this costs a function call. */
export const untraced: Tracer = {
  span: (_kind, _name, _attributes, work) => work(nothing),
  shared: (_name, _of, work) => work(),
  current: nothing,
  header: () => null,
}

export interface TracingConfig {
  /** Where spans are sent: OTLP over HTTP, JSON. */
  url: string
  serviceName: string
  /** Of the traces that begin here, from 0 to 1. What a caller began is traced as it says. */
  share: number
  sendsToProviders: boolean
}
