import type { Pool } from 'pg'
import { type Holding, holdings, processesBy } from './inventory.ts'
import type { Keyring } from './keyring.ts'

export interface KeyStatus {
  id: string
  /** Null where the key is not configured. */
  mode: 'master' | 'kms' | null
  /** `missing`: it has sealed values and is not configured, so that nothing starts. */
  role: 'current' | 'opens' | 'missing'
  values: number
  /** How many, by table and column. */
  tables: Record<string, number>
  /** Running processes that seal with it. */
  processes: string[]
  mayBeRemoved: boolean
  /** The same for people. */
  advice: string
}

/** Every key that is configured or in use. */
export const keyStatus = async (pool: Pool, keyring: Keyring): Promise<KeyStatus[]> => {
  const found = Map.groupBy(await holdings(pool), ({ keyId }) => keyId)
  const running = await processesBy(pool)
  const configured = new Map(keyring.keys.map(({ id, mode }) => [id, mode]))
  const ids = new Set([keyring.currentId, ...configured.keys(), ...found.keys(), ...running.keys()])
  return [...ids].map((id) => {
    const mode = configured.get(id) ?? null
    const role = id === keyring.currentId ? 'current' : mode ? 'opens' : 'missing'
    return judged({ id, mode, role, held: found.get(id) ?? [], processes: running.get(id) ?? [] })
  })
}

const judged = ({ id, mode, role, held, processes }: Judged): KeyStatus => {
  const values = held.reduce((total, { count }) => total + count, 0)
  const advice = adviceOn(role, values, processes)
  const tables = Object.fromEntries(held.map(({ table, column, count }) => [`${table}.${column}`, count]))
  return { id, mode, role, values, tables, processes, mayBeRemoved: advice === YES, advice }
}

type Judged = Pick<KeyStatus, 'id' | 'mode' | 'role' | 'processes'> & { held: Holding[] }

const YES = 'yes'

const adviceOn = (role: KeyStatus['role'], values: number, processes: string[]): string => {
  if (role === 'current') return 'no: it is the current key'
  if (processes.length > 0) return 'no: processes seal with it'
  if (values > 0) return role === 'missing' ? 'it is missing: configure it' : 'no: run vorel vault rotate'
  return YES
}
