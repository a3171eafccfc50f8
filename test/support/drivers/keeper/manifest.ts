import Type from 'typebox'
import { type Manifest, Secret } from '../../../../core/driver.ts'

/** A provider that exchanges a user's name and password for a token, where they are given. */
export const manifest = {
  slug: 'keeper',
  name: 'Keeper CRM',
  docsUrl: 'https://keeper.example/docs',
  contractVersion: 1,
  status: 'available',
  auth: {
    kind: 'form',
    fields: Type.Object({
      url: Type.String(),
      api_key: Secret(),
      user: Type.Optional(Type.String()),
      password: Type.Optional(Secret()),
    }),
    signIn: [
      { header: 'x-api-key', value: '{api_key}' },
      { header: 'authorization', value: 'Bearer {access_token}' },
    ],
    session: { needs: ['user', 'password'] },
  },
  baseUrl: '{url}',
  capabilities: { supportsDelete: false, deletesPermanently: false, supportsDescribe: false, supportsAssociate: false },
  objects: { contact: { native: 'contacts', fields: { name: { field: 'name', type: 'string' } } } },
  hosts: 'tenant',
  limits: {},
  idempotency: 'none',
} as const satisfies Manifest
