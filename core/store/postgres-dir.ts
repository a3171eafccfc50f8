import { join } from 'node:path'
import type { Config } from '../config.ts'

/** Where the embedded PostgreSQL lives. */
export const postgresDir = ({ dataDir }: Pick<Config, 'dataDir'>): string => join(dataDir, 'postgres')
