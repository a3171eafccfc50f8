import Type from 'typebox'
import type { AnyDriver } from '../../core/driver.ts'
import type { Manifest, OAuth2Auth } from '../../schemas/manifest.ts'

export const REDIRECT_URI = 'https://vorel.example/oauth/callback/judge'

export const AUTH: OAuth2Auth = {
  kind: 'oauth2',
  grant: 'authorization_code',
  fields: Type.Object({}),
  signIn: { header: 'authorization', value: 'Bearer {access_token}' },
  authorizeUrl: 'https://judge.example/auth',
  tokenUrl: 'https://judge.example/token',
  revokeUrl: 'https://judge.example/token/revocation',
  scopes: ['openid', 'offline_access', 'contacts'],
  authorizeParams: { prompt: 'consent' },
  clientAuthentication: 'body',
  usesPkce: true,
}

/** A provider of which only the sign-in matters: no verb of it is ever called. */
export const providerOf = (auth: Partial<OAuth2Auth> = {}, rest: Partial<Manifest> = {}): AnyDriver => {
  const manifest: Manifest = {
    slug: 'judge',
    name: 'Judge CRM',
    docsUrl: 'https://judge.example/docs',
    contractVersion: 1,
    status: 'available',
    auth: { ...AUTH, ...auth },
    baseUrl: 'https://judge.example/api',
    capabilities: { supportsDelete: false, deletesPermanently: false, supportsDescribe: false, supportsAssociate: false },
    objects: {},
    hosts: ['judge.example'],
    limits: {},
    idempotency: 'none',
    ...rest,
  }
  const uncalled = () => Promise.reject(new Error('No verb is called here'))
  return {
    manifest,
    testConnection: uncalled,
    lookupCustomer: uncalled,
    searchRecords: uncalled,
    createRecord: uncalled,
    updateRecord: uncalled,
    listRecent: uncalled,
  }
}
