import { defineConfig } from './core/config.ts'

/** The operator's switchboard. Providers and driver folders change while the service runs, the rest at its next start. */
export default defineConfig({
  drivers: { folders: ['./drivers'] },
  // A driver that is found and not named here is on.
  providers: {
    memory: true,
    custom_webhook: true,
    hubspot: true,
    salesforce: true,
    zoho: true,
    athenahealth: true,
    odoo: true,
  },
  limits: { perKeyPerMinute: 200, perToolPerMinute: 50 },
  // Without any setting `npm start` shows this provider's sandbox to a demo tenant.
  demo: { provider: 'memory' },
})
