import { createHash, randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { type Actor, audited } from '../admin/actor.ts'
import { discover } from '../discover.ts'
import { type Refusal, sentenceOf } from '../refusal.ts'
import { buildRegistry, type Registry } from '../registry.ts'
import type { AuditLog } from '../store/audit.ts'
import { type Change, changesBetween, type Standing, standingOf } from './change.ts'
import { InFlight } from './in-flight.ts'
import { effectiveProviders, type Switches } from './store.ts'

/** What the config file says of drivers. */
export interface DriverSources {
  folders: string[]
  providers: Record<string, boolean>
}

export class DriversRefused extends Error {
  constructor(refusals: Refusal[]) {
    super(`Drivers that are switched on cannot be used:\n${refusals.map((refusal) => `  - ${sentenceOf(refusal)}`).join('\n')}`)
    this.name = 'DriversRefused'
  }
}

export interface DriversOptions {
  sources: DriverSources
  readSwitches(): Promise<Switches>
  audit: AuditLog
  log: Pick<FastifyBaseLogger, 'info' | 'error'>
}

type Laid = DriverSources & { switches: Switches }

/** The registry of this moment, and the one way to another. */
export class Drivers {
  /** Of this process, among those that serve. */
  readonly processId = randomUUID()
  readonly inFlight = new InFlight()
  readonly #options: DriversOptions
  #laid: Laid
  #registry: Registry
  #lastApply: Promise<unknown> = Promise.resolve()

  private constructor(options: DriversOptions, laid: Laid, registry: Registry) {
    this.#options = options
    this.#laid = laid
    this.#registry = registry
  }

  /** The first start: a fault in a driver that the operator switched on by name stops everything. */
  static async start(options: DriversOptions): Promise<Drivers> {
    const laid = { ...options.sources, switches: await options.readSwitches() }
    const registry = await registryOf(laid)
    const fatal = registry.refusals().filter(({ slug }) => effectiveProviders(laid.providers, laid.switches)[slug])
    if (fatal.length) throw new DriversRefused(fatal)
    const drivers = new Drivers(options, laid, registry)
    drivers.#tell()
    return drivers
  }

  registry(): Registry {
    return this.#registry
  }

  /** What the registry was made from: the file's word and the operators'. */
  laid(): Laid {
    return this.#laid
  }

  standings(): Standing[] {
    return this.#registry.list().map(standingOf)
  }

  /** The registry as it would be under other switches, with this one left as it is. */
  preview(switches: Switches): Promise<Registry> {
    return registryOf({ ...this.#laid, switches }, this.#registry)
  }

  /**
   * Looks again at folders, file and switches. The new registry is built beside the one in use and takes its place in one step once the audit
   * log has it; any fault before that leaves everything as it was. Calls under way keep the driver they began with. One at a time: `first` is done
   * when it is this one's turn.
   */
  apply(actor: Actor, { sources, first }: { sources?: DriverSources; first?: () => Promise<void> } = {}): Promise<Change[]> {
    const applied = this.#lastApply.then(async () => {
      await first?.()
      return this.#apply(actor, sources)
    })
    this.#lastApply = applied.catch(() => undefined)
    return applied
  }

  async #apply(actor: Actor, sources: DriverSources = this.#laid): Promise<Change[]> {
    const { folders, providers } = sources
    const laid = { folders, providers, switches: await this.#options.readSwitches() }
    const before = this.#registry
    const after = await registryOf(laid, before)
    const changes = changesBetween(this.standings(), after.list()).filter((change) => isNews(change, before))
    const swap = async () => {
      this.#registry = after
      this.#laid = laid
    }
    if (changes.length === 0) await swap()
    else await audited(this.#options, { ...actor, tenantId: null }, { action: 'drivers.applied', fields: told(changes) }, swap)
    this.#tell()
    for (const { slug, kind } of changes) if (kind === 'off' || kind === 'upgraded') void this.#drain(before, slug)
    return changes
  }

  #tell(): void {
    for (const refusal of this.#registry.refusals()) this.#options.log.error(`driver refused: ${sentenceOf(refusal)}`)
  }

  /** Says how many calls are still on the old driver, and when the last of them is over. */
  async #drain(before: Registry, provider: string): Promise<void> {
    const { driver, listed } = before.loaded(provider) ?? {}
    const calls = driver ? this.inFlight.of(driver) : 0
    if (!driver || calls === 0) return
    const about = { provider, version: listed?.version, calls }
    const beganAt = performance.now()
    this.#options.log.info(about, 'calls under way finish on the driver before')
    await this.inFlight.drained(driver)
    this.#options.log.info({ ...about, ms: Math.round(performance.now() - beganAt) }, 'the driver before has ended its last call')
  }
}

export const registryOf = async ({ folders, providers, switches }: Laid, previous?: Registry): Promise<Registry> =>
  buildRegistry({
    found: await discover(folders),
    providers: effectiveProviders(providers, switches),
    ...(previous && { previous }),
  })

/** Short, and the same wherever the same configuration is read. */
export const fingerprintOf = ({ folders, providers }: DriverSources): string => {
  const sorted = Object.entries(providers).sort(([a], [b]) => a.localeCompare(b))
  return createHash('sha256')
    .update(JSON.stringify([folders, sorted]))
    .digest('hex')
    .slice(0, 16)
}

/** A refusal counts once, when it is first met. */
const isNews = ({ slug, kind, refusals }: Change, before: Registry): boolean => {
  const known = (before.loaded(slug)?.listed.refusals ?? []).map(sentenceOf)
  return kind !== 'none' || refusals.some((refusal) => !known.includes(refusal))
}

const MOST_TOLD = 100

/** For the audit log: `on:<slug>`, `upgraded:<slug>`, `refused:<slug>`. */
const told = (changes: Change[]): string[] =>
  changes
    .flatMap(({ slug, kind, refusals }) => [
      ...(kind === 'none' ? [] : [`${kind}:${slug}`]),
      ...(refusals.length ? [`refused:${slug}`] : []),
    ])
    .map((word) => word.replace(/\s/g, '_'))
    .slice(0, MOST_TOLD)
