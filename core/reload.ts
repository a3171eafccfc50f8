import { existsSync, type FSWatcher, watch } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { type Config, ConfigError, loadConfig } from './config.ts'

const SETTLE_MS = 300

/** Applies a changed config or driver folder while calls run: on SIGHUP, and by itself when a file changes. */
export const watchConfig = (app: FastifyInstance, config: Config): (() => void) => {
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  const reload = () => {
    running = running.then(() => reloadOnce(app))
  }
  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(reload, SETTLE_MS).unref()
  }
  const watchers = [config.file, ...config.driverFolders].filter((path) => existsSync(path)).map((path) => watched(path, soon))
  process.on('SIGHUP', reload)
  return () => {
    clearTimeout(timer)
    process.off('SIGHUP', reload)
    for (const watcher of watchers) watcher.close()
  }
}

const watched = (path: string, changed: () => void): FSWatcher => {
  const watcher = watch(path, { recursive: true, persistent: false }, changed)
  // A file that an editor replaces ends its watcher on some systems; SIGHUP still works then.
  return watcher.on('error', () => undefined)
}

const reloadOnce = async (app: FastifyInstance): Promise<void> => {
  try {
    const { driverFolders: folders, providers } = await loadConfig()
    const registry = await app.drivers.reload({ folders, providers })
    const on = registry.list().filter(({ state }) => state === 'on')
    app.log.info({ on: on.map(({ slug }) => slug) }, 'drivers reloaded')
  } catch (error) {
    app.log.error(
      error instanceof ConfigError ? `${error.message}\nThe configuration before goes on.` : { err: error },
      'reload failed',
    )
  }
}
