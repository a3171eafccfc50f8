/** What an API key may do. */
export const SCOPES = ['crm:read', 'crm:write', 'leads:write'] as const
export type Scope = (typeof SCOPES)[number]

/** The tools of an agent's token. */
export const TOOLS = [
  'crm_lookup_customer',
  'crm_search_records',
  'crm_create_record',
  'crm_update_record',
  'crm_list_recent',
] as const
export type Tool = (typeof TOOLS)[number]

/** The claim `role` of an operator's token. */
export const OPERATOR_ROLE = 'platform_operator'
