/** Upper bounds in milliseconds; one bucket more is for what took longer. Stored rows hold counts by them: change them only with the table. */
export const BOUNDS_MS = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000]

export const bucketOf = (ms: number): number => {
  const index = BOUNDS_MS.findIndex((bound) => ms <= bound)
  return index === -1 ? BOUNDS_MS.length : index
}

/** About how long the given share of calls took at most, by even spread within a bucket; null where there were none. */
export const quantileMs = (share: number, buckets: readonly number[], maxMs: number): number | null => {
  const total = buckets.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let left = share * total
  for (const [index, count] of buckets.entries()) {
    if (count > 0 && left <= count) {
      const from = index === 0 ? 0 : (BOUNDS_MS[index - 1] as number)
      const to = Math.min(BOUNDS_MS[index] ?? maxMs, maxMs)
      return Math.round(from + (Math.max(from, to) - from) * (left / count))
    }
    left -= count
  }
  return Math.round(maxMs)
}
