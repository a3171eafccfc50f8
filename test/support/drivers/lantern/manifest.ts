import Type from 'typebox'
import type { Manifest } from '../../../../core/driver.ts'

/** A provider of which only the sign-in matters. What the setting `shop` says decides how its test goes. */
export const manifest = {
  slug: 'lantern',
  name: 'Lantern CRM',
  docsUrl: 'https://lantern.example/docs',
  contractVersion: 1,
  status: 'available',
  auth: {
    kind: 'oauth2',
    grant: 'authorization_code',
    fields: Type.Object({ shop: Type.String({ title: 'Shop', minLength: 1 }) }),
    signIn: { header: 'authorization', value: 'Bearer {access_token}' },
    authorizeUrl: 'https://lantern.example/oauth/authorize',
    tokenUrl: 'https://lantern.example/oauth/token',
    revokeUrl: 'https://lantern.example/oauth/revoke',
    scopes: ['contacts', 'offline'],
    tokenFacts: ['shop_id'],
    clientAuthentication: 'body',
    usesPkce: true,
  },
  baseUrl: 'https://lantern.example/api',
  capabilities: { supportsDelete: false, deletesPermanently: false, supportsDescribe: false, supportsAssociate: false },
  objects: { contact: { native: 'contacts', fields: { name: { field: 'name', type: 'string' } } } },
  hosts: ['lantern.example'],
  limits: {},
  idempotency: 'none',
} as const satisfies Manifest
