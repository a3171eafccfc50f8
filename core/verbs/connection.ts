import type { AnyDriver } from '../driver.ts'
import { isVorelError, VorelError } from '../errors.ts'
import type { OpenConnection } from '../outbound/context.ts'
import type { Access, ConnectionRow } from '../store/access.ts'
import { credentialsOf } from '../vault/keyring.ts'
import type { Deps } from './deps.ts'

export interface Connected {
  driver: AnyDriver
  row: ConnectionRow
  /** Decrypts the credentials: call it as late as possible, and keep nothing of it. */
  open(signal?: AbortSignal): Promise<OpenConnection>
}

const NOT_ACTIVE: Record<Exclude<ConnectionRow['status'], 'active'>, string> = {
  pending: 'The connection was never tested successfully. Connect the CRM again.',
  reauth_required: 'The CRM no longer accepts the stored sign-in. Connect it again.',
  disconnected: 'The CRM was disconnected. Connect it again.',
}

/** The tenant's connection with its driver, or the error that says what is missing. */
export const connectionOf = (deps: Pick<Deps, 'registry' | 'keyring'>, access: Access): Connected => {
  const { tenant, connection } = access
  if (!connection)
    throw new VorelError(
      'not_connected',
      `Tenant '${tenant.id}' has no CRM connected. Connect one: vorel connect ${tenant.id} <provider>.`,
    )
  const driver = deps.registry().get(connection.provider)
  if (connection.status !== 'active') throw new VorelError('connection_not_active', NOT_ACTIVE[connection.status])
  return { driver, row: connection, open: (signal) => openConnection(deps, access, connection, signal) }
}

const openConnection = async (
  { keyring }: Pick<Deps, 'keyring'>,
  { tenant }: Access,
  row: ConnectionRow,
  signal?: AbortSignal,
): Promise<OpenConnection> => ({
  id: row.id,
  provider: row.provider,
  version: row.tokenVersion,
  tenant,
  settings: row.settings,
  facts: row.facts,
  credentials: row.sealed
    ? await opened(keyring, row.sealed, credentialsOf(tenant.id, row.provider, row.tokenVersion), signal)
    : {},
})

/** What cannot be opened was not sent anywhere either. */
const opened = async (
  keyring: Deps['keyring'],
  sealed: Buffer,
  belongsTo: string[],
  signal?: AbortSignal,
): Promise<OpenConnection['credentials']> => {
  try {
    return await keyring.open(sealed, belongsTo, signal)
  } catch (cause) {
    if (isVorelError(cause)) throw cause
    throw new VorelError(
      'internal',
      'The stored credentials cannot be opened. Configure the key that sealed them, or connect the CRM again.',
      {
        cause,
      },
    )
  }
}
