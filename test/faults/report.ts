import type { CaseName, Ending } from './expect.ts'

export interface Result extends CaseName {
  /** Null: the case could not be brought to its end. */
  ending: Ending | null
  faults: string[]
  seconds: number
}

export const lineOf = ({ player, step, healedBy, ending, faults, seconds }: Result): string => {
  const told = ending ? `${ending.state}, records ${ending.records.length}, sent ${ending.writes}` : ''
  const verdict = faults.length ? `not ok  ${faults.join('; ')}` : 'ok'
  const name = `${player.idempotency.padEnd(6)} ${player.subject.tenant.padEnd(24)} ${step.padEnd(31)} ${healedBy.padEnd(7)}`
  return `${name} ${told.padEnd(38)} ${seconds.toFixed(1).padStart(5)} s  ${verdict}`
}

/** By class and tenant: how often the service was killed, how creates ended, and what that cost. */
export const tableOf = (results: Result[]) => {
  const rowNameOf = ({ player }: Result) => `${player.idempotency} ${player.subject.tenant}`
  return [...new Set(results.map(rowNameOf))].sort().map((name) => {
    const of = results.filter((result) => rowNameOf(result) === name)
    const ended = (state: string) => of.filter(({ ending }) => ending?.state === state).length
    const [idempotency, driver] = name.split(' ')
    return {
      class: idempotency,
      driver,
      kills: of.length,
      done: ended('done'),
      outcome_unknown: ended('outcome_unknown'),
      'not sent': ended('failed') + ended('absent'),
      lost: of.filter(({ ending }) => ending?.wasAcknowledged && ending.records.length === 0).length,
      twice: of.filter(({ ending }) => ending && ending.records.length > 1).length,
    }
  })
}
