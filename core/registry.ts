import { basename } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { CONTRACT_VERSION, Manifest } from '../schemas/manifest.ts'
import type { FoundDriver } from './discover.ts'
import type { AnyDriver } from './driver.ts'
import { VorelError } from './errors.ts'
import { shapeFaults } from './shape-faults.ts'

/** Why a driver is not in the registry: where, what, why, and what to do about it. */
export interface Refusal {
  folder: string
  slug: string
  field: string
  reason: string
  remedy: string
}

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

const manifestShape = Compile(Manifest)
const REQUIRED_VERBS = [
  'testConnection',
  'lookupCustomer',
  'searchRecords',
  'createRecord',
  'updateRecord',
  'listRecent',
] as const

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
}

/** Checks every driver found and gathers all faults of all of them; the driver's own code is imported only where it is switched on. */
export const buildRegistry = async ({ found, providers, previous }: RegistryOptions): Promise<Registry> => {
  const loaded = await Promise.all(found.map((driver) => load(driver, providers)))
  const missing = Object.keys(providers).filter((slug) => providers[slug] && !loaded.some(({ listed }) => listed.slug === slug))
  const all = [...withoutTwins(loaded), ...missing.map(notFound)]
  return new Registry(all.map((entry) => keepOld(entry, providers, previous)))
}

const load = async (found: FoundDriver, providers: Record<string, boolean>): Promise<Loaded> => {
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
  const { driver, refusals: faults } = await importDriver(found, manifest)
  return {
    listed: { ...listed, state: faults.length ? 'refused' : 'on', refusals: faults },
    driver: faults.length ? null : driver,
  }
}

const manifestRefusals = (found: FoundDriver, slug: string): Refusal[] => {
  const refuse = (field: string, reason: string, remedy: string): Refusal => ({
    folder: found.folder,
    slug,
    field,
    reason,
    remedy,
  })
  if (found.fault)
    return [refuse('manifest.ts', `cannot be read: ${found.fault}`, 'Mend the file; it must export `manifest` and run no code.')]
  if (!manifestShape.Check(found.manifest)) {
    return shapeFaults(manifestShape.Errors(found.manifest), 'manifest').map(({ field, reason }) =>
      refuse(field, reason, 'Correct this field of manifest.ts; schemas/manifest.ts says what it takes.'),
    )
  }
  const manifest = found.manifest as Manifest
  const refusals: Refusal[] = []
  if (manifest.slug !== slug)
    refusals.push(
      refuse('slug', `is '${manifest.slug}', but the folder is called '${slug}'`, `Set slug to '${slug}' or rename the folder.`),
    )
  if (manifest.contractVersion !== CONTRACT_VERSION)
    refusals.push(
      refuse(
        'contractVersion',
        `is ${manifest.contractVersion}; this version of Vorel speaks ${CONTRACT_VERSION}`,
        'Install a release of the driver for this version.',
      ),
    )
  if (!Type.IsObject(manifest.auth.fields))
    refusals.push(refuse('auth.fields', 'is not a TypeBox object', 'Declare the form as Type.Object({ … }).'))
  for (const [field, template] of Object.entries({ baseUrl: manifest.baseUrl, 'auth.signIn': manifest.auth.signIn?.value ?? '' }))
    for (const [, name = ''] of template.matchAll(/\{(\w+)\}/g))
      if (Type.IsObject(manifest.auth.fields) && !Object.hasOwn(manifest.auth.fields.properties, name))
        refusals.push(
          refuse(field, `holds {${name}}, which is no field of the form`, 'Correct the name, or add the field to auth.fields.'),
        )
  for (const host of manifest.hosts === 'tenant' ? [] : manifest.hosts)
    if (!/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?$/.test(host))
      refusals.push(
        refuse('hosts', `'${host}' is no host pattern`, "Write a host name such as 'api.example.com' or '*.example.com'."),
      )
  if (manifest.idempotency === 'search' && manifest.searchLagMs === undefined)
    refusals.push(
      refuse(
        'searchLagMs',
        "is missing although idempotency is 'search'",
        'Say how many milliseconds a new record may stay unfindable.',
      ),
    )
  return refusals
}

const importDriver = async (found: FoundDriver, manifest: Manifest): Promise<{ driver: AnyDriver; refusals: Refusal[] }> => {
  const refuse = (field: string, reason: string, remedy: string): Refusal => ({
    folder: found.folder,
    slug: manifest.slug,
    field,
    reason,
    remedy,
  })
  try {
    const driver = (await found.importDriver()) as AnyDriver
    return { driver, refusals: verbRefusals(driver, manifest, refuse) }
  } catch (error) {
    const reason = String(error instanceof Error ? error.message : error).split('\n')[0] ?? ''
    return {
      driver: {} as AnyDriver,
      refusals: [refuse('driver.ts', `cannot be imported: ${reason}`, 'Mend the file; it must export a driver by default.')],
    }
  }
}

const verbRefusals = (
  driver: AnyDriver,
  manifest: Manifest,
  refuse: (field: string, reason: string, remedy: string) => Refusal,
): Refusal[] => {
  if (typeof driver !== 'object' || driver === null)
    return [refuse('driver.ts', 'exports no driver by default', 'Write `export default defineDriver({ manifest, … })`.')]
  const promised: Record<string, boolean> = {
    ...Object.fromEntries(REQUIRED_VERBS.map((verb) => [verb, true])),
    deleteRecord: manifest.capabilities.supportsDelete,
    describeObject: manifest.capabilities.supportsDescribe,
    findByReference: manifest.idempotency === 'search',
  }
  const another = isDeepStrictEqual(driver.manifest, manifest)
    ? []
    : [
        refuse(
          'manifest',
          'of driver.ts is not the manifest.ts beside it',
          "Write `import { manifest } from './manifest.ts'` and hand it on as it is.",
        ),
      ]
  const verbs = Object.entries(promised).flatMap(([verb, isPromised]) => {
    const isThere = typeof driver[verb as keyof AnyDriver] === 'function'
    if (isThere === isPromised) return []
    return isPromised
      ? [refuse(verb, 'is promised by the manifest and not there', `Write the verb, or switch its capability off.`)]
      : [refuse(verb, 'is there although the manifest says that it is not', `Switch its capability on, or remove the verb.`)]
  })
  return [...another, ...verbs]
}

const withoutTwins = (loaded: Loaded[]): Loaded[] => {
  const first = new Map<string, Loaded>()
  for (const entry of loaded) {
    const twin = first.get(entry.listed.slug)
    if (!twin) first.set(entry.listed.slug, entry)
    else
      twin.listed.refusals.push({
        folder: entry.listed.folder,
        slug: entry.listed.slug,
        field: 'slug',
        reason: `is taken by ${twin.listed.folder}`,
        remedy: 'Rename one of the two; the first one found is used.',
      })
  }
  return [...first.values()]
}

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
