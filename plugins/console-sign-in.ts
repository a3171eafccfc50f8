import fp from 'fastify-plugin'
import type { Allow, ConsoleConfig } from '../core/operators/console-config.ts'
import { IdentityProvider } from '../core/operators/identity-provider.ts'
import { SignInFlows } from '../core/operators/sign-in-flows.ts'
import { createTransport } from '../core/outbound/transport.ts'

declare module 'fastify' {
  interface FastifyInstance {
    consoleSignIn: {
      hasPasswords: boolean
      /** Null where none is configured. */
      identity: { provider: IdentityProvider; flows: SignInFlows; allow: Allow } | null
    }
  }
}

export interface ConsoleSignInOptions {
  config: ConsoleConfig
  publicUrl: string
  allowAddresses: string[]
}

/** The ways in to the console: passwords, an identity provider, or both. */
export default fp<ConsoleSignInOptions>(
  async (app, { config: { hasPasswords, oidc }, publicUrl, allowAddresses }) => {
    if (!oidc) return app.decorate('consoleSignIn', { hasPasswords, identity: null })
    const transport = createTransport({ allowAddresses, tracer: app.tracer })
    app.addHook('onClose', () => transport.close())
    const redirectUri = `${publicUrl}/console/sign-in/callback`
    app.decorate('consoleSignIn', {
      hasPasswords,
      identity: {
        provider: new IdentityProvider({ transport, config: oidc, redirectUri }),
        flows: new SignInFlows(app.database.pool, app.pipeline.signingKey.macKey('console identity provider')),
        allow: oidc.allow,
      },
    })
  },
  { name: 'console-sign-in', dependencies: ['database', 'pipeline', 'tracing'], fastify: '5.x' },
)
