import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { type Config, ConfigError, loadConfig } from './config.ts'

const SETTLE_MS = 300
const RELOAD = { actorType: 'system', actorId: 'reload' } as const

/** Applies a changed config or driver folder while calls run: on SIGHUP, and by itself when a file changes. */
export const watchConfig = (app: FastifyInstance, config: Config): (() => void) => {
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  let { driverFolders } = config
  let watchers: FSWatcher[] = []
  // Anew for each reload: a watcher loses a file that an editor replaces, and the folders may be others.
  const rewatch = () => {
    for (const watcher of watchers) watcher.close()
    const isConfig = (name: string | null) => name === null || name === basename(config.file)
    watchers = [
      watched(dirname(config.file), false, isConfig),
      ...driverFolders.map((folder) => watched(folder, true, () => true)),
    ].flat()
  }
  const watched = (folder: string, recursive: boolean, isOurs: (name: string | null) => boolean): FSWatcher[] => {
    try {
      const watcher = watch(folder, { recursive, persistent: false }, (_, name) => isOurs(name) && soon())
      return [watcher.on('error', () => undefined)]
    } catch {
      return [] // not there: SIGHUP works still
    }
  }
  const reload = () => {
    running = running.then(async () => {
      rewatch()
      const folders = await reloadOnce(app)
      if (!folders || folders.join() === driverFolders.join()) return
      driverFolders = folders
      rewatch()
    })
  }
  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(reload, SETTLE_MS).unref()
  }
  rewatch()
  process.on('SIGHUP', reload)
  return () => {
    clearTimeout(timer)
    process.off('SIGHUP', reload)
    for (const watcher of watchers) watcher.close()
  }
}

/** Gives the folders that count from now on; null where the configuration before goes on. */
const reloadOnce = async (app: FastifyInstance): Promise<string[] | null> => {
  try {
    const { driverFolders: folders, providers } = await loadConfig()
    const changes = await app.drivers.apply(RELOAD, { sources: { folders, providers } })
    const on = app.drivers.standings().filter(({ state }) => state === 'on')
    app.log.info(
      { on: on.map(({ slug }) => slug), changes: changes.map(({ slug, kind }) => `${kind}:${slug}`) },
      'drivers reloaded',
    )
    return folders
  } catch (error) {
    app.log.error(
      error instanceof ConfigError ? `${error.message}\nThe configuration before goes on.` : { err: error },
      'reload failed',
    )
    return null
  }
}
