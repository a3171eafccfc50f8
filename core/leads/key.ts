const PREFIX = 'lead:'

/** The idempotency key of the create that a lead becomes. */
export const leadKey = (leadId: string): string => PREFIX + leadId

/** The lead whose create has that key; null: it is no lead's. */
export const leadIdOf = (idempotencyKey: string): string | null =>
  /^lead:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(idempotencyKey) ? idempotencyKey.slice(PREFIX.length) : null
