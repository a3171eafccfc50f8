import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { Actor } from '../admin/actor.ts'
import type { AuditEntry, AuditLog } from '../store/audit.ts'
import { type Holding, holdings, processesBy } from './inventory.ts'
import type { Keyring } from './keyring.ts'
import { rotateColumn, type Walked } from './rotate-table.ts'
import { SEALED } from './sealed-columns.ts'

export interface RotateOptions {
  /** How long to go on after the first walk, for rows that are at work or keep appearing. */
  patienceMs: number
  onProgress(line: string): void
}

export interface Rotation {
  keyId: string
  resealed: number
  /** By table and column. */
  tables: Record<string, number>
  /** What other keys have sealed still. */
  left: Holding[]
  /** Processes that go on sealing with another key. */
  behind: { keyId: string; processes: string[] }[]
  /** Values that do not open, with why. */
  failed: { count: number; reason: string } | null
}

export interface RotateDeps {
  pool: Pool
  keyring: Keyring
  audit: AuditLog
}

const AGAIN_MS = 1_000

/** Seals everything that is stored with the current key, while traffic runs: walks until one finds nothing. */
export const rotate = async (deps: RotateDeps, actor: Actor, options: RotateOptions): Promise<Rotation> => {
  const entry = entryFor(actor, deps.keyring.currentId)
  await deps.audit.write({ ...entry, phase: 'intent' })
  try {
    const done = await walkOn(deps, options)
    const code = done.left.length === 0 ? 'ok' : 'incomplete'
    const counts = [`resealed:${done.resealed}`, `left:${sum(done.left)}`]
    await deps.audit.write({ ...entry, phase: 'outcome', code, fields: counts })
    return done
  } catch (error) {
    await deps.audit.write({ ...entry, phase: 'outcome', code: 'internal' })
    throw error
  }
}

const entryFor = (actor: Actor, keyId: string): Omit<AuditEntry, 'phase'> => ({
  ...actor,
  tenantId: null,
  action: 'vault.rotated',
  object: 'key',
  externalId: keyId,
  requestId: randomUUID(),
})

const walkOn = async (deps: RotateDeps, { patienceMs, onProgress }: RotateOptions): Promise<Rotation> => {
  const { pool, keyring } = deps
  const tables: Record<string, number> = {}
  const isOther = (keyId: string) => keyId !== keyring.currentId
  let until = Number.POSITIVE_INFINITY
  for (let turn = 1; ; turn += 1) {
    const walked = await walk(deps, tables, onProgress)
    until = Math.min(until, performance.now() + patienceMs)
    const left = await holdings(pool, isOther)
    const behind = [...(await processesBy(pool))].flatMap(([keyId, processes]) => (isOther(keyId) ? { keyId, processes } : []))
    const isAllThatIsLeftBroken = walked.failed > 0 && walked.failed === sum(left)
    if (left.length === 0 || isAllThatIsLeftBroken || performance.now() > until) {
      const failed = walked.reason === null ? null : { count: walked.failed, reason: walked.reason }
      return { keyId: keyring.currentId, resealed: sum(Object.values(tables)), tables, left, behind, failed }
    }
    onProgress(`Walk ${turn}: ${sum(left)} left, at work or newly written. Looking again.${toldBehind(behind)}`)
    await sleep(AGAIN_MS)
  }
}

const walk = async ({ pool, keyring }: RotateDeps, tables: Record<string, number>, onProgress: (line: string) => void) => {
  const all: Walked = { resealed: 0, passedOver: 0, failed: 0, reason: null }
  for (const table of SEALED)
    for (const column of table.columns) {
      const name = `${table.table}.${column.name}`
      const before = tables[name] ?? 0
      const one = await rotateColumn(pool, keyring, { table, column }, ({ resealed }) => {
        onProgress(`${name}: ${before + resealed} sealed anew`)
        tables[name] = before + resealed
      })
      all.failed += one.failed
      all.reason ??= one.reason
    }
  return all
}

const sum = (of: (number | Holding)[]): number =>
  of.reduce<number>((total, one) => total + (typeof one === 'number' ? one : one.count), 0)

/** Whose configuration is behind. */
export const toldBehind = (behind: Rotation['behind']): string =>
  behind
    .map(({ keyId, processes }) => ` Still sealing with ${keyId}: ${processes.join(', ')}. Give these the new key first.`)
    .join('')
