import { VorelError } from '../errors.ts'
import { fill, namesIn, valuesOf } from '../fill.ts'
import { isDeclared } from '../outbound/endpoint.ts'
import type { Subject } from './client.ts'

/** Where a template of the manifest leads with what is known of a connection. A host made of a tenant's words is one that the manifest declares. */
export const addressOf = (subject: Subject, template: string): URL => {
  const { manifest } = subject.driver
  const values = valuesOf(manifest, subject)
  const isMissing = (name: string) => (values[name] ?? null) === null || (values[name] === '' && !manifest.tables?.[name])
  const missing = namesIn(template).find(isMissing)
  if (missing !== undefined)
    throw new VorelError('invalid_request', `${manifest.name} is missing a setting that says where to sign in: '${missing}'.`)
  const url = URL.parse(fill(template, values))
  if (url && (hasFixedHost(template) || isDeclared(manifest, url))) return url
  throw new VorelError('invalid_request', `The settings lead to no address of ${manifest.name}. Correct them and start again.`)
}

const hasFixedHost = (template: string): boolean => /^https:\/\/[^/{}\\?#@]+(\/|$)/.test(template)
