import type { Manifest } from '../../schemas/manifest.ts'
import { VorelError } from '../errors.ts'

/** Our word for an object: its name, or an alias of the manifest's. */
export const resolveObject = (manifest: Manifest, name: string): string => {
  const wanted = name.toLowerCase()
  if (Object.hasOwn(manifest.objects, wanted)) return wanted
  const found = Object.entries(manifest.objects).find(([, { aliases }]) => aliases?.includes(wanted))
  if (found) return found[0]
  throw new VorelError(
    'object_unsupported',
    `${manifest.name} has no such object here. Objects: ${Object.keys(manifest.objects).join(', ')}.`,
  )
}

/** The object whose records these are: itself, but for what only stands for another. */
export const recordsOf = (manifest: Manifest, object: string): string => manifest.objects[object]?.standsFor ?? object
