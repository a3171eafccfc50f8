export type Range = [from: number, to: number]

/** Ascending numbers as ranges. */
export const rangesOf = (numbers: number[]): Range[] => {
  const ranges: Range[] = []
  for (const number of numbers) {
    const last = ranges.at(-1)
    if (last && number === last[1] + 1) last[1] = number
    else ranges.push([number, number])
  }
  return ranges
}

/** `1-400,402` */
export const rangesText = (ranges: Range[]): string =>
  ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',')

export const parseRanges = (text: string): Range[] =>
  text.split(',').map((part) => {
    const [from = Number.NaN, to = from] = part.split(/(?<=\d)-/).map(Number)
    return [from, to]
  })

/** Numbers that mostly come in order and lie close together: few ranges, however many they are. */
export class RangeSet {
  readonly #ranges: Range[] = []

  /** False where it was there. */
  add(number: number): boolean {
    const index = this.#after(number)
    const before = this.#ranges[index - 1]
    const after = this.#ranges[index]
    if (before && number <= before[1]) return false
    const joinsBefore = before !== undefined && number === before[1] + 1
    const joinsAfter = after !== undefined && number === after[0] - 1
    if (joinsBefore && joinsAfter) {
      before[1] = after[1]
      this.#ranges.splice(index, 1)
    } else if (joinsBefore) before[1] = number
    else if (joinsAfter) after[0] = number
    else this.#ranges.splice(index, 0, [number, number])
    return true
  }

  /** Forgets what is not above. */
  dropUpTo(number: number): void {
    const index = this.#after(number)
    const last = this.#ranges[index - 1]
    this.#ranges.splice(0, index, ...(last && last[1] > number ? [[number + 1, last[1]] satisfies Range] : []))
  }

  has(number: number): boolean {
    const range = this.#ranges[this.#after(number) - 1]
    return range !== undefined && number <= range[1]
  }

  /** What lies between the ranges, before the first and behind the last, within these bounds. */
  gaps([from, to]: Range): Range[] {
    const gaps: Range[] = []
    let next = from
    for (const [first, last] of this.#ranges) {
      if (first > next) gaps.push([next, first - 1])
      next = last + 1
    }
    return next <= to ? [...gaps, [next, to]] : gaps
  }

  /** The index of the first range that begins behind the number. */
  #after(number: number): number {
    let low = 0
    let high = this.#ranges.length
    if (high && (this.#ranges[high - 1] as Range)[0] <= number) return high
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#ranges[middle] as Range)[0] <= number) low = middle + 1
      else high = middle
    }
    return low
  }
}
