import type { Config } from '../config.ts'
import type { Finding } from './findings.ts'

const PATIENCE_MS = 5_000
const subject = 'tokens'

/** What agents' tokens are checked with; a key set is fetched as the service would. */
export const checkTokens = async ({ jwt }: Config): Promise<Finding> => {
  if ('secret' in jwt) return { subject, isFine: true, detail: 'checked with the shared secret' }
  try {
    const answer = await fetch(jwt.jwksUrl, { signal: AbortSignal.timeout(PATIENCE_MS), headers: { accept: 'application/json' } })
    const { keys } = answer.ok ? ((await answer.json()) as { keys?: unknown[] }) : {}
    if (!keys?.length) return unusable(jwt.jwksUrl, answer.ok ? 'holds no keys' : `answers ${answer.status}`)
    return {
      subject,
      isFine: true,
      detail: `checked with ${keys.length} public key${keys.length > 1 ? 's' : ''} of ${jwt.jwksUrl}`,
    }
  } catch (error) {
    const { cause, name } = error as Error & { cause?: { code?: string } }
    return unusable(jwt.jwksUrl, name === 'SyntaxError' ? 'is no JSON' : `cannot be fetched (${cause?.code ?? name})`)
  }
}

const unusable = (url: string, why: string): Finding => ({
  subject,
  isFine: false,
  detail: `the key set ${url} ${why}`,
  remedy: 'Correct JWT_JWKS_URL, or set JWT_SECRET instead.',
})
