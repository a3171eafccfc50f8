import { defineSandbox, type SandboxAnswer, type SandboxRequest } from '../../core/sandbox.ts'
import { nativeOf } from './manifest.ts'
import { createApi } from './sandbox-api.ts'
import { Associations } from './sandbox-associations.ts'
import { expired, overLimit, Refused, unknownToken } from './sandbox-errors.ts'
import { createOAuth } from './sandbox-oauth.ts'
import { Records } from './sandbox-records.ts'
import { variantOf } from './sandbox-variant.ts'
import { Windows } from './sandbox-windows.ts'

const PORTAL = 148711228
const isSearch = ({ path }: SandboxRequest) => path.endsWith('/search')

const page = (status: number, text: string): SandboxAnswer => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: `<!doctype html><title>${text}</title>`,
})

/** A fresh account of the free tools, in the data centre EU1. Variants: see `sandbox-variant.ts`. */
export default defineSandbox((text) => {
  const variant = variantOf(text)
  const oauth = createOAuth(variant, PORTAL)
  const records = new Map(['contacts', 'deals', 'tickets'].map((native) => [native, new Records(native, variant)]))
  const associations = new Associations(variant, ({ native, id }) => records.get(native)?.find(id, null, false) !== undefined)
  const windows = new Windows(variant)
  const api = createApi({ variant, records, associations, portal: PORTAL, demand: oauth.demand })

  const serve = (request: SandboxRequest, token: string): SandboxAnswer => {
    try {
      return api(request, token)
    } catch (error) {
      if (error instanceof Refused) return error.answer
      throw error
    }
  }

  return {
    handle(request) {
      const host = request.headers['x-forwarded-host'] as string | undefined
      const signIn = oauth.handle(request, host)
      if (signIn) return signIn
      if (oauth.isOAuth(request) || (host ?? 'api.hubapi.com') !== 'api.hubapi.com') return page(404, 'Not found')
      const [, token = ''] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? []
      const state = oauth.server.accessState(token)
      if (state !== 'good') return state === 'expired' ? expired() : unknownToken()
      const { isOver, headers } = windows.count(isSearch(request))
      const answer = isOver ? overLimit(isSearch(request)) : serve(request, token)
      return { ...answer, headers: { ...headers, ...answer.headers } }
    },
    unauthorized: expired,
    rateLimited: (request) => overLimit(isSearch(request)),
    isWrite: (request) => request.method !== 'GET' && !oauth.isOAuth(request) && !isSearch(request),
    records: (object) => {
      const native = nativeOf(object)
      const rows = records.get(native)?.live ?? []
      return rows.map(({ id, values }) => ({ id, ...values, associations: associations.of({ native, id }) }))
    },
    settings: () => ({}),
    credentials: {},
    oauth: { server: oauth.server, isTokenRequest: oauth.isTokenRequest },
  }
})
