import Type from 'typebox'
import { orNull } from '../../core/driver.ts'
import type { Idempotency } from '../../schemas/manifest.ts'
import { Nullable } from '../../schemas/text.ts'
import type { TestConnectionOutput } from '../../schemas/verbs.ts'
import { type Ctx, DATA, query } from './call.ts'
import { type Described, describe } from './fields.ts'
import { nativeOf, OBJECTS, type ObjectName } from './manifest.ts'
import { READ } from './map.ts'

const Allowance = Type.Object({ Max: Type.Number(), Remaining: Type.Number() })
const Limits = Type.Object({ DailyApiRequests: Allowance })
const Organization = Type.Object({
  Id: Type.String(),
  Name: Type.String(),
  IsSandbox: Type.Boolean(),
  TimeZoneSidKey: Type.Optional(Nullable(Type.String())),
})
const UserInfo = Type.Object({ organization_id: Type.String(), user_id: Type.String() })

const ORGANIZATION = 'SELECT Id, Name, IsSandbox, TimeZoneSidKey FROM Organization'
const LOW_ALLOWANCE = 0.1

type Found = readonly [ObjectName, Described | null]

export const connectionTest = async (ctx: Ctx): Promise<TestConnectionOutput> => {
  const { DailyApiRequests } = await ctx.http.get(`${DATA}/limits`, Limits)
  const [[org], userId, found] = await Promise.all([query(ctx, ORGANIZATION, Organization), userOf(ctx), describeAll(ctx)])
  if (!org)
    return { ok: false, reason: 'Salesforce did not say which org this is. Connect again with a user who may view the setup.' }
  if (found.every(([, described]) => !described))
    return {
      ok: false,
      reason: 'The connected user sees neither contacts nor leads nor opportunities. Give access, or connect with another.',
    }
  const warning = [lowAllowance(DailyApiRequests), notVisible(found), notCreatable(found), notKeyed(ctx, found)]
    .filter(Boolean)
    .join(' ')
  return {
    ok: true,
    account: `${org.Name} (${org.IsSandbox ? 'sandbox' : 'production'})`,
    facts: {
      organization_id: org.Id,
      user_id: userId,
      is_sandbox: String(org.IsSandbox),
      ...(org.TimeZoneSidKey && { time_zone: org.TimeZoneSidKey }),
      ...factsOf(ctx, found),
    },
    ...(warning && { warning }),
  }
}

/** Who signed in, as the sign-in said; where it did not, as the org says. */
const userOf = async ({ http, facts }: Ctx): Promise<string> => {
  const told = /\/id\/00D\w{12,15}\/(005\w{12,15})$/.exec(facts.id ?? '')?.[1]
  return told ?? (await http.get('/services/oauth2/userinfo', UserInfo)).user_id
}

const describeAll = (ctx: Ctx): Promise<Found[]> =>
  Promise.all(OBJECTS.map(async (object): Promise<Found> => [object, await orNull(describe(ctx, object))]))

const factsOf = (ctx: Ctx, found: Found[]): Record<string, string> => {
  const facts: Record<string, string> = {}
  const missing = found.filter(([, described]) => !described).map(([object]) => object)
  if (missing.length) facts.missing = missing.join(',')
  for (const [object, described] of found) {
    if (!described) continue
    facts[`idempotency.${object}`] = classOf(ctx, described)
    const hidden = hiddenIn(object, described)
    if (hidden.length) facts[`hidden.${object}`] = hidden.join(',')
  }
  const stage = firstStage(found)
  return stage === undefined ? facts : { ...facts, stage }
}

const fieldOf = ({ fields }: Described, name: string) => fields.find((field) => field.name.toLowerCase() === name.toLowerCase())

/** What the object lets a create be known by: a key of its own, a line of a text, or nothing. */
const classOf = ({ settings }: Ctx, described: Described): Idempotency => {
  const key = fieldOf(described, settings.reference_field)
  if (key?.externalId && key.unique && key.createable && key.type === 'string') return 'native'
  return fieldOf(described, 'Description')?.createable ? 'search' : 'none'
}

const hiddenIn = (object: ObjectName, described: Described): string[] =>
  READ[nativeOf(object)].filter((name) => !fieldOf(described, name))

/** Where a new opportunity begins unless told. */
const firstStage = (found: Found[]): string | undefined => {
  const [, deal] = found.find(([object]) => object === 'deal') ?? []
  const stages = deal ? fieldOf(deal, 'StageName')?.picklistValues : undefined
  return stages?.find(({ active }) => active)?.value
}

const listed = (objects: readonly ObjectName[]): string => objects.map(nativeOf).join(', ')
const objectsOf = (found: Found[], is: (described: Described | null) => boolean): ObjectName[] =>
  found.filter(([, described]) => is(described)).map(([object]) => object)

const lowAllowance = ({ Max, Remaining }: { Max: number; Remaining: number }): string =>
  Remaining < Max * LOW_ALLOWANCE
    ? `This org has ${Remaining} of ${Max} API requests left for the day, all of its integrations together.`
    : ''

const notVisible = (found: Found[]): string => {
  const objects = objectsOf(found, (described) => !described)
  return objects.length ? `The connected user does not see ${listed(objects)}.` : ''
}

const notCreatable = (found: Found[]): string => {
  const objects = objectsOf(found, (described) => described?.createable === false)
  return objects.length ? `The connected user may not create ${listed(objects)}.` : ''
}

const notKeyed = (ctx: Ctx, found: Found[]): string => {
  const of = (how: Idempotency) => objectsOf(found, (described) => described !== null && classOf(ctx, described) === how)
  const remedy = `Add the text field ${ctx.settings.reference_field} (External ID, Unique) there and test again.`
  const traced = of('search')
  const untraced = of('none')
  return [
    traced.length &&
      `Creates of ${listed(traced)} are kept single by a line at the end of Description, as there is no key field.`,
    untraced.length &&
      `Creates of ${listed(untraced)} whose answer is lost cannot be settled, as there is neither key field nor Description.`,
    (traced.length || untraced.length) && remedy,
  ]
    .filter(Boolean)
    .join(' ')
}
