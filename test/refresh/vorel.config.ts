import { defineConfig } from '../../core/config.ts'

export default defineConfig({
  drivers: { folders: ['./drivers'] },
  providers: { lantern: true },
  limits: { perKeyPerMinute: 1_000_000, perToolPerMinute: 1_000_000 },
  deadlineMs: 10_000,
  demo: false,
})
