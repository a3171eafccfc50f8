import swagger from '@fastify/swagger'
import scalar from '@scalar/fastify-api-reference'
import fp from 'fastify-plugin'

/** Nothing on the page calls or points anywhere else. */
const PAGE = {
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
} as object

/** OpenAPI 3.1 at `/openapi.json`, and a page to read it at `/docs`, served from the package alone. */
export default fp<{ publicUrl: string; version: string }>(
  async (app, { publicUrl, version }) => {
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: { title: 'Vorel CRM', version, description: 'One API between AI agents and the CRMs of their customers.' },
        servers: [{ url: publicUrl }],
        components: {
          securitySchemes: {
            apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, vk_…' },
            agentToken: {
              type: 'http',
              scheme: 'bearer',
              bearerFormat: 'JWT',
              description: 'Claims: tenant_id, conversation_id, exp; optional turn_id, tools',
            },
            operatorToken: {
              type: 'http',
              scheme: 'bearer',
              bearerFormat: 'JWT',
              description: "Claims: sub (who), role 'platform_operator', exp; no tenant_id or conversation_id",
            },
          },
        },
        tags: [
          { name: 'Public', description: 'For servers, with an API key' },
          { name: 'Agent tools', description: "For agents, with a conversation's token" },
          { name: 'Operator', description: "For the platform's operators, with an operator's token" },
          { name: 'Service', description: 'For operators' },
        ],
      },
    })
    app.get('/openapi.json', { schema: { hide: true } as object }, () => app.swagger())
    await app.register(scalar, {
      routePrefix: '/docs',
      configuration: PAGE,
    })
  },
  { name: 'openapi', fastify: '5.x' },
)
