import { Command } from 'commander'
import { answers } from './answer.ts'

/** `vorel migrate` */
export const migrateCommand = (): Command =>
  answers(new Command('migrate').description('Bring the database schema up to date, and say what was applied'), async () => {
    const { loadConfig } = await import('../config.ts')
    const { withDatabase } = await import('./session.ts')
    const { migrateDatabase } = await import('../store/migrate.ts')
    const applied = await withDatabase(await loadConfig(), migrateDatabase)
    const text = applied.length ? `Applied: ${applied.join(', ')}` : 'The schema is up to date.'
    return { json: { applied }, text }
  })
