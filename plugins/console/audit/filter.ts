import type { AuditFilter } from '../../../core/audit/read.ts'
import { ERRORS } from '../../../core/errors.ts'
import type { ActorType } from '../../../core/store/audit.ts'
import type { Input } from '../input.ts'
import { type Markup, markup } from '../markup.ts'

const ACTORS: Record<ActorType, string> = {
  tool: 'an agent',
  api_key: 'an API key',
  platform_operator: 'an operator',
  system: 'the service itself',
}
const NAMES = ['tenant', 'actor', 'action', 'code', 'from', 'to'] as const

/** What is asked for; what is no filter of ours is left out. */
export const auditFilter = (query: Input): Omit<AuditFilter, 'limit'> => ({
  tenantId: query.text('tenant') || undefined,
  actorType: Object.keys(ACTORS).find((one): one is ActorType => one === query.text('actor')),
  action: query.text('action') || undefined,
  code: query.text('code') || undefined,
  from: timeIn(query.text('from')),
  to: timeIn(query.text('to')),
  beforeSeq: /^[1-9]\d{0,14}$/.test(query.text('before')) ? Number(query.text('before')) : undefined,
})

/** `2026-01-31T09:00` of an input, taken as UTC. */
const timeIn = (text: string): Date | undefined => {
  const time = new Date(`${text}${/(Z|[+-]\d\d:\d\d)$/.test(text) ? '' : 'Z'}`)
  return Number.isNaN(time.getTime()) ? undefined : time
}

/** The same filters, from another row on. */
export const queryWith = (query: Input, more: Record<string, string> = {}): string => {
  const kept = NAMES.flatMap((name) => (query.text(name) ? [[name, query.text(name)]] : []))
  const parameters = new URLSearchParams([...kept, ...Object.entries(more)] as [string, string][]).toString()
  return parameters && `?${parameters}`
}

export const filterForm = (
  query: Input,
): Markup => markup`<form method="get" action="/console/audit" class="filters" role="search" aria-label="Audit">
    ${input(query, 'tenant', 'Tenant')}
    <p class="field"><label for="actor">Who</label><select id="actor" name="actor"><option value="">anybody</option>${Object.entries(
      ACTORS,
    ).map(
      ([value, text]) => markup`<option value="${value}"${query.text('actor') === value && markup` selected`}>${text}</option>`,
    )}</select></p>
    ${input(query, 'action', 'Action')}
    ${input(query, 'code', 'Code', markup` list="codes"`)}
    <datalist id="codes">${['ok', ...Object.keys(ERRORS)].map((code) => markup`<option value="${code}"></option>`)}</datalist>
    ${input(query, 'from', 'From (UTC)', markup` type="datetime-local"`)}
    ${input(query, 'to', 'Before (UTC)', markup` type="datetime-local"`)}
    <p class="actions"><button type="submit" class="primary">Show</button> <a href="/console/audit">All</a> <a href="/console/audit.csv${queryWith(query)}" download="audit.csv">CSV</a></p>
  </form>`

const input = (query: Input, name: string, label: string, more: Markup | null = null): Markup => markup`<p class="field">
    <label for="${name}">${label}</label><input id="${name}" name="${name}" value="${query.text(name)}" autocomplete="off"${more}></p>`
