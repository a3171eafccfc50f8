import { Command } from 'commander'
import { type Answer, answers } from './answer.ts'
import type { Finding } from './findings.ts'

/** `vorel check` */
export const checkCommand = (): Command =>
  answers(
    new Command('check').description(
      'Look at configuration, database, Redis, keys, tokens and drivers; say what is wrong and how to mend it',
    ),
    async () => {
      const { findings } = await import('./findings.ts')
      return report(await findings())
    },
  )

const report = (found: Finding[]): Answer => {
  const wrong = found.filter(({ isFine }) => !isFine)
  const width = Math.max(...found.map(({ subject }) => subject.length))
  const lines = found.map(({ subject, isFine, detail, remedy }) =>
    [
      `${isFine ? 'ok   ' : 'WRONG'}  ${subject.padEnd(width)}  ${detail}`,
      ...(remedy ? [`${' '.repeat(width + 9)}${remedy}`] : []),
    ].join('\n'),
  )
  const last = wrong.length ? `${wrong.length} of ${found.length} are wrong.` : 'All is well.'
  return {
    json: {
      ok: wrong.length === 0,
      checks: found.map(({ isFine: ok, subject, detail, remedy = null }) => ({ subject, ok, detail, remedy })),
    },
    text: [...lines, '', last].join('\n'),
    isFine: wrong.length === 0,
  }
}
