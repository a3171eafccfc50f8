import { defineConfig } from '../../core/config.ts'

/** Short deadlines make short leases: what a killed service leaves open can be taken up again seconds later. */
export default defineConfig({
  drivers: { folders: ['./drivers', '../../drivers'] },
  limits: { perKeyPerMinute: 100_000, perToolPerMinute: 100_000 },
  deadlineMs: 1_500,
  demo: false,
})
