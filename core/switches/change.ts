import { sentenceOf } from '../refusal.ts'
import type { DriverState, ListedDriver } from '../registry.ts'

/** How a driver stands in a process. */
export interface Standing {
  slug: string
  state: DriverState
  version: string
}

export interface Change {
  slug: string
  /** `none` with refusals: what runs goes on. */
  kind: 'on' | 'off' | 'upgraded' | 'none'
  now: Standing | null
  after: Standing | null
  refusals: string[]
}

/**
 * What becomes of each driver, one by one: a driver that is refused keeps what ran before (or stays out), and does not hold up the changes of
 * the others.
 */
export const changesBetween = (running: readonly Standing[], next: readonly ListedDriver[]): Change[] => {
  const slugs = [...new Set([...running, ...next].map(({ slug }) => slug))].sort()
  return slugs.map((slug) => {
    const now = running.find((driver) => driver.slug === slug) ?? null
    const listed = next.find((driver) => driver.slug === slug)
    const isKept = listed?.state === 'refused' && now?.state === 'on'
    const after = isKept ? now : listed ? standingOf(listed) : null
    return { slug, kind: kindOf(now, after), now, after, refusals: (listed?.refusals ?? []).map(sentenceOf) }
  })
}

export const standingOf = ({ slug, state, version }: ListedDriver): Standing => ({ slug, state, version })

const kindOf = (now: Standing | null, after: Standing | null): Change['kind'] => {
  const [wasOn, isOn] = [now?.state === 'on', after?.state === 'on']
  if (wasOn !== isOn) return isOn ? 'on' : 'off'
  return isOn && now?.version !== after?.version ? 'upgraded' : 'none'
}
