import { formProperties, isSecret } from '../driver.ts'
import { sentenceOf } from '../refusal.ts'
import type { DriverState, ListedDriver } from '../registry.ts'
import type { Database } from '../store/database.ts'
import type { ProviderSwitch } from '../switches/store.ts'
import type { Deps } from '../verbs/deps.ts'

export interface ListedProvider {
  provider: string
  name: string
  state: DriverState
  /** Null: its manifest cannot be read. */
  status: string | null
  version: string
  docs_url: string | null
  reserved_reason: string | null
  /** What the config file says; null: it does not name the provider, which is then on. */
  in_file: boolean | null
  /** What an operator switched last. Off counts; on counts unless the file says off. */
  switched: { is_on: boolean; changed_by: string; changed_at: string } | null
  capabilities: object | null
  objects: string[]
  auth: { kind: string; grant: string | null; form: object; secrets: string[] } | null
  tenant_count: number
  refusals: string[]
}

/** Every provider found, as it stands in this process. */
export const listProviders = async ({ drivers }: Pick<Deps, 'drivers'>, { pool }: Database): Promise<ListedProvider[]> => {
  const { rows } = await pool.query<{ provider: string; tenants: number }>(
    "select provider, count(*)::integer as tenants from connection where status <> 'disconnected' group by provider",
  )
  const tenants = new Map(rows.map((row) => [row.provider, row.tenants]))
  const { providers, switches } = drivers.laid()
  return drivers
    .registry()
    .list()
    .map((listed) => ({
      ...shown(listed),
      in_file: providers[listed.slug] ?? null,
      switched: shownSwitch(switches[listed.slug]),
      tenant_count: tenants.get(listed.slug) ?? 0,
    }))
}

const shown = ({ slug, name, state, version, manifest, refusals }: ListedDriver) => ({
  provider: slug,
  name,
  state,
  status: manifest?.status ?? null,
  version,
  docs_url: manifest?.docsUrl ?? null,
  reserved_reason: manifest?.reservedReason ?? null,
  capabilities: manifest?.capabilities ?? null,
  objects: Object.keys(manifest?.objects ?? {}),
  auth: manifest && authOf(manifest),
  refusals: refusals.map(sentenceOf),
})

const authOf = ({ auth }: NonNullable<ListedDriver['manifest']>) => ({
  kind: auth.kind,
  grant: auth.kind === 'oauth2' ? auth.grant : null,
  form: JSON.parse(JSON.stringify(auth.fields)) as object,
  secrets: Object.entries(formProperties(auth.fields)).flatMap(([field, schema]) => (isSecret(schema) ? [field] : [])),
})

const shownSwitch = (found: ProviderSwitch | undefined) =>
  found ? { is_on: found.isOn, changed_by: found.changedBy, changed_at: found.changedAt } : null
