import type { Config } from '../config.ts'
import { discover } from '../discover.ts'
import { buildRegistry, type Registry } from '../registry.ts'
import { effectiveProviders, type Switches } from '../switches/store.ts'

/** The drivers as a service started now would have them; `needed`: whose code is wanted, all unless given. Without switches: by the file alone. */
export const readRegistry = async (
  { driverFolders, providers }: Config,
  needed?: (slug: string) => boolean,
  switches: Switches = {},
): Promise<Registry> =>
  buildRegistry({
    found: await discover(driverFolders),
    providers: effectiveProviders(providers, switches),
    ...(needed && { needed }),
  })
