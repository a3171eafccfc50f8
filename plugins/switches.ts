import fp from 'fastify-plugin'
import pg from 'pg'
import { fingerprintOf } from '../core/switches/drivers.ts'
import { BEAT_MS, forgetProcess, tellOfProcess } from '../core/switches/processes.ts'
import { readSwitches, SWITCH_CHANNEL } from '../core/switches/store.ts'

const ACTOR = { actorType: 'system', actorId: 'switch' } as const
const POLL_MS = 1_000
const LISTEN_AGAIN_MS = 5_000

/** Keeps this process at what operators switched, heard at once or polled, and tells the others of it. */
export default fp<{ url: string }>(
  async (app, { url }) => {
    const { drivers, database, log } = app
    let isClosing = false

    const follow = async () => {
      const known = JSON.stringify(drivers.laid().switches)
      if (isClosing || JSON.stringify(await readSwitches(database.pool)) === known) return
      const changes = await drivers.apply(ACTOR)
      if (changes.length) log.info({ changes: changes.map(({ slug, kind }) => `${kind}:${slug}`) }, 'drivers switched')
    }
    const tell = () =>
      tellOfProcess(database.pool, {
        id: drivers.processId,
        label: `vorel-${drivers.processId.slice(0, 8)}`,
        config: fingerprintOf(drivers.laid()),
        drivers: drivers.standings(),
        inFlight: drivers.inFlight.bySlug(),
      })
    const warn = (what: string) => (error: Error) => log.warn({ type: error.name }, what)

    const polling = repeated(POLL_MS, () => follow().catch(warn('switches could not be read and are read again')))
    const beating = repeated(BEAT_MS, () => tell().catch(warn('the heartbeat could not be written and is written again')))
    const listener = listening(url, () => void follow().catch(warn('a switch could not be applied and is tried again')))
    app.addHook('onReady', async () => {
      polling.start()
      beating.start()
      listener.start()
    })
    app.addHook('onClose', async () => {
      isClosing = true
      await Promise.all([polling.stop(), beating.stop(), listener.stop()])
      await forgetProcess(database.pool, drivers.processId).catch(() => undefined)
    })
  },
  { name: 'switches', dependencies: ['database', 'drivers'], fastify: '5.x' },
)

/** Runs at once and then each time that long after it was done; `stop` waits for the one under way. */
const repeated = (everyMs: number, run: () => Promise<unknown>) => {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let isOver = false
  const again = () => {
    running = run().then(() => {
      if (!isOver) timer = setTimeout(again, everyMs).unref()
    })
  }
  const stop = async () => {
    isOver = true
    clearTimeout(timer)
    await running
  }
  return { start: again, stop }
}

/** A connection of its own that hears of switches; polling stands in while it is away. */
const listening = (url: string, onSwitch: () => void) => {
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  const start = () => {
    const own = new pg.Client({ connectionString: url, application_name: 'vorel-switches', keepAlive: true })
    client = own
    const later = () => {
      own.removeAllListeners('end')
      own.end().catch(() => undefined)
      if (!isOver) timer = setTimeout(start, LISTEN_AGAIN_MS).unref()
    }
    own.on('error', () => undefined).once('end', later)
    own.on('notification', onSwitch)
    own
      .connect()
      .then(() => own.query(`listen ${SWITCH_CHANNEL}`))
      .catch(later)
  }
  const stop = async () => {
    isOver = true
    clearTimeout(timer)
    client?.removeAllListeners('end')
    await client?.end().catch(() => undefined)
  }
  return { start, stop }
}
