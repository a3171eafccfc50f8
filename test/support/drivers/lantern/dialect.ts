import { AuthorizationServer, type SandboxAnswer, type SandboxProvider, type SandboxRequest } from '../../../../core/sandbox.ts'

const json = (status: number, body: unknown): SandboxAnswer => ({ status, body })

/** Shops by what they are called: `closed` and `broken` are what they say, all others are open. */
export const dialect = (rotates: boolean): SandboxProvider => {
  const server = new AuthorizationServer({
    clientAuthentication: 'body',
    pkce: 'optional',
    accessTokenSeconds: 600,
    codeSeconds: 60,
    rotates,
  })

  const authorize = (query: URLSearchParams): SandboxAnswer => {
    const answer = server.authorize(query)
    return 'location' in answer ? { status: 302, headers: answer } : json(400, answer)
  }
  const token = (request: SandboxRequest): SandboxAnswer => {
    const answer = server.token(request)
    if ('error' in answer) return json(400, { error: answer.error, error_description: `${answer.description}: ${request.body}` })
    const { access_token, refresh_token, scope } = answer
    return json(200, {
      access_token,
      ...(refresh_token && { refresh_token }),
      scope,
      token_type: 'bearer',
      expires_in: 600,
      shop_id: 's-1',
    })
  }
  const revoke = ({ body }: SandboxRequest): SandboxAnswer => {
    server.revoke(new URLSearchParams(body).get('token') ?? '')
    return { status: 200 }
  }
  const shop = (name: string): SandboxAnswer =>
    name === 'broken' ? json(500, { message: 'out of order' }) : json(200, { name: `Shop ${name}`, is_open: name !== 'closed' })

  const provider: SandboxProvider = {
    handle(request) {
      const { path, headers } = request
      if (headers['x-forwarded-host'] !== 'lantern.example' && path !== '/oauth/authorize')
        return json(421, { message: 'wrong host' })
      if (path === '/oauth/authorize') return authorize(request.query)
      if (path === '/oauth/token') return token(request)
      if (path === '/oauth/revoke')
        return server.clientRefusal(request) ? json(401, { error: 'invalid_client' }) : revoke(request)
      const state = server.accessState((headers.authorization ?? '').replace('Bearer ', ''))
      if (state !== 'good') return this.unauthorized(request)
      return shop(decodeURIComponent(path.split('/').at(-1) ?? ''))
    },
    unauthorized: () => json(401, { message: 'who are you?' }),
    rateLimited: () => json(429, { message: 'slow down' }),
    isWrite: () => false,
    records: () => [],
    settings: () => ({ shop: 'corner' }),
    credentials: {},
    oauth: { server, isTokenRequest: ({ path }) => path === '/oauth/token' },
  }
  return provider
}
