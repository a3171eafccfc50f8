import type { ServerResponse } from 'node:http'
import type { Fault, SandboxAnswer, SandboxProvider, SandboxRequest } from './sandbox.ts'

const payload = (answer: SandboxAnswer): string =>
  answer.body === undefined ? '' : typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)

const head = (answer: SandboxAnswer): Record<string, string> => ({
  ...(typeof answer.body === 'string' || answer.body === undefined ? {} : { 'content-type': 'application/json' }),
  ...answer.headers,
})

export const send = (response: ServerResponse, answer: SandboxAnswer): void => {
  response.writeHead(answer.status, head(answer)).end(payload(answer))
}

const html = '<!doctype html><title>Maintenance</title><p>Back soon.'

/** Answers as the provider would, or as the fault has it. */
export const answer = async (
  provider: SandboxProvider,
  request: SandboxRequest,
  response: ServerResponse,
  fault: Fault | undefined,
): Promise<void> => {
  switch (fault) {
    case undefined:
      return send(response, await provider.handle(request))
    case 'unauthorized':
      return send(response, provider.unauthorized(request))
    case 'rate_limited':
      return send(response, provider.rateLimited(request))
    case 'server_error':
      return send(response, { status: 500, headers: { 'content-type': 'text/html' }, body: html })
    case 'unavailable':
      return send(response, { status: 503, headers: { 'content-type': 'text/html' }, body: html })
    case 'html_200':
      return send(response, { status: 200, headers: { 'content-type': 'text/html' }, body: html })
    case 'redirect':
      return send(response, { status: 302, headers: { location: 'http://127.0.0.1:9/elsewhere' } })
    case 'reset_before':
      return void response.destroy()
    case 'reset_after':
      await provider.handle(request)
      return void response.destroy()
    case 'slow_headers':
      return void setTimeout(() => send(response, { status: 200, body: {} }), 60_000).unref()
    default:
      return misshape(response, await provider.handle(request), fault)
  }
}

/** Faults of the body: what was asked is done, and the answer spoiled. */
const misshape = (response: ServerResponse, good: SandboxAnswer, fault: Fault): void => {
  const body = payload(good)
  switch (fault) {
    case 'truncated_json':
      return send(response, { ...good, headers: head(good), body: body.slice(0, Math.max(1, Math.floor(body.length / 2))) })
    case 'wrong_types':
      return send(response, { ...good, headers: head(good), body: spoiled(body) })
    case 'dripping_body':
      return drip(response, good, body)
    case 'huge_body':
      return flood(response, good)
  }
}

/** Every number becomes an object, every string a list: well formed, and of no use. */
const spoiled = (body: string): string => {
  try {
    return JSON.stringify(spoil(JSON.parse(body)))
  } catch {
    return body
      .replaceAll(/<(int|string|i4)>[^<]*<\/\1>/g, '<boolean>1</boolean>')
      .replaceAll(/<array><data>\s*<\/data><\/array>/g, '<struct></struct>')
  }
}

const spoil = (value: unknown): unknown => {
  if (Array.isArray(value)) return { unexpected: value.length }
  if (typeof value !== 'object' || value === null) return [{ unexpected: true }]
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, spoil(inner)]))
}

const drip = (response: ServerResponse, good: SandboxAnswer, body: string): void => {
  response.writeHead(good.status, head(good))
  let sent = 0
  const timer = setInterval(() => {
    if (response.destroyed) return clearInterval(timer)
    response.write(body[sent] ?? ' ')
    sent += 1
  }, 250)
  timer.unref()
}

const flood = (response: ServerResponse, good: SandboxAnswer): void => {
  response.writeHead(good.status, head(good))
  const chunk = Buffer.alloc(64 * 1024, 0x20)
  let left = 50 * 1024 * 1024
  const pump = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length
      if (!response.write(chunk)) return void response.once('drain', pump)
    }
    response.end()
  }
  pump()
}
