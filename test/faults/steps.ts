import type { Held, Hold, Provider } from './provider.ts'
import type { Service } from './service.ts'
import type { IdempotencyClass } from './tenants.ts'
import { type Turnstile, until } from './turnstile.ts'

export interface Create {
  tenant: IdempotencyClass
  key: string
  /** Sends the create and gives the first answer, or null where the line was lost. */
  send(): Promise<Reply | null>
}

export interface Reply {
  status: number
  replayed: boolean
  body: { code?: string; external_id?: string }
}

export interface Stage {
  service: Service
  provider: Provider
  turnstile: Turnstile
  create: Create
  /** What the provider does with a request it held when the service died. */
  fate: 'go' | 'drop'
}

/** Brings a create to one step and kills the service there; gives the answer, where one had been given. */
type Step = (stage: Stage) => Promise<Reply | null>

const atProvider =
  (at: Hold): Step =>
  async ({ service, provider, create, fate }) => {
    const reached = provider.holdNext(at)
    const reply = create.send()
    const held = await reached
    await service.kill('SIGKILL')
    held[fate]()
    return reply
  }

/** Holds the record's answer back until writers of outcomes are held, and lets it go then. */
const upToOutcome = async ({ provider, turnstile, create }: Stage): Promise<{ reply: Promise<Reply | null>; held: Held }> => {
  const reached = provider.holdNext('stored')
  const reply = create.send()
  const held = await reached
  await turnstile.close()
  held.go()
  await turnstile.reached()
  return { reply, held }
}

export const STEPS = {
  'before the claim': async ({ service, turnstile, create }) => {
    await turnstile.close()
    const reply = create.send()
    await turnstile.reached()
    await service.kill('SIGKILL')
    await turnstile.discard()
    return reply
  },
  'claimed, not yet marked as sent': async ({ service, turnstile, create }) => {
    await turnstile.close()
    const reply = create.send()
    await turnstile.reached()
    await turnstile.letOne()
    await turnstile.reached()
    await service.kill('SIGKILL')
    await turnstile.discard()
    return reply
  },
  'about to be sent': atProvider('connected'),
  'at the provider, not stored': atProvider('arrived'),
  'stored, not answered': atProvider('stored'),
  'answered, outcome not written': async (stage) => {
    const { reply } = await upToOutcome(stage)
    await stage.service.kill('SIGKILL')
    await stage.turnstile.discard()
    return reply
  },
  'outcome written, not replied': async (stage) => {
    const { service, turnstile, create } = stage
    const { reply } = await upToOutcome(stage)
    await service.kill('SIGSTOP')
    await turnstile.open()
    await until(async () => (await turnstile.state(create.tenant, create.key)) === 'done', 'the outcome was not written')
    await service.kill('SIGKILL')
    return reply
  },
  replied: async ({ service, create }) => {
    const reply = await create.send()
    await service.kill('SIGKILL')
    return reply
  },
} satisfies Record<string, Step>

export type StepName = keyof typeof STEPS

export const stepNames = Object.keys(STEPS) as StepName[]

/** Where a repeat converges, the claim says `sent` at once and there is no such step. */
export const hasStep = (tenant: IdempotencyClass, step: StepName): boolean =>
  !(tenant === 'native' && step === 'claimed, not yet marked as sent')
