import { Command } from 'commander'
import type { Rotation } from '../vault/rotate.ts'
import type { KeyStatus } from '../vault/status.ts'
import { type Answer, answers } from './answer.ts'
import { table } from './table.ts'

/** `vorel vault` */
export const vaultCommand = (): Command =>
  new Command('vault').description('The keys that seal what is stored').addCommand(status()).addCommand(rotateCommand())

const status = () =>
  answers<[], object>(
    new Command('status').description('Show keys: what each has sealed, and whether it may be removed'),
    async () => {
      const { withSession } = await import('./session.ts')
      const { keyStatus } = await import('../vault/status.ts')
      return shown(await withSession({}, ({ database, deps }) => keyStatus(database.pool, deps.keyring)))
    },
  )

const shown = (keys: KeyStatus[]): Answer => {
  const rows = keys.map(({ id, mode, role, values, processes, advice }) => [
    id,
    mode,
    role,
    String(values),
    processes.join(' ') || null,
    advice,
  ])
  const held = keys.flatMap(({ id, tables }) => Object.entries(tables).map(([name, count]) => [id, name, String(count)]))
  const text = [
    table(['key', 'mode', 'role', 'values', 'processes', 'may it be removed'], rows),
    '',
    table(['key', 'values in', 'count'], held),
  ]
  return { json: keys, text: text.join('\n'), isFine: keys.every(({ role }) => role !== 'missing') }
}

const rotateCommand = () =>
  answers<[], { wait: string }>(
    new Command('rotate')
      .description(
        'Seal everything that is stored with the current key, while the service runs; run it again where it was ended early',
      )
      .option(
        '--wait <seconds>',
        'how long to go on for values that are at work, or that processes with another key keep writing',
        '180',
      ),
    async (_, { wait }) => {
      const { withSession } = await import('./session.ts')
      const { rotate } = await import('../vault/rotate.ts')
      const { progress } = await import('./progress.ts')
      const { CliError } = await import('./fail.ts')
      if (!/^\d{1,6}$/.test(wait)) throw new CliError(`--wait takes a number of seconds, not '${wait}'.`)
      const options = { patienceMs: Number(wait) * 1_000, onProgress: progress }
      const done = await withSession({}, ({ database, deps, actor }) => rotate({ ...deps, pool: database.pool }, actor, options))
      return { json: done, text: await told(done), isFine: done.left.length === 0 && done.failed === null }
    },
  )

const told = async ({ keyId, resealed, left, behind, failed }: Rotation): Promise<string> => {
  const { toldHoldings } = await import('../vault/inventory.ts')
  const { toldBehind } = await import('../vault/rotate.ts')
  const lines = [`${resealed} values were sealed anew with ${keyId}.`]
  if (left.length) lines.push(`Other keys are in use still: ${toldHoldings(left)}. Run vorel vault rotate again.`)
  if (failed) lines.push(`${failed.count} did not open: ${failed.reason}`)
  if (behind.length) lines.push(toldBehind(behind).trim())
  if (left.length === 0 && behind.length === 0) lines.push('No other key is in use: older ones may be removed.')
  return lines.join('\n')
}
