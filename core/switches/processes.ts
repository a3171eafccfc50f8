import type { Pool } from 'pg'
import type { Standing } from './change.ts'

/** A process of the service, as it last told of itself. */
export interface ServiceProcess {
  id: string
  label: string
  startedAt: string
  seenAt: string
  /** Fingerprint of the configuration that it took its drivers from. */
  config: string
  drivers: Standing[]
  inFlight: Record<string, number>
}

type Told = Pick<ServiceProcess, 'id' | 'label' | 'config' | 'drivers' | 'inFlight'>

export const BEAT_MS = 2_000
/** Longer unseen, it has ended, or cannot reach the database. */
const LIVING_SECONDS = 15

export const tellOfProcess = async (pool: Pool, { id, label, config, drivers, inFlight }: Told): Promise<void> => {
  await pool.query(
    `insert into service_process (id, label, config, drivers, in_flight) values ($1, $2, $3, $4, $5)
     on conflict (id) do update set seen_at = now(), config = excluded.config, drivers = excluded.drivers, in_flight = excluded.in_flight`,
    [id, label, config, JSON.stringify(drivers), JSON.stringify(inFlight)],
  )
}

export const forgetProcess = async (pool: Pool, id: string): Promise<void> => {
  await pool.query("delete from service_process where id = $1 or seen_at < now() - interval '1 hour'", [id])
}

interface Row {
  id: string
  label: string
  started_at: string
  seen_at: string
  config: string
  drivers: Standing[]
  in_flight: Record<string, number>
}

export const livingProcesses = async (pool: Pool): Promise<ServiceProcess[]> => {
  const { rows } = await pool.query<Row>(
    `select id, label, started_at, seen_at, config, drivers, in_flight from service_process
     where seen_at > now() - make_interval(secs => $1) order by started_at, id`,
    [LIVING_SECONDS],
  )
  return rows.map(({ id, label, started_at, seen_at, config, drivers, in_flight }) => ({
    id,
    label,
    startedAt: new Date(started_at).toISOString(),
    seenAt: new Date(seen_at).toISOString(),
    config,
    drivers,
    inFlight: in_flight,
  }))
}

export const inFlightAt = (processes: readonly ServiceProcess[], provider: string): number =>
  processes.reduce((calls, { inFlight }) => calls + (inFlight[provider] ?? 0), 0)
