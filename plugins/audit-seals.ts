import fp from 'fastify-plugin'
import { Sealer } from '../core/audit/sealer.ts'
import type { Sink } from '../core/audit/sink.ts'
import type { SigningKey } from '../core/vault/signing-key.ts'

export interface AuditSealsOptions {
  signingKey: SigningKey
  sink: Sink | null
}

const EVERY_MS = 1_000

/** Seals what the audit log got within the last second, and at the end what is left. */
export default fp<AuditSealsOptions>(
  async (app, { signingKey, sink }) => {
    const sealer = new Sealer({ pool: app.database.pool, key: signingKey, sink, log: app.log })
    let isClosing = false
    let timer: NodeJS.Timeout | undefined
    let running: Promise<void> = Promise.resolve()
    const seal = () =>
      sealer
        .drain(() => isClosing)
        .then(
          () => undefined,
          (error: unknown) => app.log.warn({ type: String(error) }, 'the audit could not be sealed; the next second tries again'),
        )
    const later = () => {
      if (!isClosing) timer = setTimeout(run, EVERY_MS)
    }
    const run = () => {
      running = seal().then(later)
    }
    app.addHook('onReady', async () => run())
    app.addHook('onClose', async () => {
      isClosing = true
      clearTimeout(timer)
      await running
      await sealer.pass().catch(() => 0)
    })
  },
  { name: 'audit-seals', dependencies: ['database'], fastify: '5.x' },
)
