import { defineConfig } from './core/config.ts'

/** The operator's switchboard. A change applies while the service runs. */
export default defineConfig({
  drivers: { folders: ['./drivers'] },
  // A driver that is found and not named here is on.
  providers: { memory: true, custom_webhook: true, odoo: true },
  limits: { perKeyPerMinute: 200, perToolPerMinute: 50 },
  // Without any setting `npm start` shows this provider's sandbox to a demo tenant.
  demo: { provider: 'memory' },
})
