/** What a manifest says of its sign-in, held together: fields, tables, facts, and the templates that are filled from them. */
import Type from 'typebox'
import { type Manifest, type OAuth2Auth, signInsOf } from '../schemas/manifest.ts'
import { formProperties, isSecret } from './driver.ts'
import { namesIn } from './fill.ts'
import { isDeclared } from './outbound/endpoint.ts'
import type { Refusal, Refuse } from './refusal.ts'

export const signInRefusals = (manifest: Manifest, refuse: Refuse): Refusal[] => {
  const { auth } = manifest
  if (!Type.IsObject(auth.fields))
    return [refuse('auth.fields', 'is not a TypeBox object', 'Declare the form as Type.Object({ … }).')]
  return [
    ...tableRefusals(manifest, refuse),
    ...nameRefusals(manifest, refuse),
    ...(auth.kind === 'oauth2' ? oauthRefusals(manifest, auth, refuse) : sessionRefusals(manifest, refuse)),
  ]
}

/** What has a value before the sign-in, at its callback, and once tokens are there. */
const sourcesOf = ({ auth }: Manifest): Record<'before' | 'atCallback' | 'signedIn', string[]> => {
  const before = Object.keys(formProperties(auth.fields))
  if (auth.kind === 'form') return { before, atCallback: before, signedIn: before }
  const atCallback = [...before, ...Object.values(auth.callbackFacts ?? {})]
  return { before, atCallback, signedIn: [...atCallback, ...(auth.tokenFacts ?? [])] }
}

const tableRefusals = (manifest: Manifest, refuse: Refuse): Refusal[] =>
  Object.entries(manifest.tables ?? {})
    .filter(([, { by }]) => !sourcesOf(manifest).signedIn.includes(by))
    .map(([name, { by }]) =>
      refuse(`tables.${name}.by`, `is '${by}', which is ${nothing(manifest)}`, 'Name what the choice is made by, or declare it.'),
    )

const nothing = ({ auth }: Manifest): string => (auth.kind === 'form' ? 'no field of the form' : 'no field and no fact')

interface Template {
  field: string
  template: string | undefined
  /** The names that have a value when it is filled. */
  known: string[]
}

const templatesOf = (manifest: Manifest): Template[] => {
  const { auth, baseUrl, tables = {} } = manifest
  const { before, atCallback, signedIn } = sourcesOf(manifest)
  const andTables = (sources: string[]) => {
    const isLate = ({ by }: { by: string }) => signedIn.includes(by) && !sources.includes(by)
    return [...sources, ...Object.entries(tables).flatMap(([name, table]) => (isLate(table) ? [] : name))]
  }
  const token = auth.kind === 'oauth2' || auth.session ? ['access_token'] : []
  const known = [...andTables(signedIn), ...token]
  const signIns = signInsOf(manifest).map(({ value }) => ({ field: 'auth.signIn', template: value, known }))
  const base = { field: 'baseUrl', template: baseUrl, known: andTables(signedIn) }
  if (auth.kind === 'form') return [base, ...signIns]
  return [
    base,
    ...signIns,
    { field: 'auth.authorizeUrl', template: auth.authorizeUrl, known: andTables(before) },
    { field: 'auth.tokenUrl', template: auth.tokenUrl, known: andTables(atCallback) },
    { field: 'auth.revokeUrl', template: auth.revokeUrl, known: andTables(signedIn) },
  ]
}

const nameRefusals = (manifest: Manifest, refuse: Refuse): Refusal[] => {
  const isForm = manifest.auth.kind === 'form'
  const what = isForm ? 'is no field of the form and no table' : 'is no field, table or fact that is known by then'
  const remedy = isForm
    ? 'Correct the name, or add the field to auth.fields.'
    : 'Correct the name, or declare it in auth.fields, tables, auth.callbackFacts or auth.tokenFacts.'
  return templatesOf(manifest).flatMap(({ field, template = '', known }) =>
    namesIn(template)
      .filter((name) => !known.includes(name))
      .map((name) => refuse(field, `holds {${name}}, which ${what}`, remedy)),
  )
}

const sessionRefusals = (manifest: Manifest, refuse: Refuse): Refusal[] => {
  const { auth } = manifest
  if (auth.kind !== 'form' || !auth.session) return []
  const { needs } = auth.session
  const unknown = needs.filter((name) => !Object.hasOwn(formProperties(auth.fields), name))
  const isUsed = signInsOf(manifest).some(({ value }) => namesIn(value).includes('access_token'))
  return [
    ...unknown.map((name) => refuse('auth.session.needs', `names '${name}', which is no field of the form`, 'Correct the name.')),
    ...(isUsed
      ? []
      : [refuse('auth.session', 'is there, but no header of auth.signIn holds {access_token}', 'Say where the token goes.')]),
  ]
}

const oauthRefusals = (manifest: Manifest, auth: OAuth2Auth, refuse: Refuse): Refusal[] => {
  const refusals: Refusal[] = []
  const unless = (isRight: boolean, ...fault: Parameters<Refuse>) => {
    if (!isRight) refusals.push(refuse(...fault))
  }
  for (const [name, schema] of Object.entries(formProperties(auth.fields)))
    unless(
      !isSecret(schema),
      `auth.fields.${name}`,
      'is a secret, and what is asked before a sign-in is kept in the open',
      'Ask for it as a plain setting, or leave it out: what signs in comes from the grant.',
    )
  unless(
    auth.grant !== 'authorization_code' || auth.authorizeUrl !== undefined,
    'auth.authorizeUrl',
    "is missing although the grant is 'authorization_code'",
    'Say where the person goes to consent.',
  )
  unless(
    namesIn(auth.signIn.value).includes('access_token'),
    'auth.signIn',
    'does not hold {access_token}',
    "Put it where the token goes, such as 'Bearer {access_token}'.",
  )
  unless(
    auth.appBy === undefined || sourcesOf(manifest).signedIn.includes(auth.appBy),
    'auth.appBy',
    `is '${auth.appBy}', which is no field and no fact`,
    'Name the setting or fact that the app differs by, or leave it out.',
  )
  for (const [parameter, fact] of Object.entries(auth.callbackFacts ?? {}))
    unless(
      Object.values(manifest.tables ?? {}).some(({ by }) => by === fact),
      `auth.callbackFacts.${parameter}`,
      `becomes '${fact}', and no table says which values are good`,
      `Add a table with by: '${fact}'.`,
    )
  return [...refusals, ...addressRefusals(manifest, auth, refuse)]
}

/** Known addresses only: what a tenant or an answer fills in is held against `hosts` when it is called. */
const addressRefusals = (manifest: Manifest, auth: OAuth2Auth, refuse: Refuse): Refusal[] => {
  const templates = [...templatesOf(manifest), { field: 'auth.issuer', template: auth.issuer, known: [] }]
  return templates.flatMap(({ field, template, known }) => {
    if (template === undefined || field === 'auth.signIn' || isSettledElsewhere(auth, template, known)) return []
    const isCalled = field !== 'auth.issuer' && field !== 'auth.authorizeUrl'
    return addressesOf(manifest, template).flatMap((address) => {
      const fault = faultOf(manifest, address, isCalled)
      return fault ? refuse(field, fault.reason, fault.remedy) : []
    })
  })
}

/** An unknown name is told of by itself; an address that an answer brings is held against `hosts` when it comes. */
const isSettledElsewhere = ({ tokenFacts = [] }: OAuth2Auth, template: string, known: string[]): boolean =>
  namesIn(template).some((name) => !known.includes(name)) || tokenFacts.some((fact) => template.startsWith(`{${fact}}`))

/** All that a template becomes by the tables; names that no table knows stay in their braces. */
const addressesOf = ({ tables = {} }: Manifest, template: string): string[] => {
  const used = Object.entries(tables).filter(([name]) => namesIn(template).includes(name))
  let addresses = [template]
  for (const choice of new Set(used.map(([, { by }]) => by))) {
    const chosen = used.filter(([, { by }]) => by === choice)
    const keys = new Set(chosen.flatMap(([, { values }]) => Object.keys(values)))
    const withKey = (address: string, key: string) =>
      chosen.reduce((filled, [name, { values }]) => filled.replaceAll(`{${name}}`, values[key] ?? `{${name}}`), address)
    addresses = addresses.flatMap((address) => [...keys].map((key) => withKey(address, key)))
  }
  return [...new Set(addresses)]
}

interface Fault {
  reason: string
  remedy: string
}

const faultOf = (manifest: Manifest, address: string, isCalled: boolean): Fault | null => {
  const [, authority] = /^https:\/\/([^/?#\\]*)/.exec(address) ?? []
  const hasOpenHost = authority !== undefined && namesIn(authority).length > 0
  const url = URL.parse(hasOpenHost ? address.replace(authority, 'open.example') : address)
  if (authority === undefined || authority.includes('@') || !url)
    return { reason: `leads to '${address}', which is no https address`, remedy: 'Write it out from https:// on.' }
  if (!isCalled || hasOpenHost || isDeclared(manifest, url)) return null
  return {
    reason: `leads to ${url.host}, which is not among hosts`,
    remedy: `Add '${url.host}' to hosts, or correct the address.`,
  }
}
