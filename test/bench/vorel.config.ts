import { defineConfig } from '../../core/config.ts'

/** Nothing but the calls themselves: limits that are counted and never reached, no demo. */
export default defineConfig({
  drivers: { folders: ['../../drivers'] },
  providers: { memory: true },
  limits: { perKeyPerMinute: 1_000_000_000, perToolPerMinute: 1_000_000_000 },
  demo: false,
})
