import type { IncomingHttpHeaders } from 'node:http'
import { type Dispatcher, errors } from 'undici'
import { type Body, type BodyEvents, type BodyFault, createBody } from './body.ts'
import { AddressForbidden } from './guarded-connector.ts'
import { type WireAnswer, WireError, type WireFault, type WireRequest } from './wire.ts'

type Controller = Dispatcher.DispatchController

const abandoned = new Error('The exchange is over.')

/**
 * One request and its answer. Sits directly on the dispatcher because only there can be seen when a request begins to be written, which
 * decides `isSent`; follows nothing, so a redirect is an answer like any other.
 */
export class Exchange implements Dispatcher.DispatchHandler, BodyEvents {
  readonly answer: Promise<WireAnswer>
  readonly #request: WireRequest
  #resolve!: (answer: WireAnswer) => void
  #reject!: (error: Error) => void
  #controller: Controller | null = null
  #body: Body | null = null
  #status = 0
  #headers: Record<string, string> = {}
  #isSent = false
  #isReceived = false
  #isOver = false

  constructor(request: WireRequest) {
    this.#request = request
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    request.signal.addEventListener('abort', this)
  }

  /** The deadline has passed. */
  handleEvent(): void {
    this.#fail('timeout')
  }

  onRequestStart(controller: Controller): void {
    if (this.#isOver) return controller.abort(abandoned)
    this.#controller = controller
    this.#isSent = true
  }

  onResponseStart(_controller: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#isOver) return
    const { maxAnswerBytes } = this.#request
    this.#status = status
    this.#headers = flatten(headers)
    this.#body = createBody(this.#headers['content-encoding'], maxAnswerBytes, this)
    if (!this.#body) this.#fail('answer_unreadable', 'CONTENT_ENCODING')
    else if (Number(this.#headers['content-length']) > maxAnswerBytes) this.#fail('answer_too_large')
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#body && !this.#body.write(chunk) && !this.#isOver) controller.pause()
  }

  onResponseEnd(): void {
    this.#isReceived = true
    this.#body?.end()
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    if (this.#isOver) return
    const { code } = error as NodeJS.ErrnoException
    this.#fail(faultOf(error, code, this.#isSent), code)
  }

  onRoom(): void {
    this.#controller?.resume()
  }

  onBody(body: Buffer): void {
    if (this.#isOver) return
    this.#finish()
    this.#resolve({ status: this.#status, headers: this.#headers, body })
  }

  onBodyFault(fault: BodyFault, detail?: string): void {
    this.#fail(fault, detail)
  }

  #fail(fault: WireFault, detail?: string): void {
    if (this.#isOver) return
    this.#finish()
    this.#body?.destroy()
    this.#reject(new WireError(fault, this.#isSent, detail))
  }

  #finish(): void {
    this.#isOver = true
    this.#request.signal.removeEventListener('abort', this)
    if (!this.#isReceived) this.#controller?.abort(abandoned)
    this.#controller = null
  }
}

function flatten(headers: IncomingHttpHeaders): Record<string, string> {
  for (const name in headers) {
    const value = headers[name]
    if (Array.isArray(value)) headers[name] = value.join(', ')
  }
  return headers as Record<string, string>
}

function faultOf(error: Error, code: string | undefined, isSent: boolean): WireFault {
  if (error instanceof AddressForbidden) return 'address_forbidden'
  if (!isSent) return code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT' ? 'timeout' : 'unreachable'
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'answer_too_large'
  return error instanceof errors.HTTPParserError ? 'answer_unreadable' : 'reset'
}
