/** Why a driver is not in the registry: where, what, why, and what to do about it. */
export interface Refusal {
  folder: string
  slug: string
  field: string
  reason: string
  remedy: string
}

export type Refuse = (field: string, reason: string, remedy: string) => Refusal

export const refuserOf =
  (folder: string, slug: string): Refuse =>
  (field, reason, remedy) => ({ folder, slug, field, reason, remedy })

export const sentenceOf = ({ folder, field, reason, remedy }: Refusal): string => `${folder}: ${field} ${reason}. ${remedy}`
