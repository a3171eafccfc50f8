import { toLocal } from '../../core/driver.ts'
import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { bodyOf, checked, knowing, ok, paged, queryOf, type Row, refuse } from './sandbox-input.ts'

const WRITTEN = {
  text: 'FirstName MiddleName LastName Email MobilePhone HomePhone WorkPhone WorkExtension Gender AddressLine1 AddressLine2 City State PostalCode Country ReferredBy EmergencyContactInfoName EmergencyContactInfoEmail EmergencyContactInfoPhone EmergencyContactInfoRelationship Notes RedAlert YellowAlert LockerNumber',
  flag: 'IsProspect IsCompany Active SendAccountEmails SendScheduleEmails SendPromotionalEmails',
  time: 'BirthDate',
  ref: 'HomeLocation',
  customs: 'CustomClientFields',
} as const
const ADDED = knowing({ ...WRITTEN, text: `${WRITTEN.text} NewId`, flag: `${WRITTEN.flag} Test ReactivateInactiveClient` })
const CHANGED = knowing({ ...WRITTEN, text: `${WRITTEN.text} Id` })
const UPDATE = knowing({ client: 'Client', flag: 'Test CrossRegionalUpdate' })
const LISTED = knowing({
  text: 'clientIDs searchText',
  whole: 'uniqueIds',
  flag: 'includeInactive isProspect',
  time: 'lastModifiedDate',
})

export const CUSTOM_FIELDS = [
  { Id: 3, Name: 'Source', DataType: 'Text' },
  { Id: 4, Name: 'Height', DataType: 'Number' },
  { Id: 5, Name: 'Waiver', DataType: 'Boolean' },
  { Id: 6, Name: 'Trial ends', DataType: 'Date' },
]
const EMERGENCY = ['Name', 'Email', 'Phone', 'Relationship'].map((part) => `EmergencyContactInfo${part}`)

/** How sites differ, and what is not documented. */
export interface Site {
  zone: string
  /** What new clients must have, by whether a staff member signs them up. */
  required: { business: string[]; consumer: string[] }
  searchesPhones: boolean
  /** A search looks at all fields as one text, and takes % and _ for any text and any letter. */
  searchesLoosely: boolean
  /** A client is compared with those there are before its number is looked at. */
  comparesFirst: boolean
  isRegional: boolean
  /** Whether `lastModifiedDate` is a time by the site's clocks. */
  filtersLocally: boolean
}

interface Stored extends Row {
  Id: string
  UniqueId: number
  Active: boolean
  LastModifiedDateTime: string
}

export class Clients {
  readonly rows: Stored[] = []
  /** Profiles of the same people at another site of the region. */
  readonly elsewhere: Row[] = []
  readonly #site: Site
  #lastId = 100_015_678

  constructor(site: Site) {
    this.#site = site
  }

  byNumber(number: unknown): Stored {
    const found = this.rows.find(({ Id }) => Id === number)
    return found ?? refuse('ClientNotFound', `Client ${number} does not exist.`, 404)
  }

  list(request: SandboxRequest): SandboxAnswer {
    const query = queryOf(request, LISTED)
    const { clientIDs, uniqueIds, searchText, includeInactive, lastModifiedDate } = query
    if (uniqueIds && (clientIDs || searchText))
      refuse('InvalidParameter', 'UniqueIds cannot be used with ClientIDs or SearchText.')
    if ((clientIDs?.length ?? 0) > 20) refuse('InvalidParameter', 'At most 20 ClientIDs.')
    const text = searchText?.[0]
    const from = this.#utc(lastModifiedDate?.[0])
    const found = this.rows.filter(
      (client) =>
        (client.Active || includeInactive?.[0] === 'true') &&
        (!clientIDs || clientIDs.includes(client.Id)) &&
        (!uniqueIds || uniqueIds.includes(String(client.UniqueId))) &&
        (text === undefined || this.#isFound(client, text)) &&
        client.LastModifiedDateTime.slice(0, 19) >= from,
    )
    return paged('Clients', found, query)
  }

  /** As text that sorts like the stored times. */
  #utc(given: string | undefined): string {
    if (!given || !this.#site.filtersLocally) return given ?? ''
    const asIfUtc = Date.parse(`${given}Z`)
    const offset = Date.parse(`${toLocal(new Date(asIfUtc).toISOString(), this.#site.zone)}Z`) - asIfUtc
    return new Date(asIfUtc - offset).toISOString().slice(0, 19)
  }

  #isFound(client: Stored, text: string): boolean {
    const { searchesPhones, searchesLoosely } = this.#site
    const names = ['FirstName', 'LastName', 'Email', ...(searchesPhones ? ['MobilePhone', 'HomePhone', 'WorkPhone'] : [])]
    const stored = names.map((name) => String(client[name] ?? '').toLowerCase())
    if (!searchesLoosely) return stored.some((value) => value.includes(text.toLowerCase()))
    const pattern = text.toLowerCase().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    return new RegExp(pattern.replaceAll('%', '.*').replaceAll('_', '.'), 's').test(stored.join(' '))
  }

  add(request: SandboxRequest, isStaff: boolean): SandboxAnswer {
    const { NewId, Test, ReactivateInactiveClient: _, ...fields } = bodyOf(request, ADDED, 'FirstName LastName')
    this.#refuseIncomplete(fields, isStaff)
    if (this.#site.comparesFirst) this.#refuseDuplicate(fields, 'InvalidClientCreation')
    this.#refuseNumber(NewId)
    this.#refuseDuplicate(fields, 'InvalidClientCreation')
    this.#lastId += 1
    const now = new Date().toISOString()
    const client: Stored = {
      ...PRIVATE,
      HomePhone: null,
      WorkPhone: null,
      Status: 'Non-Member',
      IsProspect: false,
      ...this.#withCustoms(fields),
      Id: String(NewId ?? this.#lastId),
      UniqueId: this.#lastId,
      Active: fields.Active !== false,
      CreationDate: toLocal(now, this.#site.zone),
      LastModifiedDateTime: `${now.slice(0, 19)}Z`,
    }
    if (Test === true) return ok({ Client: { ...client, Action: 'None' } })
    this.rows.push(client)
    if (this.#site.isRegional) this.elsewhere.push({ ...client })
    return ok({ Client: { ...client, Action: 'Added' } })
  }

  update(request: SandboxRequest, isStaff: boolean): SandboxAnswer {
    const { Client, CrossRegionalUpdate = true } = bodyOf(request, UPDATE, 'Client')
    const { Id, ...fields } = checked(Client as Row, CHANGED)
    const client = this.byNumber(Id)
    const { isRegional } = this.#site
    const fixed = Object.keys(fields).find((name) => /^(CustomClientFields|Send\w+)$/.test(name))
    if (isRegional && fixed) refuse('ValidationFailed', `${fixed} cannot be changed for a cross-regional client.`)
    this.#refuseIncomplete({ ...client, ...fields }, isStaff)
    this.#refuseDuplicate({ ...client, ...fields }, 'InvalidClientUpdate', client)
    const changes = { ...this.#withCustoms(fields, client), Active: fields.Active ?? true }
    Object.assign(client, changes, { LastModifiedDateTime: `${new Date().toISOString().slice(0, 19)}Z` })
    const other = this.elsewhere.find(({ UniqueId }) => UniqueId === client.UniqueId)
    if (other && CrossRegionalUpdate) Object.assign(other, changes)
    return ok({ Client: { ...client, Action: 'Updated' } })
  }

  #refuseIncomplete(fields: Row, isStaff: boolean): void {
    const listed = this.#site.required[isStaff ? 'business' : 'consumer']
    const names = listed.flatMap((name) => (name === 'EmergContact' ? EMERGENCY : name))
    const missing = ['FirstName', 'LastName', ...names].filter((name) => !fields[name])
    if (missing.length) refuse('MissingRequiredFields', `Missing required fields: ${missing.join(', ')}`)
  }

  #refuseNumber(number: unknown): void {
    if (number === undefined) return
    if (!/^[A-Za-z0-9]{1,20}$/.test(String(number))) refuse('InvalidParameter', `NewId ${number} is not alphanumeric.`)
    if (Number(number) >= 100_000_000 && Number(number) <= 101_000_000) refuse('InvalidParameter', `NewId ${number} is reserved.`)
    if (this.rows.some(({ Id }) => Id === number)) refuse('InvalidParameter', `NewId ${number} is already in use.`)
  }

  #refuseDuplicate(fields: Row, code: string, own?: Stored): void {
    const keyOf = ({ FirstName, LastName, Email }: Row) => `${FirstName}\n${LastName}\n${Email}`.toLowerCase()
    const isSame = (client: Stored) => client !== own && keyOf(client) === keyOf(fields)
    if (fields.Email && this.rows.some(isSame)) refuse(code, `${fields.FirstName} ${fields.LastName} ${fields.Email} exists.`)
  }

  #withCustoms({ CustomClientFields: given, ...fields }: Row, client?: Stored): Row {
    if (given === undefined) return fields
    const before = (client?.CustomClientFields ?? []) as { Id: number }[]
    const values = (given as { Id: number; Value: string }[]).map(({ Id, Value }) => {
      const field = CUSTOM_FIELDS.find((each) => each.Id === Id)
      return field ? { ...field, Value } : refuse('ClientCustomFieldNotFound', `There is no custom field ${Id}.`)
    })
    const kept = before.filter(({ Id }) => !values.some((value) => value.Id === Id))
    return { ...fields, CustomClientFields: [...kept, ...values] }
  }
}

/** What staff keep of everybody, and nobody else is to see. */
const PRIVATE: Row = {
  ClientCreditCard: { CardType: 'Visa', LastFour: '4242', CardHolder: 'Private Cardholder' },
  Notes: 'private note of staff',
  RedAlert: 'private red alert',
  YellowAlert: 'private yellow alert',
  LastFormulaNotes: 'private formula',
  AccountBalance: 12.5,
}
