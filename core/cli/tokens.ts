import { Command } from 'commander'
import { OPERATOR_ROLE, TOOLS, type Tool } from '../../schemas/scopes.ts'
import { answers } from './answer.ts'
import { CliError } from './fail.ts'

interface Options {
  tenant?: string
  conversation?: string
  operator?: string
  turn?: string
  tool?: string[]
  expiresIn: string
}

/** `vorel tokens` */
export const tokensCommand = (): Command =>
  new Command('tokens').description("Agents' tokens for the tool routes, operators' for the rest of /api").addCommand(create())

const create = () =>
  answers<[], Options>(
    new Command('create')
      .description('Sign a token (JWT, HS256) with JWT_SECRET; it stands alone on stdout')
      .option('--tenant <id>', 'on whose behalf the agent acts')
      .option('--conversation <id>', 'which conversation it is for')
      .option('--operator <name>', 'in place of these: for an operator of the platform, as the audit log is to name them')
      .option('--turn <id>', 'which turn of it; a create without an idempotency key is named after both')
      .option(
        '--tool <name>',
        `the only tools it is for, repeatable: ${TOOLS.join(', ')}`,
        (tool: string, before: string[] = []) => [...before, tool],
      )
      .option('--expires-in <time>', 'such as 30m, 1h, 7d', '1h'),
    async (_, options) => {
      const lifeSeconds = secondsOf(options.expiresIn)
      const claims = claimsOf(options)
      const issuedAt = Math.floor(Date.now() / 1000)
      const expiresAt = issuedAt + lifeSeconds
      const token = await signed({ ...claims, iat: issuedAt, exp: expiresAt })
      return { json: { token, expires_at: new Date(expiresAt * 1000).toISOString(), ...claims }, text: token }
    },
  )

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 }

const secondsOf = (text: string): number => {
  const [, amount, unit = ''] = /^([1-9]\d{0,6})([smhd])$/.exec(text) ?? []
  if (!amount) throw new CliError(`--expires-in is '${text}'. Write a number and s, m, h or d: 30m, 1h, 7d.`)
  return Number(amount) * (UNITS[unit] ?? 1)
}

const claimsOf = ({ operator, ...ofAgent }: Options): Record<string, unknown> => {
  if (operator === undefined) return agentClaims(ofAgent)
  if (Object.keys(ofAgent).some((option) => option !== 'expiresIn'))
    throw new CliError("An operator's token is for no tenant, conversation or tool. Give --operator alone, or leave it out.")
  if (!/^[\x20-\x7e]{1,120}$/.test(operator)) throw new CliError('--operator takes 1 to 120 printable ASCII characters.')
  return { sub: operator, role: OPERATOR_ROLE }
}

const agentClaims = ({ tenant, conversation, turn, tool }: Options) => {
  if (!tenant || !conversation)
    throw new CliError("An agent's token takes --tenant and --conversation; an operator's takes --operator.")
  const unknown = (tool ?? []).filter((name) => !TOOLS.includes(name as Tool))
  if (unknown.length) throw new CliError(`There is no tool ${unknown.join(', ')}. Tools: ${TOOLS.join(', ')}.`)
  for (const [option, id] of Object.entries({ conversation, turn }))
    if (id !== undefined && !/^[\x21-\x7e]{1,120}$/.test(id))
      throw new CliError(`--${option} takes 1 to 120 printable ASCII characters, without spaces.`)
  return { tenant_id: tenant, conversation_id: conversation, ...(turn && { turn_id: turn }), ...(tool && { tools: tool }) }
}

const signed = async (claims: Record<string, unknown>): Promise<string> => {
  const { loadConfig } = await import('../config.ts')
  const { jwt, jwtIssuer, jwtAudience } = await loadConfig()
  if ('jwksUrl' in jwt)
    throw new CliError(
      `Tokens are checked here against the public keys at ${jwt.jwksUrl}: whoever holds the private keys there issues them.`,
      'tokens_issued_elsewhere',
    )
  const { SignJWT } = await import('jose')
  const token = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
  if (jwtIssuer) token.setIssuer(jwtIssuer)
  if (jwtAudience) token.setAudience(jwtAudience)
  return token.sign(new TextEncoder().encode(jwt.secret))
}
