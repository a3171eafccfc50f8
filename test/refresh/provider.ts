import { AuthorizationServer, defineSandbox, type Sandbox, type SandboxAnswer, type SandboxRequest } from '../../core/sandbox.ts'

/** Where requests can be held: before the provider has done anything, after it has and before it says so, and calls of its API. */
export type Gate = 'token asked' | 'token given' | 'api asked'

export interface Provider {
  sandbox: Sandbox
  server: AuthorizationServer
  /** Holds what comes to a gate; `reached` resolves when something has. */
  close(gate: Gate): { reached: Promise<void> }
  /** Lets what is held go on; `abandoned`: as if it had never arrived. */
  open(options?: { abandoned?: boolean }): void
  /** Token calls that brought a token. */
  issued(): number
}

/** Lantern, with gates. `rotates`: whether each refresh token works once. */
export const startProvider = async ({ rotates }: { rotates: boolean }): Promise<Provider> => {
  const server = new AuthorizationServer({
    clientAuthentication: 'body',
    pkce: 'required',
    accessTokenSeconds: 3600,
    codeSeconds: 60,
    rotates,
  })
  let issued = 0
  let gate: { at: Gate; reach(): void; wait: Promise<boolean>; open(goesOn: boolean): void } | null = null
  const passes = async (at: Gate): Promise<boolean> => {
    if (gate?.at !== at) return true
    gate.reach()
    return gate.wait
  }

  const token = async (request: SandboxRequest): Promise<SandboxAnswer> => {
    if (!(await passes('token asked'))) return { status: 503 }
    const answer = server.token(request)
    if ('error' in answer) return { status: 400, body: { error: answer.error, error_description: answer.description } }
    issued += 1
    await passes('token given')
    const { access_token, refresh_token } = answer
    return { status: 200, body: { token_type: 'Bearer', access_token, ...(refresh_token && { refresh_token }) } }
  }

  const people = async ({ headers }: SandboxRequest): Promise<SandboxAnswer> => {
    await passes('api asked')
    const [, presented = ''] = (headers.authorization ?? '').split(' ')
    const state = server.accessState(presented)
    return state === 'good' ? { status: 200, body: { people: [{ id: '1' }] } } : { status: 401, body: { error: state } }
  }

  const start = defineSandbox(() => ({
    handle: (request) => {
      if (request.path === '/token') return token(request)
      if (request.path === '/people') return people(request)
      const answer = server.authorize(request.query)
      return 'location' in answer ? { status: 302, headers: { location: answer.location } } : { status: 400, body: answer }
    },
    unauthorized: () => ({ status: 401, body: {} }),
    rateLimited: () => ({ status: 429, body: {} }),
    isWrite: () => false,
    records: () => [],
    settings: () => ({}),
    credentials: {},
    oauth: { server, isTokenRequest: ({ path }) => path === '/token' },
  }))

  return {
    sandbox: await start(),
    server,
    close: (at) => {
      const reached = Promise.withResolvers<void>()
      const opened = Promise.withResolvers<boolean>()
      gate = { at, reach: reached.resolve, wait: opened.promise, open: opened.resolve }
      return { reached: reached.promise }
    },
    open: ({ abandoned = false } = {}) => {
      gate?.open(!abandoned)
      gate = null
    },
    issued: () => issued,
  }
}
