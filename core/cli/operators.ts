import { Command } from 'commander'
import { answers } from './answer.ts'
import { table } from './table.ts'

/** `vorel operators` */
export const operatorsCommand = (): Command =>
  new Command('operators')
    .description('Who may sign in to the console by a password')
    .addCommand(create())
    .addCommand(list())
    .addCommand(disable())
    .addCommand(password())

/** Of standard input, or asked for at a terminal; never of the command line. */
const readPassword = async (): Promise<string> => {
  const { readSecrets } = await import('./secrets.ts')
  return (await readSecrets([['password', '-']])).password ?? ''
}

const withOperators = async <T>(
  run: (accounts: typeof import('../operators/accounts.ts'), session: import('./session.ts').Session) => Promise<T>,
): Promise<T> => {
  const { withSession } = await import('./session.ts')
  const accounts = await import('../operators/accounts.ts')
  return withSession({}, (session) => run(accounts, session))
}

const named = (name: string, description: string) =>
  new Command(name).description(description).argument('<name>', 'as the audit log names them')

const create = () =>
  answers<[name: string], object>(
    named('create', 'Make an account; its password, of at least 12 characters, is read from standard input'),
    async ([name]) => {
      const secret = await readPassword()
      await withOperators(({ createOperator }, { deps, database, actor }) =>
        createOperator(deps, database.pool, actor, { name, password: secret }),
      )
      return { json: { name, created: true }, text: `The operator '${name}' may sign in at /console.` }
    },
  )

const list = () =>
  answers(new Command('list').description('Show every account, and when it was last in use'), async () => {
    const operators = await withOperators(({ listOperators }, { database }) => listOperators(database.pool))
    const rows = operators.map(({ name, created_at, seen_at, disabled_at }) => [
      name,
      disabled_at ? 'disabled' : 'active',
      day(created_at),
      seen_at && day(seen_at),
    ])
    return { json: operators, text: table(['name', 'state', 'created', 'last seen'], rows) }
  })

const day = (time: string): string => new Date(time).toISOString().slice(0, 10)

const disable = () =>
  answers<[name: string], object>(
    named(
      'disable',
      'End an account and its sessions, from the next request on; vorel operators password takes it into use again',
    ),
    async ([name]) => {
      await withOperators(({ disableOperator }, { deps, database, actor }) => disableOperator(deps, database.pool, actor, name))
      return { json: { name, disabled: true }, text: `The operator '${name}' is disabled, and signed out.` }
    },
  )

const password = () =>
  answers<[name: string], object>(
    named('password', 'Set another password, read from standard input, and end the sessions'),
    async ([name]) => {
      const secret = await readPassword()
      await withOperators(({ setPassword }, { deps, database, actor }) =>
        setPassword(deps, database.pool, actor, { name, password: secret }),
      )
      return {
        json: { name, changed: true },
        text: `The password of '${name}' is set. Whoever was signed in has to sign in again.`,
      }
    },
  )
