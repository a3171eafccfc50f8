import type { SandboxAnswer } from '../../core/sandbox.ts'
import { associationsInvalid, errorBody } from './sandbox-errors.ts'
import type { Variant } from './sandbox-variant.ts'

export interface End {
  native: string
  id: string
}

/** Of those without a label: HubSpot numbers each pair of objects, in each direction. */
const TYPE_IDS: Record<string, number> = {
  'contacts contacts': 449,
  'contacts deals': 4,
  'contacts tickets': 15,
  'deals contacts': 3,
  'deals deals': 451,
  'deals tickets': 27,
  'tickets contacts': 16,
  'tickets deals': 28,
  'tickets tickets': 452,
}

const keyOf = ({ native, id }: End): string => `${native}/${id}`

/** Which records belong together, seen from both. */
export class Associations {
  readonly #variant: Variant
  readonly #isThere: (end: End) => boolean
  readonly #byEnd = new Map<string, Map<string, End>>()

  constructor(variant: Variant, isThere: (end: End) => boolean) {
    this.#variant = variant
    this.#isThere = isThere
  }

  /** Once associated, again changes nothing. */
  add(from: End, to: End): SandboxAnswer {
    const nobody = [from, to].find((end) => !this.#isThere(end))
    if (nobody) return this.#variant.has('batch-errors') ? batch([], [notFoundIn(nobody)]) : associationsInvalid(nobody)
    this.#keep(from, to)
    this.#keep(to, from)
    return batch([from, to].map((end, index) => made(end, index === 0 ? to : from)))
  }

  /** Ids by object; what is in the bin is left out. */
  of(end: End): Record<string, string[]> {
    const others = [...(this.#byEnd.get(keyOf(end))?.values() ?? [])].filter(this.#isThere)
    const byNative = Map.groupBy(others, ({ native }) => native)
    return Object.fromEntries([...byNative].map(([native, ends]) => [native, ends.map(({ id }) => id)]))
  }

  #keep(from: End, to: End): void {
    const known = this.#byEnd.get(keyOf(from)) ?? new Map<string, End>()
    this.#byEnd.set(keyOf(from), known.set(keyOf(to), to))
  }
}

const made = (from: End, to: End) => ({
  from: { id: from.id },
  to: { id: to.id },
  associationSpec: { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: TYPE_IDS[`${from.native} ${to.native}`] },
})

const notFoundIn = ({ native, id }: End) => errorBody(404, 'OBJECT_NOT_FOUND', `${native} ${id} was not found`).body

const batch = (results: object[], errors: unknown[] = []): SandboxAnswer => {
  const now = new Date().toISOString()
  const told = errors.length ? { numErrors: errors.length, errors } : {}
  return { status: errors.length ? 207 : 200, body: { status: 'COMPLETE', results, startedAt: now, completedAt: now, ...told } }
}
