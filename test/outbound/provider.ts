import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import Type from 'typebox'
import type { AnyDriver, Http, Manifest } from '../../core/driver.ts'
import { VorelError } from '../../core/errors.ts'
import { createOutbound, type OpenConnection } from '../../core/outbound/context.ts'
import { Deadline } from '../../core/outbound/deadline.ts'
import { createTransport } from '../../core/outbound/transport.ts'
import { noRenewal } from '../support/sign-in.ts'
import { serve } from './listeners.ts'

export const Anything = Type.Object({})

export const manifestOf = (more: Partial<Manifest> = {}): Manifest => ({
  slug: 'lantern',
  name: 'Lantern CRM',
  docsUrl: 'https://lantern.example',
  contractVersion: 1,
  status: 'available',
  auth: {
    kind: 'form',
    fields: Type.Object({ url: Type.String(), api_key: Type.String() }),
    signIn: { header: 'Authorization', value: 'Bearer {api_key}' },
  },
  baseUrl: '{url}',
  capabilities: { supportsDelete: false, deletesPermanently: false, supportsDescribe: false, supportsAssociate: false },
  objects: {},
  hosts: 'tenant',
  limits: {},
  idempotency: 'none',
  ...more,
})

export interface Seen {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

type Answer = (seen: Seen, response: ServerResponse, count: number) => void

/** A provider on loopback, what it saw, and a way to it as a driver has it: one call of `deadlineMs` for each `call()`. */
export const provider = async (t: Test, answer: Answer, more: Partial<Manifest> = {}, refusal?: AnyDriver['refusal']) => {
  const seen: Seen[] = []
  const url = await serve(t, async (request, response) => {
    response.on('error', () => undefined)
    const one = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: await text(request).catch(() => ''),
    }
    seen.push(one)
    answer(one, response, seen.length)
  })
  const outbound = createOutbound({
    transport: createTransport({ allowAddresses: ['127.0.0.0/8'] }),
    endpoints: {},
    renewer: noRenewal,
  })
  t.teardown(() => outbound.close())
  const driver = { manifest: manifestOf(more), ...(refusal && { refusal }) } as AnyDriver
  const call = (deadlineMs = 5_000, connection: Partial<OpenConnection> = {}, by = driver): Http => {
    const deadline = new Deadline(deadlineMs)
    t.teardown(() => deadline.done())
    const open = {
      id: 'one',
      provider: 'lantern',
      version: 1,
      tenant: { id: 'acme', region: 'US' },
      settings: { url },
      credentials: { api_key: 'k' },
      facts: {},
      ...connection,
    }
    const log = { debug: () => undefined, warn: () => undefined }
    return outbound.context(by, open, { deadline, log }).http
  }
  return { url, seen, call, driver }
}

export const failure = async (asked: Promise<unknown> | (() => unknown)): Promise<VorelError> => {
  try {
    await (typeof asked === 'function' ? asked() : asked)
  } catch (error) {
    if (error instanceof VorelError) return error
    throw error
  }
  throw new Error('It did not fail')
}
