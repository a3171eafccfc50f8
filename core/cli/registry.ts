import type { Config } from '../config.ts'
import { discover } from '../discover.ts'
import { buildRegistry, type Registry } from '../registry.ts'

/** The drivers as a service started now would have them. */
export const readRegistry = async ({ driverFolders, providers }: Config): Promise<Registry> =>
  buildRegistry({ found: await discover(driverFolders), providers })
