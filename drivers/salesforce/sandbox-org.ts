import { ApiError, isDeleted, noColumn, noResource, noType } from './sandbox-errors.ts'
import { objectsOf, PREFIXES, type SandboxField, type SandboxObject } from './sandbox-fields.ts'
import { idAt, longId } from './sandbox-ids.ts'
import { momentAt, toStored } from './sandbox-values.ts'

export type Row = Record<string, unknown> & { Id: string; IsDeleted: boolean }

/** What differs between orgs, and between the moods of one. */
export interface OrgOptions {
  key: 'unique' | 'plain' | 'none'
  isSandbox: boolean
  /** How many records the search index learns of, before it runs behind. */
  indexedAtMost: number
  /** Where the standard duplicate rules are on: how the answer spells its key. */
  duplicateKey: 'duplicateResut' | 'duplicateResult' | null
  /** Fields and objects that the connected user does not see. */
  hidden: readonly string[]
}

/** Tables, rules and times of one org. */
export class Org {
  readonly options: OrgOptions
  readonly userId = idAt(PREFIXES.User ?? '', 1)
  readonly organizationId: string
  readonly domain: string
  readonly #objects: Record<string, SandboxObject>
  readonly #tables = new Map<string, Map<string, Row>>()
  readonly #indexed = new Set<string>()
  #lastId = 0

  constructor(options: OrgOptions) {
    this.options = options
    this.#objects = objectsOf(options.key)
    this.organizationId = idAt(PREFIXES.Organization ?? '', options.isSandbox ? 2 : 1)
    this.domain = options.isSandbox ? 'acme--dev.sandbox.my.salesforce.com' : 'acme.my.salesforce.com'
    for (const object of Object.keys(this.#objects)) this.#tables.set(object, new Map())
    const org = {
      Id: this.organizationId,
      Name: 'Acme Homes',
      IsSandbox: options.isSandbox,
      OrganizationType: 'Enterprise Edition',
      TimeZoneSidKey: 'America/Los_Angeles',
      InstanceName: 'SWE1',
    }
    this.#tables.get('Organization')?.set(this.organizationId, { ...org, IsDeleted: false })
  }

  /** Its own spelling of an object's name, and its fields as the user sees them. */
  object(name: string): { name: string; fields: SandboxObject } {
    const own = Object.keys(this.#objects).find((known) => known.toLowerCase() === name.toLowerCase())
    if (!own || this.options.hidden.includes(own)) throw noType(name)
    const fields = Object.entries(this.#objects[own] ?? {}).filter(([field]) => !this.options.hidden.includes(`${own}.${field}`))
    return { name: own, fields: Object.fromEntries(fields) }
  }

  field(object: string, name: string): { name: string; field: SandboxField } {
    const { fields, name: own } = this.object(object)
    const found = Object.entries(fields).find(([known]) => known.toLowerCase() === name.toLowerCase())
    if (!found) throw noColumn(name, own)
    return { name: found[0], field: found[1] }
  }

  /** What is not in the bin. */
  rows(object: string): Row[] {
    return [...(this.#tables.get(object)?.values() ?? [])].filter((row) => !row.IsDeleted)
  }

  isIndexed({ Id }: Row): boolean {
    return this.#indexed.has(Id)
  }

  row(object: string, id: string): Row {
    const row = this.#tables.get(this.object(object).name)?.get(longId(id) ?? '')
    if (!row) throw noResource()
    if (row.IsDeleted) throw isDeleted()
    return row
  }

  insert(object: string, body: object): Row {
    const { name, fields } = this.object(object)
    const values = this.#stored(name, body)
    for (const [field, { initial }] of Object.entries(fields))
      if (initial !== undefined && values[field] === undefined) values[field] = initial === 'user' ? this.userId : initial
    this.#lastId += 1
    const id = idAt(PREFIXES[name] ?? '', this.#lastId)
    const now = momentAt(Date.now())
    const empty = Object.fromEntries(Object.keys(fields).map((field) => [field, null]))
    const row: Row = { ...empty, ...values, Id: id, IsDeleted: false, CreatedDate: now, CreatedById: this.userId }
    return this.#keep(name, row)
  }

  update(object: string, id: string, body: object): Row {
    const row = this.row(object, id)
    if (row.IsConverted === true) throw new ApiError(400, 'CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead')
    return this.#keep(this.object(object).name, { ...row, ...this.#stored(object, body) })
  }

  /** Into the bin. */
  remove(object: string, id: string): void {
    this.row(object, id).IsDeleted = true
  }

  #stored(object: string, body: object): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(body).map(([given, value]) => {
        const { name, field } = this.#writable(object, given)
        return [name, toStored(name, field, value)]
      }),
    )
  }

  #writable(object: string, given: string): { name: string; field: SandboxField } {
    const { name: own, fields } = this.object(object)
    const name = Object.keys(fields).find((known) => known.toLowerCase() === given.toLowerCase())
    const field = name === undefined ? undefined : fields[name]
    if (!name || !field) throw new ApiError(400, 'INVALID_FIELD', `No such column '${given}' on sobject of type ${own}`)
    if (field.isReadOnly)
      throw new ApiError(
        400,
        'INVALID_FIELD_FOR_INSERT_UPDATE',
        `Unable to create/update fields: ${name}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`,
        [name],
      )
    return { name, field }
  }

  #keep(object: string, values: Row): Row {
    const { fields } = this.object(object)
    const missing = Object.keys(fields).filter((name) => fields[name]?.isRequired && values[name] == null)
    if (missing.length)
      throw new ApiError(400, 'REQUIRED_FIELD_MISSING', `Required fields are missing: [${missing.join(', ')}]`, missing)
    this.#refuseTaken(object, fields, values)
    this.#refuseDuplicate(object, values)
    const now = momentAt(Date.now())
    const isPerson = object === 'Contact' || object === 'Lead'
    const Name = isPerson ? [values.FirstName, values.LastName].filter(Boolean).join(' ') : values.Name
    const row: Row = Object.assign(this.#tables.get(object)?.get(values.Id) ?? values, values, {
      Name,
      LastModifiedDate: now,
      LastModifiedById: this.userId,
      SystemModstamp: now,
    })
    this.#tables.get(object)?.set(row.Id, row)
    if (this.#indexed.size < this.options.indexedAtMost) this.#indexed.add(row.Id)
    return row
  }

  #refuseTaken(object: string, fields: SandboxObject, values: Row): void {
    for (const [name, { isUnique }] of Object.entries(fields)) {
      const other =
        isUnique && values[name] != null && this.rows(object).find((row) => row.Id !== values.Id && row[name] === values[name])
      if (other)
        throw new ApiError(
          400,
          'DUPLICATE_VALUE',
          `duplicate value found: ${name} duplicates value on record with id: ${other.Id}`,
          [],
        )
    }
  }

  /** The standard rules, for persons: the same e-mail address and last name. */
  #refuseDuplicate(object: string, values: Row): void {
    const { duplicateKey } = this.options
    if (!duplicateKey || !values.Email) return
    for (const entity of ['Contact', 'Lead']) {
      const match = this.rows(entity).find(
        (row) =>
          row.Id !== values.Id &&
          row.LastName === values.LastName &&
          String(row.Email).toLowerCase() === String(values.Email).toLowerCase(),
      )
      if (match) throw duplicatesDetected(duplicateKey, object, entity, match)
    }
  }
}

const duplicatesDetected = (key: string, object: string, entityType: string, { Id }: Row) => {
  const errorMessage = `You're creating a duplicate record. We recommend you use an existing record instead.`
  const record = { attributes: { type: entityType, url: `/services/data/v67.0/sobjects/${entityType}/${Id}` }, Id }
  const matchRecords = [{ additionalInformation: [], fieldDiffs: [], matchConfidence: 100, record }]
  const rule = `Standard_${entityType}_Match_Rule_v1_1`
  const matchResults = [{ entityType, errors: [], matchEngine: 'FuzzyMatchEngine', matchRecords, rule, size: 1, success: true }]
  const found = {
    allowSave: true,
    duplicateRule: `Standard_${object}_Duplicate_Rule`,
    duplicateRuleEntityType: object,
    errorMessage,
    matchResults,
  }
  return new ApiError(400, 'DUPLICATES_DETECTED', errorMessage, undefined, { [key]: found })
}
