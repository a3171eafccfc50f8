import type { FastifyInstance } from 'fastify'
import { adoptRecord, declareNotCreated, listUnknown, type UnknownOperation } from '../../core/admin/operations.ts'
import { tenantOf } from '../../core/admin/tenants.ts'
import { VorelError } from '../../core/errors.ts'
import { pathTo } from './input.ts'
import { type Markup, markup } from './markup.ts'
import { ground, type Handle, type Visit, visits } from './visit.ts'

const PATH = '/operations/:tenant/:key'

/** Creates whose outcome only a person can find out, and leads that wait. */
export const operationsPages = async (app: FastifyInstance): Promise<void> => {
  const { pipeline: deps, database } = app
  const { get, post } = visits(app, 'operations')
  app.consoleCounter('operations', async () => (await listUnknown(database)).length)

  get('/operations', (visit) => list(app, visit))
  const decision: Handle = async (visit) => decisionPage(visit, await operationOf(app, visit))
  get(PATH, decision)
  post(
    `${PATH}/adopt`,
    async (visit) => {
      const [externalId, object] = [visit.form.text('external_id'), visit.form.text('object')]
      if (externalId === '') throw new VorelError('invalid_request', "Give the record's id at the CRM.")
      const asked = { ...idOf(visit), externalId, ...(object && { object }) }
      const { is_verified } = await adoptRecord(deps, database, visit.operator, asked)
      const seen = is_verified ? 'The CRM has it.' : 'The CRM could not be asked for it by its id.'
      return visit.done('/console/operations', `The create is settled with record ${externalId}. ${seen}`)
    },
    decision,
  )
  post(
    `${PATH}/not-created`,
    async (visit) => {
      if (visit.form.text('sure') !== 'yes')
        throw new VorelError('invalid_request', 'Look at the CRM first, and say that you did.')
      await declareNotCreated(deps, database, visit.operator, idOf(visit))
      return visit.done('/console/operations', 'The create is settled as not made: its key is free, and a repeat sends it again.')
    },
    decision,
  )
}

const idOf = ({ param, request }: Visit) => ({
  tenantId: param('tenant'),
  idempotencyKey: param('key'),
  requestId: request.id,
})

const pathOf = ({ tenant_id, idempotency_key }: UnknownOperation, ...more: string[]): string =>
  pathTo('operations', tenant_id, idempotency_key, ...more)

const list = async ({ database }: FastifyInstance, visit: Visit): Promise<string> => {
  const operations = await listUnknown(database)
  return visit.show(
    { title: 'Operations' },
    markup`<p>Creates whose answer was lost, at providers that cannot be asked for the record. They are never sent again by themselves: look at the CRM, then decide.</p>`,
    ground.table({
      caption: 'Creates that wait for a decision',
      columns: ['Create', 'Tenant', 'Provider', 'Lost by', 'Since', 'Decide'],
      rows: operations.map((one) => [
        markup`<code>${one.idempotency_key}</code><br><span class="muted">${one.object}</span>`,
        markup`<a href="${pathTo('tenants', one.tenant_id)}">${one.tenant_id}</a>`,
        markup`${one.provider}`,
        markup`${one.error_code ?? 'unknown'}`,
        ground.when(one.updated_at),
        markup`<a href="${pathOf(one)}">Decide<span class="hidden"> about ${one.idempotency_key}</span></a>`,
      ]),
      empty: 'No create waits for a decision.',
    }),
  )
}

const operationOf = async ({ database }: FastifyInstance, { param }: Visit): Promise<UnknownOperation> => {
  const { id } = await tenantOf(database, param('tenant'))
  const found = (await listUnknown(database, id)).find(({ idempotency_key }) => idempotency_key === param('key'))
  if (found) return found
  throw new VorelError('operation_not_found', 'This create does not wait for a decision, or somebody else has just decided.')
}

const decisionPage = (visit: Visit, operation: UnknownOperation): string => {
  const { object, provider, tenant_id, reference, attempts, created_at, updated_at, error_code, idempotency_key } = operation
  return visit.show(
    { title: 'Was it created?', crumbs: [['Operations', '/console/operations']] },
    markup`<dl class="facts card">
      ${fact('Create', markup`<code>${idempotency_key}</code>`)}${fact('Tenant', markup`${tenant_id}`)}
      ${fact('Object', markup`${object} at ${provider}`)}${fact('Sent first', ground.when(created_at))}
      ${fact('Last tried', markup`${ground.when(updated_at)}, ${attempts} in all`)}${fact('Lost by', markup`${error_code ?? 'unknown'}`)}
      ${fact('Reference', markup`<code>${reference}</code>`)}</dl>
    <p>Look for the record at the CRM: made about that time, by the account that Vorel is connected as.</p>
    <div class="columns">${adoption(visit, operation)}${denial(visit, operation)}</div>`,
  )
}

const fact = (name: string, value: Markup): Markup => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`

const adoption = ({ csrf, form }: Visit, operation: UnknownOperation): Markup => markup`
  <form method="post" action="${pathOf(operation, 'adopt')}" class="card" aria-labelledby="is-there">${csrf}
    <h2 id="is-there">It is there</h2>
    <p>Repeats of the create are answered with this record from now on.</p>
    <div class="field"><label for="external_id">The record's id at the CRM</label>
      <input id="external_id" name="external_id" value="${form.text('external_id')}" required maxlength="200" autocomplete="off" spellcheck="false"></div>
    <div class="field"><label for="object">Which record it is <span class="optional">where the create makes several</span></label>
      <input id="object" name="object" value="${form.text('object')}" maxlength="40" autocomplete="off" spellcheck="false" placeholder="${operation.object}"></div>
    <button class="primary">Adopt this record</button></form>`

const denial = ({ csrf }: Visit, operation: UnknownOperation): Markup => markup`
  <form method="post" action="${pathOf(operation, 'not-created')}" class="card" aria-labelledby="is-not-there">${csrf}
    <h2 id="is-not-there">It was not created</h2>
    <p>The key is free again: whoever repeats the create sends it once more. If the record is there after all, there will be two.</p>
    <label class="choice"><input type="checkbox" name="sure" value="yes" required> I looked, and it is not there</label>
    <button class="danger">It was not created</button></form>`
