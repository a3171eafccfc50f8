import fp from 'fastify-plugin'
import { assertKeys } from '../core/vault/inventory.ts'
import type { Keyring } from '../core/vault/keyring.ts'

/** Stops a start that could not open what is stored. */
export default fp<{ keyring: Keyring }>((app, { keyring }) => assertKeys(app.database.pool, keyring), {
  name: 'vault',
  dependencies: ['database'],
  fastify: '5.x',
})
