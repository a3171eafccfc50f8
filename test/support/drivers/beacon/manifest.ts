import type { Manifest } from '../../../../core/driver.ts'
import { manifest as lantern } from '../lantern/manifest.ts'

const { authorizeUrl: _, ...auth } = lantern.auth

/** The same, signed in by the app's own id and secret: nobody consents. */
export const manifest = {
  ...lantern,
  slug: 'beacon',
  name: 'Beacon CRM',
  auth: { ...auth, grant: 'client_credentials', usesPkce: false },
} as const satisfies Manifest
