import { defineConfig } from '../../core/config.ts'

export default defineConfig({ drivers: { folders: ['../../drivers'] }, demo: false, limits: { perKeyPerMinute: 10_000 } })
