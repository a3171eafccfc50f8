import { Webhook } from 'standardwebhooks'

const PREFIX = 'whsec_'

/** Why a secret cannot sign, or null. Node decodes whatever it is given, so what was read is written again and compared. */
export const secretFault = (secret: string): string | null => {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret
  const key = Buffer.from(encoded, 'base64')
  if (key.toString('base64') !== encoded)
    return 'is not whsec_ followed by standard base64 with its padding and without spaces or line breaks'
  if (key.length < 24) return `holds ${key.length} bytes; 24 to 64 are needed`
  return key.length > 64 ? `holds ${key.length} bytes; 24 to 64 are allowed` : null
}

/**
 * The three headers of Standard Webhooks v1 over `content`: the body as it is sent, or the query string of a GET. Each secret gives one entry, so that
 * a receiver that knows any of them is satisfied.
 */
export const signatureHeaders = (secrets: string[], id: string, at: Date, content: string): Record<string, string> => ({
  'webhook-id': id,
  'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
  'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, content)).join(' '),
})
