import { randomUUID } from 'node:crypto'
import { Compile } from 'typebox/compile'
import Value from 'typebox/value'
import type { TestConnectionOutput } from '../../schemas/verbs.ts'
import { type AnyDriver, formProperties, isSecret } from '../driver.ts'
import { VorelError } from '../errors.ts'
import { Deadline } from '../outbound/deadline.ts'
import type { Database } from '../store/database.ts'
import { Connection, FieldMapping, TenantCredentials } from '../store/entities.ts'
import { credentialsOf } from '../vault/keyring.ts'
import { checked } from '../verbs/answer.ts'
import { ours } from '../verbs/call.ts'
import { type Actor, type AdminDeps, audited } from './actor.ts'
import { tenantOf } from './tenants.ts'

const TEST_MS = 20_000

export interface ConnectOptions extends Actor {
  tenantId: string
  provider: string
  /** The form as filled in, secrets and all. */
  entered: Record<string, string>
  onUnmapped?: 'refuse' | 'skip'
}

export type ConnectResult = Extract<TestConnectionOutput, { ok: true }>

const silent = { debug: () => undefined, warn: () => undefined }

/** Tests what was entered; only where that passes is it stored, encrypted, and the connection active. */
export const connectTenant = async (deps: AdminDeps, database: Database, options: ConnectOptions): Promise<ConnectResult> => {
  const { tenantId, provider } = options
  const tenant = await tenantOf(database, tenantId)
  const driver = deps.registry().get(provider)
  const form = checkForm(driver, options.entered)
  const refusal = deps.outbound.refusalOf(driver, form)
  if (refusal) throw new VorelError('invalid_request', refusal)
  return audited(deps, options, { action: 'connection.activated', provider }, async () => {
    const connection = {
      id: randomUUID(),
      provider,
      version: 0,
      tenant: { id: tenantId, region: tenant.region },
      ...form,
      facts: {},
    }
    const tested = await testConnection(deps, driver, connection)
    if (!tested.ok) throw new VorelError('auth_error', `${tested.reason} Nothing was stored.`)
    await store(deps, database, options, { ...form, facts: tested.facts ?? {} })
    return tested
  })
}

type Form = { settings: Record<string, unknown>; credentials: Record<string, unknown> }

/** What was entered, held against the manifest's form, with secrets set apart. */
const checkForm = (driver: AnyDriver, entered: Record<string, string>): Form => {
  const { auth, name } = driver.manifest
  const properties = formProperties(auth.fields)
  const unknown = Object.keys(entered).filter((field) => !Object.hasOwn(properties, field))
  if (unknown.length)
    throw new VorelError(
      'invalid_request',
      `${name} has no field ${unknown.join(', ')}. Its fields: ${Object.keys(properties).join(', ')}.`,
    )
  const values = Value.Convert(auth.fields, Value.Default(auth.fields, { ...entered })) as Record<string, unknown>
  const faults = Compile(auth.fields).Errors(values)
  if (faults.length) throw new VorelError('invalid_request', `${name} needs: ${[...new Set(faults.map(needOf))].join('; ')}.`)
  const secret = (field: string) => isSecret(properties[field] ?? {})
  const pick = (want: boolean) => Object.fromEntries(Object.entries(values).filter(([field]) => secret(field) === want))
  const form = { settings: pick(false), credentials: pick(true) }
  return form
}

const needOf = ({ instancePath, message, params }: { instancePath: string; message: string; params: object }): string => {
  const missing = 'requiredProperties' in params ? (params.requiredProperties as string[]) : []
  return missing.length ? missing.join(', ') : `${instancePath.slice(1)} ${message}`
}

const testConnection = async (
  { outbound }: AdminDeps,
  driver: AnyDriver,
  connection: Parameters<AdminDeps['outbound']['context']>[1],
): Promise<TestConnectionOutput> => {
  const deadline = new Deadline(TEST_MS)
  try {
    return checked.testConnection(await driver.testConnection(outbound.context(driver, connection, { deadline, log: silent })))
  } catch (error) {
    throw ours(error)
  } finally {
    deadline.done()
  }
}

const store = async (
  { keyring }: AdminDeps,
  { orm }: Database,
  { tenantId, provider, onUnmapped }: ConnectOptions,
  { settings, credentials, facts }: Form & { facts: Record<string, string> },
): Promise<void> => {
  await orm.em.fork().transactional(async (em) => {
    const old = await em.findOne(Connection, { tenant_id: tenantId })
    const same = old?.provider === provider ? old : null
    if (old && !same) {
      em.remove(old)
      await em.flush()
      await em.nativeDelete(TenantCredentials, { tenant_id: tenantId, provider: { $ne: provider } })
    }
    const kept = await em.findOne(TenantCredentials, { tenant_id: tenantId, provider })
    const version = (kept?.token_version ?? 0) + 1
    const row = {
      key_id: keyring.currentId,
      sealed: keyring.seal(credentials, credentialsOf(tenantId, provider, version)),
      token_version: version,
      rotated_at: new Date(),
    }
    if (kept) em.assign(kept, row)
    else em.create(TenantCredentials, { tenant_id: tenantId, provider, ...row })
    const active = { status: 'active', settings, facts, ...(onUnmapped && { on_unmapped: onUnmapped }), updated_at: new Date() }
    if (same) em.assign(same, active, { mergeObjectProperties: false })
    else
      em.create(Connection, {
        id: randomUUID(),
        tenant_id: tenantId,
        provider,
        on_unmapped: 'refuse',
        mapping_version: (await em.count(FieldMapping, { tenant_id: tenantId, provider })) > 0 ? 1 : 0,
        created_at: new Date(),
        ...active,
      })
  })
}
