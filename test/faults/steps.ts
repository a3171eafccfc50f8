import type { Held } from '../../core/sandbox-hold.ts'
import type { Place, Provider } from './provider.ts'
import type { Service } from './service.ts'
import type { Player } from './stage.ts'
import { type Turnstile, until } from './turnstile.ts'

export interface Create {
  tenant: string
  key: string
  /** Sends the create and gives the first answer, or null where the line was lost. */
  send(): Promise<Reply | null>
}

export interface Reply {
  status: number
  replayed: boolean
  body: { code?: string; external_id?: string }
}

/** What a step works with. */
export interface Scene {
  service: Service
  provider: Provider
  turnstile: Turnstile
  create: Create
  /** What the provider does with a request it held when the service died; `late`: it goes on with it after the create is settled. */
  fate: Fate
  /** Does that when the create is settled. */
  later(act: () => void): void
}

export type Fate = 'go' | 'drop' | 'late'

/** Brings a create to one step and kills the service there; gives the answer, where one had been given. */
type Step = (scene: Scene) => Promise<Reply | null>

const atProvider =
  (at: Place): Step =>
  async ({ service, provider, create, fate, later }) => {
    const reached = provider.holdNext(at)
    const reply = create.send()
    const held = await reached
    await service.kill('SIGKILL')
    if (fate === 'late') later(held.go)
    else held[fate]()
    return reply
  }

/** Of a create of two records: each, and that they belong together. */
const WRITES_OF_TWO = 3

/** Holds the answer of the last write back until writers of outcomes are held, and lets it go then. */
const upToOutcome = async (
  { provider, turnstile, create }: Scene,
  writes = provider.seconds ? WRITES_OF_TWO : 1,
): Promise<{ reply: Promise<Reply | null>; held: Held }> => {
  const reached = provider.holdNext('stored')
  const reply = create.send()
  let held = await reached
  for (let write = 1; write < writes; write += 1) {
    const next = provider.holdNext('stored')
    held.go()
    held = await next
  }
  await turnstile.close()
  held.go()
  await turnstile.reached()
  return { reply, held }
}

/** The same where the second of two records is created. */
const atSecond = async ({ service, provider, create, fate, later }: Scene, at: Place): Promise<Reply | null> => {
  const first = provider.holdNext('stored')
  const reply = create.send()
  const held = await first
  const second = provider.holdNext(at)
  held.go()
  const reached = await second
  await service.kill('SIGKILL')
  if (fate === 'late') later(reached.go)
  else reached[fate]()
  return reply
}

/** Steps of creates that make two records; for all others there are none such. */
const OF_TWO: StepName[] = [
  'first of two made, not noted',
  'first of two noted, second at the provider',
  'second stored, not answered',
]

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
  'first of two made, not noted': async (scene) => {
    const { reply } = await upToOutcome(scene, 1)
    await scene.service.kill('SIGKILL')
    await scene.turnstile.discard()
    return reply
  },
  'first of two noted, second at the provider': async (scene) => atSecond(scene, 'arrived'),
  'second stored, not answered': async (scene) => atSecond(scene, 'stored'),
  'answered, outcome not written': async (scene) => {
    const { reply } = await upToOutcome(scene)
    await scene.service.kill('SIGKILL')
    await scene.turnstile.discard()
    return reply
  },
  'outcome written, not replied': async (scene) => {
    const { service, turnstile, create } = scene
    const { reply } = await upToOutcome(scene)
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

/** Where a repeat converges, the claim says `sent` at once; and sandboxes hold no connections. */
export const hasStep = ({ idempotency, provider }: Pick<Player, 'idempotency' | 'provider'>, step: StepName): boolean => {
  if (OF_TWO.includes(step)) return provider.seconds !== undefined
  if (step === 'claimed, not yet marked as sent') return idempotency !== 'native'
  return step !== 'about to be sent' || provider.places.includes('connected')
}
