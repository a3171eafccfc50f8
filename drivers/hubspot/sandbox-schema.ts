import { KEY } from './key.ts'
import { badRequest, refused } from './sandbox-errors.ts'
import { madeProperty, type Property, propertiesOf } from './sandbox-properties.ts'
import type { Variant } from './sandbox-variant.ts'

const GROUPS: Record<string, string> = { contacts: 'contactinformation', deals: 'dealinformation', tickets: 'ticketinformation' }
const UNIQUE_AT_MOST = 10

/** One object's properties, as people and apps change them. */
export class Schema {
  readonly properties: Map<string, Property>
  readonly archived = new Map<string, Property>()
  readonly #groupName: string

  constructor(native: string, variant: Variant) {
    this.#groupName = variant.has('groups') ? `${native}_details` : (GROUPS[native] ?? native)
    this.properties = propertiesOf(native, this.#groupName)
    if (variant.has('full')) for (let n = 0; n < UNIQUE_AT_MOST; n += 1) this.#seed(`crm_number_${n}`, true)
    if (variant.has('not-unique')) this.#seed(KEY, false)
  }

  make(asked: Partial<Property> & { name: string; groupName: string }): Property {
    const { name, hasUniqueValue } = asked
    if (this.properties.has(name))
      throw refused(409, 'CONFLICT', `Unable to create property. A property named ${name} already exists.`)
    this.#checkGroup(asked)
    const unique = [...this.properties.values()].filter((property) => property.hasUniqueValue)
    if (hasUniqueValue && unique.length >= UNIQUE_AT_MOST) throw badRequest('The number of unique properties is limited to 10')
    const made = madeProperty(asked)
    this.archived.delete(name)
    this.properties.set(name, made)
    return made
  }

  /** All but the name may change. */
  change(property: Property, asked: Partial<Property>): Property {
    if (property.modificationMetadata.readOnlyDefinition) throw badRequest(`The definition of ${property.name} cannot be changed`)
    this.#checkGroup(asked)
    return Object.assign(property, asked)
  }

  /** Into the bin: reads leave it out, and writes to it are refused. */
  archive(property: Property): void {
    if (!property.modificationMetadata.archivable) throw badRequest(`${property.name} cannot be archived`)
    this.properties.delete(property.name)
    this.archived.set(property.name, property)
  }

  #checkGroup({ groupName }: Partial<Property>): void {
    if (groupName !== undefined && groupName !== this.#groupName) throw badRequest(`Property group ${groupName} does not exist`)
  }

  #seed(name: string, hasUniqueValue: boolean): void {
    this.properties.set(name, madeProperty({ name, groupName: this.#groupName, hasUniqueValue }))
  }
}
