import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import { type Config, loadConfig } from './config.ts'
import { type Demo, startDemo } from './demo.ts'
import { watchConfig } from './reload.ts'
import { startEmbedded } from './store/embedded.ts'
import { leaveEmbedded } from './store/leave.ts'
import { postgresDir } from './store/postgres-dir.ts'

const CLOSE_MS = 9_000

export interface Service {
  app: FastifyInstance
  config: Config
  url: string
  demo: Demo | null
  close(): Promise<void>
}

/** Starts everything that serving needs; `close` ends it in the opposite order. */
export const startService = async (config: Config, onProgress: (line: string) => void = () => undefined): Promise<Service> => {
  const embedded = config.databaseUrl ? null : await startEmbedded(postgresDir(config), { onProgress })
  const databaseUrl = config.databaseUrl ?? embedded?.url ?? ''
  let built: FastifyInstance | undefined
  try {
    const app = await buildApp({ ...config, databaseUrl })
    built = app
    const demo = config.demoProvider ? await startDemo(app, config.demoProvider, config.dataDir) : null
    const unwatch = watchConfig(app, config)
    const url = await app.listen({ host: config.host, port: config.port })
    const close = async () => {
      unwatch()
      await app.close()
      await demo?.close()
      if (embedded) await leaveEmbedded(embedded)
    }
    return { app, config, url, demo, close }
  } catch (error) {
    await built?.close().catch(() => undefined)
    if (embedded) await leaveEmbedded(embedded)
    throw error
  }
}

/** `vorel start`: serves until a signal ends it. */
export const serve = async (onProgress: (line: string) => void): Promise<Service> => {
  const service = await startService(await loadConfig(), onProgress)
  closeWithGrace({ delay: CLOSE_MS, skip: ['SIGHUP'], logger: false }, async ({ err }) => {
    if (err)
      service.app.log.fatal({ type: err.name, stack: err.stack?.split('\n').slice(1, 8).join('\n') }, 'stopping after an error')
    await service.close()
  })
  return service
}
