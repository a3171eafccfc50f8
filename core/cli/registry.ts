import type { Config } from '../config.ts'
import { discover } from '../discover.ts'
import { buildRegistry, type Registry } from '../registry.ts'

/** The drivers as a service started now would have them; `needed`: whose code is wanted, all unless given. */
export const readRegistry = async ({ driverFolders, providers }: Config, needed?: (slug: string) => boolean): Promise<Registry> =>
  buildRegistry({ found: await discover(driverFolders), providers, ...(needed && { needed }) })
