import { Command, Option } from 'commander'
import { type Announce, answers } from './answer.ts'
import { CliError } from './fail.ts'
import type { Session } from './session.ts'

const EXAMPLES = `
A secret never stands on the command line, where others may read it. It comes from a file, less its last newline:
  vorel connect acme lantern --set url=https://crm.acme.com --secret api_key=@./lantern-key
or from standard input; several of them a line each, in the order of the options:
  pass show lantern | vorel connect acme lantern --set url=https://crm.acme.com --secret api_key=-

Where the provider has a sign-in of its own, the command prints the address at which a person of the tenant consents, and waits until they
have; the running service takes the answer. Ctrl-C ends the waiting alone.`

interface Options {
  set: string[]
  secret: string[]
  onUnmapped?: 'refuse' | 'skip'
}

/** `vorel connect` */
export const connectCommand = (): Command =>
  answers<[tenant: string, provider: string], Options>(
    new Command('connect')
      .description("Test a tenant's account at a provider; store it, encrypted, and activate it only if the test passes")
      .argument('<tenant>')
      .argument('<provider>', 'its slug: vorel drivers list')
      .option('--set <field=value>', 'a setting, repeatable', collect, [])
      .option('--secret <field=@file|->', 'a secret from a file or from standard input, repeatable', collect, [])
      .addOption(
        new Option('--on-unmapped <what>', 'what a create does with a slot that has no field').choices(['refuse', 'skip']),
      )
      .addHelpText('after', EXAMPLES),
    async ([tenantId, provider], { set, secret, onUnmapped }, announce) => {
      const settings = Object.fromEntries(set.map((given) => pair('--set', given)))
      const { readSecrets } = await import('./secrets.ts')
      const secrets = await readSecrets(secret.map((given) => pair('--secret', given)))
      const { withSession } = await import('./session.ts')
      const asked = { tenantId, provider, entered: { ...settings, ...secrets }, ...(onUnmapped && { onUnmapped }) }
      const done = await withSession({ tenantId, provider }, async (session) => {
        await refuseOpenSecrets(session, provider, Object.keys(settings))
        return isSignIn(session, provider) ? signIn(session, asked, announce) : connect(session, asked)
      })
      return {
        json: { tenant: tenantId, provider, status: 'active', account: done.account ?? null, warning: done.warning ?? null },
        text: `Tenant '${tenantId}' is connected to ${provider}${done.account ? `: ${done.account}` : ''}.`,
        ...(done.warning && { note: `Note: ${done.warning}` }),
      }
    },
  )

const collect = (value: string, before: string[]): string[] => [...before, value]

const pair = (option: string, given: string): [string, string] => {
  const at = given.indexOf('=')
  if (at > 0) return [given.slice(0, at), given.slice(at + 1)]
  throw new CliError(`${option} takes a field and a value: ${option} ${option === '--set' ? 'url=https://…' : 'api_key=@file'}.`)
}

const refuseOpenSecrets = async ({ deps }: Session, provider: string, names: string[]): Promise<void> => {
  const { formProperties, isSecret } = await import('../driver.ts')
  const properties = formProperties(deps.registry().get(provider).manifest.auth.fields)
  const open = names.filter((name) => properties[name] && isSecret(properties[name]))
  if (open.length === 0) return
  const safe = open.map((name) => `--secret ${name}=@file`).join(' ')
  throw new CliError(
    `${open.join(', ')} is a secret, and a command line can be read by others. Give it by ${safe}, or by --secret ${open[0]}=- on standard input.`,
  )
}

type Asked = { tenantId: string; provider: string; entered: Record<string, string>; onUnmapped?: 'refuse' | 'skip' }

const connect = async ({ deps, database, actor }: Session, asked: Asked) => {
  const { connectTenant } = await import('../admin/connections.ts')
  const { telling } = await import('./progress.ts')
  return telling('Testing the connection.', connectTenant(deps, database, { ...actor, ...asked }))
}

const isSignIn = ({ deps }: Session, provider: string): boolean => {
  const { auth } = deps.registry().get(provider).manifest
  return auth.kind === 'oauth2' && auth.grant === 'authorization_code'
}

const signIn = async (session: Session, asked: Asked, announce: Announce) => {
  const { signInThere } = await import('./sign-in.ts')
  return signInThere(session, asked, announce)
}
