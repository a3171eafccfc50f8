import fp from 'fastify-plugin'
import { PgBoss } from 'pg-boss'

declare module 'fastify' {
  interface FastifyInstance {
    jobs: Jobs
  }
}

export interface Jobs {
  /** Runs the settling of open creates in that many milliseconds, in whichever process is free. */
  settleLater(afterMs: number): void
  /** Goes on with erasures that are due, in whichever process is free. */
  eraseLater(): void
  /** The same for leads that wait. */
  deliverLater(afterMs: number): void
}

export interface JobsOptions {
  url: string
  /** What it calls itself at the database. */
  name: string
  /** Settles what is open, and gives how much that was. */
  settle(): Promise<number>
  /** Renews sign-ins that are due. */
  keepFresh(): Promise<number>
  /** Compares mapped fields with what providers have now, where a day has passed. */
  watchFields(): Promise<number>
  /** Deletes counts of calls that no chart shows any more. */
  forgetCallStats(): Promise<number>
  /** Goes on with what is to be forgotten, and gives in how many milliseconds there is more to do; null: nothing is left. */
  erase(): Promise<number | null>
  /** Begins to deliver the leads that are due. */
  deliverLeads(): Promise<number>
}

const QUEUE = 'settle-operations'
const FRESH_QUEUE = 'renew-sign-ins'
const FIELDS_QUEUE = 'watch-fields'
const STATS_QUEUE = 'forget-call-stats'
const ERASE_QUEUE = 'erase-persons'
/** Sooner than that the schedule does not come by itself. */
const ERASE_SOON_MS = 60_000
const LEADS_QUEUE = 'deliver-leads'

/**
 * Durable jobs on the same database: open creates are settled at the start, every minute, and soon after an answer was lost; sign-ins
 * are renewed as they come due, mapped fields looked at once a day, and leads delivered.
 */
export default fp<JobsOptions>(
  async (app, { url, name, settle, keepFresh, watchFields, forgetCallStats, erase, deliverLeads }) => {
    const boss = new PgBoss({ connectionString: url, max: 3, application_name: name })
    boss.on('error', (error) => app.log.warn({ type: error.name }, 'the job queue met an error and goes on'))
    const sendIn = (queue: string, afterMs: number) => {
      const seconds = Math.max(1, Math.ceil(afterMs / 1000))
      boss
        .sendAfter(queue, {}, { singletonKey: `in-${seconds}` }, seconds)
        .catch((error: unknown) => app.log.warn({ type: String(error) }, 'a job could not be queued'))
    }
    app.decorate('jobs', {
      settleLater: (afterMs) => sendIn(QUEUE, afterMs),
      deliverLater: (afterMs) => sendIn(LEADS_QUEUE, afterMs),
      eraseLater: () => sendIn(ERASE_QUEUE, 0),
    } satisfies Jobs)
    const eraseNow = async () => {
      const nextMs = await erase()
      if (nextMs !== null && nextMs < ERASE_SOON_MS && !isClosing) sendIn(ERASE_QUEUE, nextMs)
    }
    const work = async () => {
      while ((await settle()) > 0 && !isClosing);
    }
    let isClosing = false
    app.addHook('onClose', async () => {
      isClosing = true
      await boss.stop({ graceful: true, timeout: 5_000 })
    })
    app.addHook('onReady', async () => {
      await boss.start()
      await boss.createQueue(QUEUE, { policy: 'short', retryLimit: 2, expireInSeconds: 300 })
      await boss.work(QUEUE, { pollingIntervalSeconds: 1 }, work)
      await boss.schedule(QUEUE, '* * * * *')
      await boss.createQueue(FRESH_QUEUE, { policy: 'short', retryLimit: 0, expireInSeconds: 300 })
      await boss.work(FRESH_QUEUE, { pollingIntervalSeconds: 5 }, keepFresh)
      await boss.schedule(FRESH_QUEUE, '* * * * *')
      await boss.createQueue(FIELDS_QUEUE, { policy: 'short', retryLimit: 0, expireInSeconds: 3_000 })
      await boss.work(FIELDS_QUEUE, { pollingIntervalSeconds: 30 }, watchFields)
      await boss.schedule(FIELDS_QUEUE, '*/15 * * * *')
      await boss.createQueue(STATS_QUEUE, { policy: 'short', retryLimit: 0, expireInSeconds: 300 })
      await boss.work(STATS_QUEUE, { pollingIntervalSeconds: 30 }, forgetCallStats)
      await boss.schedule(STATS_QUEUE, '17 * * * *')
      await boss.createQueue(ERASE_QUEUE, { policy: 'short', retryLimit: 2, expireInSeconds: 600 })
      await boss.work(ERASE_QUEUE, { pollingIntervalSeconds: 1 }, eraseNow)
      await boss.schedule(ERASE_QUEUE, '* * * * *')
      await boss.send(ERASE_QUEUE, {})
      await boss.createQueue(LEADS_QUEUE, { policy: 'short', retryLimit: 0, expireInSeconds: 60 })
      await boss.work(LEADS_QUEUE, { pollingIntervalSeconds: 1 }, deliverLeads)
      await boss.schedule(LEADS_QUEUE, '* * * * *')
      void deliverLeads().catch((error: unknown) =>
        app.log.warn({ type: String(error) }, 'leads that wait could not be looked at at the start'),
      )
      void work().catch((error: unknown) =>
        app.log.warn({ type: String(error) }, 'open creates could not be settled at the start'),
      )
    })
  },
  { name: 'jobs', fastify: '5.x' },
)
