/** The two halves of the `xmlrpc` package that are used alone; its own types cover only the client and the server. */
declare module 'xmlrpc/lib/serializer.js' {
  export function serializeMethodCall(method: string, params: unknown[]): string
}

declare module 'xmlrpc/lib/deserializer.js' {
  /** As much of a readable stream as is used. */
  export interface AnswerStream {
    setEncoding(encoding: string): unknown
    on(event: 'error', listener: (error: Error) => void): unknown
    pipe(parser: { end(chunk: Buffer): void }): unknown
  }

  export default class Deserializer {
    deserializeMethodResponse(
      stream: AnswerStream | NodeJS.ReadableStream,
      done: (error: Error | null, value?: unknown) => void,
    ): void
    deserializeMethodCall(
      stream: AnswerStream | NodeJS.ReadableStream,
      done: (error: Error | null, method?: string, params?: unknown[]) => void,
    ): void
  }
}

declare module 'xmlrpc/lib/customtype.js' {
  export default class CustomType {
    tagName: string
    constructor(raw: string)
  }
}
