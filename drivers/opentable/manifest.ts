import Type from 'typebox'
import type { Manifest } from '../../core/driver.ts'

/** The name alone, so that nobody takes it for another thing. There is no form to fill in and no host that is called. */
export const manifest = {
  slug: 'opentable',
  name: 'OpenTable',
  docsUrl: 'https://docs.opentable.com',
  contractVersion: 1,
  status: 'reserved',
  reservedReason:
    "OpenTable: partner agreement required. Its API is open to contracted partners alone, so that no key of a restaurant's own could connect it. With such an agreement, connect custom_webhook to an adapter on the partner's side.",
  auth: { kind: 'form', fields: Type.Object({}) },
  baseUrl: 'https://platform.opentable.com',
  hosts: [],
  capabilities: { supportsDelete: false, deletesPermanently: false, supportsDescribe: false, supportsAssociate: false },
  objects: {},
  limits: {},
  idempotency: 'none',
} as const satisfies Manifest
