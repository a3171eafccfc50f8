import { randomBytes } from 'node:crypto'
import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { Answered, bodyOf, knowing, ok, refused } from './sandbox-input.ts'

const DAY_MS = 86_400_000

/** One member of the staff, and the tokens of theirs. */
export class Staff {
  readonly username = 'vorel.agent'
  readonly password = 'sandbox-staff-password'
  readonly #requestsOfToken: number
  /** How many requests each token is still good for. */
  readonly #tokens = new Map<string, number>()

  constructor({ requestsOfToken }: { requestsOfToken: number }) {
    this.#requestsOfToken = requestsOfToken
  }

  issue(request: SandboxRequest): SandboxAnswer {
    const { Username, Password } = bodyOf(request, knowing({ text: 'Username Password' }), 'Username Password')
    if (Username !== this.username || Password !== this.password)
      return refused(401, 'InvalidStaffCredentials', `Wrong user name or password for ${Username}.`)
    const AccessToken = randomBytes(16).toString('hex')
    this.#tokens.set(AccessToken, this.#requestsOfToken)
    const Expires = `${new Date(Date.now() + DAY_MS).toISOString().slice(0, 19)}Z`
    return ok({
      TokenType: 'Bearer',
      AccessToken,
      Expires,
      User: { Id: 1, FirstName: 'Vorel', LastName: 'Agent', Type: 'Staff' },
    })
  }

  /** A token that is not, or not any more, one of theirs is refused wherever it is sent. */
  isSignedIn({ headers: { authorization } }: SandboxRequest): boolean {
    if (authorization === undefined) return false
    const token = authorization.replace(/^Bearer /, '')
    const left = this.#tokens.get(token) ?? 0
    if (left <= 0) throw new Answered(refused(401, 'InvalidUserCredentials', 'The user token is invalid or has expired.'))
    this.#tokens.set(token, left - 1)
    return true
  }

  revoke({ headers: { authorization = '' } }: SandboxRequest): SandboxAnswer {
    this.#tokens.delete(authorization.replace(/^Bearer /, ''))
    return ok({})
  }
}
