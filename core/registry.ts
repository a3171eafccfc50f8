import { basename } from 'node:path'
import type { Manifest } from '../schemas/manifest.ts'
import type { FoundDriver } from './discover.ts'
import type { AnyDriver } from './driver.ts'
import { importDriver } from './driver-check.ts'
import { VorelError } from './errors.ts'
import { manifestRefusals } from './manifest-check.ts'
import type { Refusal } from './refusal.ts'

export type { Refusal } from './refusal.ts'

export type DriverState = 'on' | 'off' | 'reserved' | 'refused'

export interface ListedDriver {
  slug: string
  name: string
  state: DriverState
  folder: string
  version: string
  manifest: Manifest | null
  refusals: Refusal[]
}

interface Loaded {
  listed: ListedDriver
  driver: AnyDriver | null
}

/** The drivers that are valid and switched on. It is replaced whole on a reload; calls under way keep the driver they began with. */
export class Registry {
  readonly #bySlug: Map<string, Loaded>

  constructor(loaded: Loaded[]) {
    this.#bySlug = new Map(loaded.map((entry) => [entry.listed.slug, entry]))
  }

  list(): ListedDriver[] {
    return [...this.#bySlug.values()].map(({ listed }) => listed).sort((a, b) => a.slug.localeCompare(b.slug))
  }

  refusals(): Refusal[] {
    return this.list().flatMap(({ refusals }) => refusals)
  }

  /** The driver, or an error that says why there is none and which there are. */
  get(slug: string): AnyDriver {
    const known = this.#bySlug.get(slug)
    if (known?.driver) return known.driver
    const on = this.list()
      .filter(({ state }) => state === 'on')
      .map((driver) => driver.slug)
    if (known?.listed.state === 'reserved')
      throw new VorelError(
        'provider_reserved',
        known.listed.manifest?.reservedReason ?? `'${slug}' is reserved and cannot be connected.`,
      )
    throw new VorelError(
      'provider_disabled',
      `No provider '${slug}' is switched on here. Switched on: ${on.join(', ') || 'none'}.`,
    )
  }

  /** What a reload keeps: a driver that was on stays where its new version is refused. */
  loaded(slug: string): Loaded | undefined {
    return this.#bySlug.get(slug)
  }
}

export interface RegistryOptions {
  found: FoundDriver[]
  /** By slug; a driver that is not named is on. */
  providers: Record<string, boolean>
  previous?: Registry
  /** Whose code is imported, of those that are on: for a command that works with one provider. All unless given. */
  needed?: (slug: string) => boolean
}

/** Checks every driver found and gathers all faults of all of them; the driver's own code is imported only where it is switched on. */
export const buildRegistry = async ({ found, providers, previous, needed = () => true }: RegistryOptions): Promise<Registry> => {
  const loaded = await Promise.all(found.map((driver) => load(driver, providers, needed)))
  const missing = Object.keys(providers).filter((slug) => providers[slug] && !loaded.some(({ listed }) => listed.slug === slug))
  const all = [...withoutTwins(loaded), ...missing.map(notFound)]
  return new Registry(all.map((entry) => keepOld(entry, providers, previous)))
}

const load = async (
  found: FoundDriver,
  providers: Record<string, boolean>,
  needed: (slug: string) => boolean,
): Promise<Loaded> => {
  const slug = basename(found.folder)
  const refusals = manifestRefusals(found, slug)
  const manifest = refusals.length === 0 ? (found.manifest as Manifest) : null
  const listed: ListedDriver = {
    slug,
    name: manifest?.name ?? slug,
    state: 'refused',
    folder: found.folder,
    version: found.version,
    manifest,
    refusals,
  }
  if (providers[slug] === false) return { listed: { ...listed, state: 'off', refusals: [] }, driver: null }
  if (!manifest) return { listed, driver: null }
  if (manifest.status === 'reserved') return { listed: { ...listed, state: 'reserved' }, driver: null }
  if (!needed(slug)) return { listed: { ...listed, state: 'on' }, driver: null }
  const { driver, refusals: faults } = await importDriver(found, manifest)
  return { listed: { ...listed, state: driver ? 'on' : 'refused', refusals: faults }, driver }
}

/** One folder for a slug: the first found, but a reserved name is nobody's, wherever its folder stands. */
const withoutTwins = (loaded: Loaded[]): Loaded[] => {
  const first = new Map<string, Loaded>()
  for (const entry of [...loaded.filter(isReserved), ...loaded.filter((entry) => !isReserved(entry))]) {
    const twin = first.get(entry.listed.slug)
    if (twin) twin.listed.refusals.push(twinRefusal(entry.listed, twin))
    else first.set(entry.listed.slug, entry)
  }
  return [...first.values()]
}

const isReserved = ({ listed }: Loaded): boolean => listed.manifest?.status === 'reserved'

const twinRefusal = ({ folder, slug }: ListedDriver, twin: Loaded): Refusal => ({
  folder,
  slug,
  field: 'slug',
  ...(isReserved(twin)
    ? { reason: `is reserved by ${twin.listed.folder}`, remedy: 'Give this driver another name.' }
    : { reason: `is taken by ${twin.listed.folder}`, remedy: 'Rename one of the two; the first one found is used.' }),
})

const notFound = (slug: string): Loaded => ({
  listed: {
    slug,
    name: slug,
    state: 'refused',
    folder: '',
    version: '',
    manifest: null,
    refusals: [
      {
        folder: '(none)',
        slug,
        field: 'providers',
        reason: 'is switched on, but no folder of that name was found',
        remedy: 'Correct the slug in vorel.config.ts, or add its folder.',
      },
    ],
  },
  driver: null,
})

const keepOld = (entry: Loaded, providers: Record<string, boolean>, previous?: Registry): Loaded => {
  const old = previous?.loaded(entry.listed.slug)
  if (entry.listed.state !== 'refused' || !old?.driver || providers[entry.listed.slug] === false) return entry
  return { driver: old.driver, listed: { ...old.listed, refusals: entry.listed.refusals } }
}
