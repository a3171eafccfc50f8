import { defineSandbox } from '../../../../core/sandbox.ts'

export const API_KEY = 'keeper-api-key'
export const PASSWORD = 'open sesame'

/** `variant`: how many seconds a token lives; for ever, unless given. */
export default defineSandbox((variant) => {
  const open = new Map<string, number | null>()
  const json = (status: number, body: unknown) => ({ status, body })
  const unauthorized = () => json(401, { error: 'who are you' })
  const tokenOf = (authorization: string | undefined) => authorization?.replace(/^Bearer /, '')
  return {
    handle({ method, path, headers, body }) {
      if (headers['x-api-key'] !== API_KEY) return unauthorized()
      const token = tokenOf(headers.authorization)
      if (path === '/session' && method === 'POST') {
        if (token !== undefined) return json(400, { error: 'signed in already' })
        if (JSON.parse(body).password !== PASSWORD) return unauthorized()
        const until = variant ? Date.now() + Number(variant) * 1000 : null
        const made = `session-${open.size + 1}`
        open.set(made, until)
        return json(200, { token: made, until: until && new Date(until).toISOString() })
      }
      if (token === undefined) return json(200, { as: 'guest' })
      const until = open.get(token)
      if (until === undefined || (until !== null && until < Date.now())) return unauthorized()
      if (path === '/session') open.set(token, 0)
      return path === '/session' ? { status: 204 } : json(200, { as: 'member' })
    },
    unauthorized,
    rateLimited: () => ({ status: 429, headers: { 'retry-after': '1' } }),
    isWrite: ({ method, path }) => method !== 'GET' && path !== '/session',
    /** Every token ever given, and until when it is good. */
    records: () => [...open].map(([token, until]) => ({ token, until })),
    settings: (url) => ({ url, user: 'ada' }),
    credentials: { api_key: API_KEY, password: PASSWORD },
  }
})
