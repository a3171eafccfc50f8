import type { Pool } from 'pg'

/** What an operator switched while the service ran. */
export interface ProviderSwitch {
  isOn: boolean
  changedBy: string
  changedAt: string
}

export type Switches = Record<string, ProviderSwitch>

/** On which the processes hear of a switch. */
export const SWITCH_CHANNEL = 'vorel_provider_switch'

interface Row {
  provider: string
  is_on: boolean
  changed_by: string
  changed_at: string
}

export const readSwitches = async (pool: Pool): Promise<Switches> => {
  const { rows } = await pool.query<Row>('select provider, is_on, changed_by, changed_at from provider_switch order by provider')
  return Object.fromEntries(
    rows.map(({ provider, is_on: isOn, changed_by: changedBy, changed_at }) => [
      provider,
      { isOn, changedBy, changedAt: new Date(changed_at).toISOString() },
    ]),
  )
}

/** Told to every process in the same transaction. */
export const writeSwitch = async (pool: Pool, provider: string, isOn: boolean, changedBy: string): Promise<void> => {
  await pool.query(
    `with changed as (
       insert into provider_switch (provider, is_on, changed_by) values ($1, $2, $3)
       on conflict (provider) do update set is_on = excluded.is_on, changed_by = excluded.changed_by, changed_at = now()
       returning provider
     )
     select pg_notify($4, provider) from changed`,
    [provider, isOn, changedBy, SWITCH_CHANNEL],
  )
}

/**
 * The file's switches with the operators' over them. A provider is off where either says so: no operator switches on what the file has off by
 * name, and the file need not be touched to switch one off.
 */
export const effectiveProviders = (inFile: Record<string, boolean>, switches: Switches): Record<string, boolean> => {
  const off = Object.entries(switches).filter(([, { isOn }]) => !isOn)
  return { ...inFile, ...Object.fromEntries(off.map(([provider]) => [provider, false])) }
}
