import type { Player } from './stage.ts'
import type { StepName } from './steps.ts'

/** What is known at the end of a case. */
export interface Ending {
  /** The create's first answer was 201, before the kill. */
  wasAcknowledged: boolean
  /** As `GET /v1/crm/operations/{key}` tells it; `absent` where no such create is known. */
  state: string
  externalId: string | null
  /** Ids of the records at the provider. */
  records: string[]
  /** Requests to create that reached the provider. */
  writes: number
  /** Of a create of two records: the second ones, and whether each is associated with the first. */
  seconds: { isTied: boolean }[] | null
}

export interface CaseName {
  player: Player
  step: StepName
  /** Who finishes it: the caller by repeating, or the sweeper alone. */
  healedBy: 'caller' | 'sweeper'
}

const NOTHING_SENT: StepName[] = ['before the claim', 'claimed, not yet marked as sent']
const SETTLED: StepName[] = ['outcome written, not replied', 'replied']

/** Whether the answer of the provider is lost at that step, and the provider has to be asked. */
export const losesAnswer = (step: StepName): boolean => !NOTHING_SENT.includes(step) && !SETTLED.includes(step)

/** The states a case may end in. */
export const expectedStates = ({ player, step, healedBy }: CaseName): string[] => {
  if (SETTLED.includes(step)) return ['done']
  if (NOTHING_SENT.includes(step)) {
    if (healedBy === 'caller') return ['done']
    return step === 'before the claim' ? ['absent'] : ['failed']
  }
  return player.idempotency === 'none' ? ['outcome_unknown'] : ['done']
}

/** Every promise that the ending breaks, in words. */
export const faultsOf = (name: CaseName, ending: Ending): string[] => {
  const { state, records, externalId, writes, seconds, wasAcknowledged } = ending
  const claims: [boolean, string][] = [
    [expectedStates(name).includes(state), `it ended ${state}, not ${expectedStates(name).join(' or ')}`],
    [records.length <= 1, `there are ${records.length} records`],
    [!wasAcknowledged || records.length === 1, 'an acknowledged create is missing'],
    [state !== 'done' || records.length === 1, `it is done, and there are ${records.length} records`],
    [state !== 'done' || records[0] === externalId, `it names record ${externalId}, and there is ${records[0]}`],
    [!['failed', 'absent'].includes(state) || records.length === 0, 'it says that nothing happened, and there is a record'],
    [name.player.idempotency !== 'none' || writes <= 1, `it was sent ${writes} times`],
    [seconds === null || seconds.length <= 1, `there are ${seconds?.length} second records`],
    [seconds === null || state !== 'done' || seconds.length === 1, 'it is done, and the second record is missing'],
    [seconds === null || state !== 'done' || seconds.every(({ isTied }) => isTied), 'it is done, and the two are not associated'],
  ]
  return claims.filter(([holds]) => !holds).map(([, fault]) => fault)
}
