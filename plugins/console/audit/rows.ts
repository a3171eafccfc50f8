import type { AuditRow } from '../../../core/audit/read.ts'
import { pathTo } from '../input.ts'
import { type Markup, markup } from '../markup.ts'
import { ground } from '../visit.ts'

const HEADS = ['Request', 'Seq', 'At', 'Who', 'Tenant', 'Action', 'What', 'Phase', 'Code']

/** All rows of one call together, the newest call first. */
export const rowGroups = (rows: readonly AuditRow[]): Markup => markup`
  <div class="scrolls" tabindex="0" role="region" aria-label="Audit rows"><table class="audit">
    <thead><tr>${HEADS.map((head) => markup`<th scope="col">${head}</th>`)}</tr></thead>
    ${[...Map.groupBy(rows, ({ request_id }) => request_id).values()].map((call) => markup`<tbody>${call.map((row, at) => line(row, at === 0 ? call.length : 0))}</tbody>`)}
  </table></div>`

const line = (row: AuditRow, ofCall: number): Markup => {
  const { seq, at, actor_type, actor_id, tenant_id, action, phase, code } = row
  const head = markup`<th scope="rowgroup" rowspan="${ofCall}"><code class="id" title="${row.request_id}">${row.request_id}</code></th>`
  return markup`<tr>${ofCall > 0 && head}<td>${seq}</td><td>${ground.when(at)}</td><td>${actor_id} <small>${actor_type}</small></td>
    <td>${tenant_id && markup`<a href="${pathTo('tenants', tenant_id)}">${tenant_id}</a>`}</td><td><code>${action}</code></td><td>${whatOf(row)}</td>
    <td>${phase}</td><td>${code && markup`<span class="tag ${code === 'ok' ? 'good' : 'bad'}">${code}</span>`}</td></tr>`
}

const whatOf = ({ provider, object, external_id, conversation_id, fields }: AuditRow): Markup => markup`
  ${[provider, object, external_id].filter(Boolean).join(' ')}
  ${fields && fields.length > 0 && markup`<small>fields: ${fields.join(', ')}</small>`}
  ${conversation_id && markup`<small>conversation ${conversation_id}</small>`}`
