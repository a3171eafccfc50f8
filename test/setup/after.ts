import { rm } from 'node:fs/promises'
import { stopServer } from '../../core/store/cluster.ts'
import { POSTGRES_DIR, RUN_DIR } from './run.ts'

await stopServer(POSTGRES_DIR)
await rm(RUN_DIR, { recursive: true, force: true })
