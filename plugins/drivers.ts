import fp from 'fastify-plugin'
import { discover } from '../core/discover.ts'
import { type Refusal, sentenceOf } from '../core/refusal.ts'
import { buildRegistry, type Registry } from '../core/registry.ts'

declare module 'fastify' {
  interface FastifyInstance {
    drivers: Drivers
  }
}

export interface DriverSources {
  folders: string[]
  providers: Record<string, boolean>
}

export interface Drivers {
  registry(): Registry
  /** Looks again, applies what is valid and keeps the old version of what is not. Calls under way keep the driver they began with. */
  reload(sources: DriverSources): Promise<Registry>
}

export class DriversRefused extends Error {
  constructor(refusals: Refusal[]) {
    super(`Drivers that are switched on cannot be used:\n${refusals.map((refusal) => `  - ${sentenceOf(refusal)}`).join('\n')}`)
    this.name = 'DriversRefused'
  }
}

/** Drivers, discovered and checked. On the first start a fault in one that the operator switched on by name stops everything. */
export default fp<DriverSources>(
  async (app, sources) => {
    let registry = await buildRegistry({ found: await discover(sources.folders), providers: sources.providers })
    const fatal = registry.refusals().filter(({ slug }) => sources.providers[slug])
    if (fatal.length) throw new DriversRefused(fatal)
    const tell = () => {
      for (const refusal of registry.refusals()) app.log.error(`driver refused: ${sentenceOf(refusal)}`)
    }
    tell()
    app.decorate('drivers', {
      registry: () => registry,
      reload: async ({ folders, providers }) => {
        registry = await buildRegistry({ found: await discover(folders), providers, previous: registry })
        tell()
        return registry
      },
    })
  },
  { name: 'drivers', fastify: '5.x' },
)
