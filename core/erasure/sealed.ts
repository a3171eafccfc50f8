/** What the sealed values of an erasure belong to. */
export const erasureKeysOf = (tenantId: string, erasureId: string): string[] => ['erasure', tenantId, erasureId]

export const erasureTargetOf = (tenantId: string, erasureId: string, n: number): string[] => [
  'erasure-target',
  tenantId,
  erasureId,
  String(n),
]
