/**
 * What drivers ask that no document at hand describes, by provider: counted apart instead of judged. One that a document describes after all
 * is judged as ever, and its entry here is a violation.
 */
export const UNCOVERED: Readonly<Record<string, readonly string[]>> = {
  hubspot: ['PUT /crm/objects/2026-09/{object}/{id}/associations/default/{object}/{id}'],
}
