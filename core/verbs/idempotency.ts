import type { Idempotency, Manifest } from '../../schemas/manifest.ts'
import type { Call } from './call.ts'

const CLASSES: readonly string[] = ['native', 'search', 'none'] satisfies Idempotency[]

/**
 * How a lost create of this object can be settled at this connection: what `testConnection` found (the fact `idempotency.<object>`) counts before
 * what the manifest says of the object, and that before what it says of the provider.
 */
export const idempotencyOf = (manifest: Manifest, facts: Readonly<Record<string, string>>, object: string): Idempotency => {
  const found = facts[`idempotency.${object}`]
  if (found !== undefined && CLASSES.includes(found)) return found as Idempotency
  return manifest.objects[object]?.idempotency ?? manifest.idempotency
}

/** The same at the connection of a call. */
export const idempotencyIn = ({ connected: { driver, row } }: Call, object: string): Idempotency =>
  idempotencyOf(driver.manifest, row.facts, object)
