import { defineConfig } from '../../core/config.ts'

/** Providers of which only the sign-in matters. */
export default defineConfig({ drivers: { folders: ['../support/drivers'] }, demo: false })
