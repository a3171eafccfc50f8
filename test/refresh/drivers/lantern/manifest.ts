import Type from 'typebox'
import type { Manifest } from '../../../../schemas/manifest.ts'

/** A provider whose refresh tokens work once, and whose access tokens end when they like. */
export const manifest = {
  slug: 'lantern',
  name: 'Lantern',
  docsUrl: 'https://lantern.example/docs',
  contractVersion: 1,
  status: 'available',
  auth: {
    kind: 'oauth2',
    grant: 'authorization_code',
    fields: Type.Object({}),
    signIn: { header: 'authorization', value: 'Bearer {access_token}' },
    authorizeUrl: 'https://api.lantern.example/authorize',
    tokenUrl: 'https://api.lantern.example/token',
    revokeUrl: 'https://api.lantern.example/revoke',
    scopes: ['people'],
    clientAuthentication: 'body',
    usesPkce: true,
  },
  baseUrl: 'https://api.lantern.example',
  hosts: ['api.lantern.example'],
  capabilities: { supportsDelete: false, deletesPermanently: false, supportsDescribe: false, supportsAssociate: false },
  objects: { contact: { native: 'person', fields: { email: { field: 'email', type: 'string' } } } },
  limits: { concurrency: 100 },
  idempotency: 'none',
} as const satisfies Manifest
