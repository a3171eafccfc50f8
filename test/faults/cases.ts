import type { Idempotency } from '../../schemas/manifest.ts'
import { type CaseName, losesAnswer } from './expect.ts'
import type { Player } from './stage.ts'
import { hasStep, stepNames } from './steps.ts'

export const CLASSES: readonly Idempotency[] = ['native', 'search', 'none']
const SHORT = 12
/** Longer search lags are waited for in long runs only. */
const SHORT_LAG_MS = 1_000

/** The same numbers for the same seed. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

export const everyCase = (players: Player[]): CaseName[] =>
  players.flatMap((player) =>
    stepNames
      .filter((step) => hasStep(player, step))
      .flatMap((step) => (['caller', 'sweeper'] as const).map((healedBy): CaseName => ({ player, step, healedBy }))),
  )

const isReal = ({ player }: CaseName): boolean => player.subject.sandbox !== undefined
const isSlow = ({ player: { idempotency, searchLagMs }, step }: CaseName): boolean =>
  idempotency === 'search' && searchLagMs > SHORT_LAG_MS && losesAnswer(step)

/** A real driver has to come to the same record again. */
const converges = (name: CaseName): boolean => isReal(name) && name.player.idempotency === 'native' && losesAnswer(name.step)

/** A few of them: every step, every class, a real driver in about every second one, and at the end one that has to converge. */
export const aFew = (every: CaseName[], random: () => number): CaseName[] => {
  const shuffled = <T>(list: readonly T[]): T[] =>
    list
      .map((item) => ({ item, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item)
  const left = shuffled(every.filter((name) => !isSlow(name)))
  const chosen: CaseName[] = []
  for (const [index, step] of shuffled(stepNames).entries()) {
    const score = (name: CaseName): number =>
      4 * Number(name.player.idempotency === CLASSES[index % CLASSES.length]) +
      2 * Number(isReal(name) === (index % 2 === 0)) +
      Number(!chosen.some(({ player }) => player === name.player))
    const [best] = left.filter((name) => name.step === step).sort((a, b) => score(b) - score(a))
    if (best) chosen.push(best)
  }
  return [...chosen, ...left.filter((name) => converges(name) && !chosen.includes(name))].slice(0, SHORT)
}
