/** What a scenario found wrong, in sentences. */
export class Checks {
  readonly faults: string[] = []
  count = 0

  equal(found: unknown, wanted: unknown, what: string): void {
    this.ok(Object.is(found, wanted), `${what}: ${String(found)} instead of ${String(wanted)}`)
  }

  ok(holds: boolean, otherwise: string): void {
    this.count += 1
    if (!holds) this.faults.push(otherwise)
  }
}

/** How often each thing occurs, as text: `ok 148, provider_timeout 2`. */
export const tally = (things: string[]): string => {
  const counts = new Map<string, number>()
  for (const thing of things) counts.set(thing, (counts.get(thing) ?? 0) + 1)
  return [...counts].map(([thing, count]) => `${thing} ${count}`).join(', ')
}
