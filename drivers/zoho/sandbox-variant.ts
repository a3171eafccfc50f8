import { manifest, type Region } from './manifest.ts'
import type { Quoting } from './sandbox-coql.ts'

/** What one sandbox is like: the parts of a variant's name, joined by `+`. */
export interface Traits {
  /** The data centre that the account is in. */
  home: Region
  /** `lag`: the search index knows nothing that is younger than a minute. */
  isLagging: boolean
  /** `inband`: refusals of records come under 200, 202 and 207, and so does success. */
  isInBand: boolean
  /** `numbers`: ids are JSON numbers. */
  hasNumberIds: boolean
  /** `fresh`: no unique field yet; `locked`: none, and none may be made; `plain`: there, and not unique. */
  key: 'unique' | 'fresh' | 'locked' | 'plain'
  /** `backslash`: quotes in COQL follow a backslash. */
  quoting: Quoting
  /** `typed`: a search by phone compares letter by letter. */
  comparesPhonesAsTyped: boolean
  /** `legacy`: `expires_in` counts milliseconds, beside `expires_in_sec`. */
  hasLegacyLifetime: boolean
  /** `missing`: a record that is not there is an error, not an empty answer. */
  refusesMissing: boolean
  /** `sandbox`: the consent chose a sandbox organisation. */
  isSandboxOrganisation: boolean
  /** `racing`: whoever comes second with a key is told of a duplicate instead of being merged. */
  isRacing: boolean
  /** `noleads`: the profile of the user hides leads. */
  hidesLeads: boolean
  /** `zoneless`: the organisation's time zone goes by a name of Zoho's own. */
  hasOddZone: boolean
  /** `strict`: a field that is not there is refused in `fields` as well, not passed over. */
  refusesUnknownFields: boolean
  /** `joined`: queries give several choices as one text. */
  joinsChoices: boolean
}

const KEYS = ['fresh', 'locked', 'plain'] as const
const NAMES = [
  'lag',
  'inband',
  'numbers',
  'backslash',
  'typed',
  'legacy',
  'missing',
  'sandbox',
  'racing',
  'noleads',
  'zoneless',
  'strict',
  'joined',
  ...KEYS,
]

export const traitsOf = (variant = ''): Traits => {
  const parts = variant.split('+').filter(Boolean)
  const isRegion = (part: string): part is Region => part in manifest.tables.web.values
  const unknown = parts.find((part) => !isRegion(part) && !NAMES.includes(part))
  if (unknown) throw new Error(`There is no variant '${unknown}'. Join with +: ${NAMES.join(', ')}, or a region.`)
  const has = (name: string) => parts.includes(name)
  return {
    home: parts.find(isRegion) ?? 'us',
    isLagging: has('lag'),
    isInBand: has('inband'),
    hasNumberIds: has('numbers'),
    key: KEYS.find(has) ?? 'unique',
    quoting: has('backslash') ? 'backslash' : 'doubled',
    comparesPhonesAsTyped: has('typed'),
    hasLegacyLifetime: has('legacy'),
    refusesMissing: has('missing'),
    isSandboxOrganisation: has('sandbox'),
    isRacing: has('racing'),
    hidesLeads: has('noleads'),
    hasOddZone: has('zoneless'),
    refusesUnknownFields: has('strict'),
    joinsChoices: has('joined'),
  }
}

/** Where the account's calls go. */
export const hostsOf = ({ home, isSandboxOrganisation }: Traits) => {
  const production = manifest.tables.api_domain.values[home]
  const api = isSandboxOrganisation ? production.replace('www.', 'sandbox.') : production
  return { accounts: manifest.tables.accounts.values[home], api, apiHost: new URL(api).host }
}
