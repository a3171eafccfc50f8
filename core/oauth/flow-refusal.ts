/** Sign-ins that end before the provider is asked for tokens: the status of the page, and what it says. */
export const REFUSALS = {
  unknown_state: {
    status: 400,
    detail: 'This address belongs to no sign-in that was begun here. Start the sign-in again, and follow its link to the end.',
  },
  other_provider: {
    status: 400,
    detail: 'This sign-in was begun for another provider than the one that answered. Start the sign-in again.',
  },
  used_before: {
    status: 409,
    detail:
      'This sign-in is over already. If it ended with a page that says so, the CRM is connected and there is nothing left to do; else start again.',
  },
  expired: { status: 410, detail: 'Too much time went by: a sign-in is good for 10 minutes. Start again.' },
  other_browser: {
    status: 403,
    detail: 'This sign-in was begun in another browser. Finish it there, or start again in this one, with its cookies allowed.',
  },
  access_denied: {
    status: 403,
    detail: 'Access was not granted at the provider. To connect the CRM, start again and agree to what is asked there.',
  },
  app_refused: {
    status: 424,
    detail:
      "The provider refuses this service's own app, or what it asks for. Its operator checks the app there: redirect URI, scopes, and whether it may be used by others.",
  },
  provider_failed: {
    status: 503,
    detail: 'The provider had a problem of its own and ended the sign-in. Start again in a while.',
  },
  no_code: {
    status: 400,
    detail: 'The provider ended the sign-in without an answer that can be used. Start again.',
  },
} as const satisfies Record<string, { status: number; detail: string }>

export type Refused = keyof typeof REFUSALS

const DENIED = ['access_denied', 'consent_required', 'interaction_required', 'login_required']
const FAILED = ['server_error', 'temporarily_unavailable']
const APP = ['invalid_request', 'unauthorized_client', 'unsupported_response_type', 'invalid_scope', 'invalid_client']

/** What a callback says in place of a code; null where it has one. The provider's words are looked up, never passed on. */
export const refusedBy = (callback: URLSearchParams): Refused | null => {
  const error = callback.get('error')
  if (error === null) return callback.get('code') ? null : 'no_code'
  if (DENIED.includes(error)) return 'access_denied'
  if (FAILED.includes(error)) return 'provider_failed'
  return APP.includes(error) ? 'app_refused' : 'no_code'
}
