import { defineConfig } from '../../core/config.ts'

export default defineConfig({
  drivers: { folders: ['../../drivers'] },
  outbound: { allowAddresses: ['127.0.0.0/8'] },
  deadlineMs: 3_000,
})
