import type { FastifyInstance } from 'fastify'
import { createKey, type ListedKey, listKeys, revokeKey } from '../../core/admin/keys.ts'
import { tenantOf } from '../../core/admin/tenants.ts'
import { VorelError } from '../../core/errors.ts'
import { SCOPES, type Scope } from '../../schemas/scopes.ts'
import { pathTo } from './input.ts'
import { type Markup, markup } from './markup.ts'
import { ground, type Handle, type Visit, visits } from './visit.ts'

const PATH = '/tenants/:id/keys'

const MEANINGS: Record<Scope, string> = {
  'crm:read': 'look customers up, search and list',
  'crm:write': 'create and update records',
  'leads:write': 'hand in leads, which are kept until the CRM has them',
}

/** A tenant's API keys: made, seen once, and ended. */
export const keysPages = async (app: FastifyInstance): Promise<void> => {
  const { pipeline: deps, database } = app
  const { get, post } = visits(app, 'tenants')

  get(PATH, (visit) => list(app, visit))
  post(PATH, async (visit) => {
    const options = { ...visit.operator, tenantId: visit.param('id'), scopes: visit.form.texts('scopes') }
    return list(app, visit, newKey((await createKey(deps, database, options)).key))
  })
  const revocation: Handle = async (visit) => revocationPage(visit, await keyOf(app, visit))
  get(`${PATH}/:key/revoke`, revocation)
  post(
    `${PATH}/:key/revoke`,
    async (visit) => {
      const id = visit.param('key')
      await revokeKey(deps, database, { ...visit.operator, tenantId: visit.param('id'), id })
      return visit.done(keysPath(visit), `${id} is revoked: calls with it are refused from now on.`)
    },
    (visit) => list(app, visit),
  )
}

const keysPath = (visit: Visit, ...more: string[]): string => pathTo('tenants', visit.param('id'), 'keys', ...more)

const crumbsOf = (id: string, name: string) =>
  [
    ['Tenants', pathTo('tenants')],
    [name, pathTo('tenants', id)],
  ] as const

const list = async ({ database }: FastifyInstance, visit: Visit, made: Markup | null = null): Promise<string> => {
  const { id, name } = await tenantOf(database, visit.param('id'))
  const keys = await listKeys(database, id)
  return visit.show({ title: `API keys of ${name}`, crumbs: crumbsOf(id, name) }, made, keyTable(visit, keys), creation(visit))
}

/** In this answer and nowhere else. */
const newKey = (key: string): Markup => markup`<section class="card once" aria-labelledby="made"><h2 id="made">The new key</h2>
    <p>Copy it now: it is not kept here, and cannot be shown again.</p>
    <div class="row"><div class="field"><label for="key">API key</label>
      <input id="key" readonly value="${key}" autocomplete="off" spellcheck="false"></div>
      <button type="button" data-copy="key">Copy</button></div></section>`

const keyTable = (visit: Visit, keys: readonly ListedKey[]): Markup =>
  ground.table({
    caption: 'API keys',
    columns: ['Key', 'Begins with', 'Scopes', 'Made', 'State'],
    rows: keys.map(({ id, prefix, scopes, created_at, revoked_at }) => [
      markup`<code>${id}</code>`,
      markup`<code>${prefix}…</code>`,
      markup`${scopes.join(', ')}`,
      ground.when(created_at),
      revoked_at
        ? markup`Revoked ${ground.when(revoked_at)}`
        : markup`<a href="${keysPath(visit, id, 'revoke')}">Revoke<span class="hidden"> ${id}</span></a>`,
    ]),
    empty: "There is no key yet. Make one for the tenant's own servers to call with.",
  })

const creation = (visit: Visit): Markup => markup`<h2 id="make">Make a key</h2>
  <form method="post" action="${keysPath(visit)}" class="card" aria-labelledby="make">${visit.csrf}
    <fieldset><legend>What it may do</legend>${SCOPES.map(
      (scope) =>
        markup`<label class="choice"><input type="checkbox" name="scopes" value="${scope}"> <code>${scope}</code> ${MEANINGS[scope]}</label>`,
    )}</fieldset>
    <button class="primary">Make a key</button></form>`

const keyOf = async ({ database }: FastifyInstance, visit: Visit): Promise<ListedKey> => {
  const { id: tenantId } = await tenantOf(database, visit.param('id'))
  const key = (await listKeys(database, tenantId)).find(({ id }) => id === visit.param('key'))
  if (key?.revoked_at === null) return key
  throw new VorelError(
    'not_found',
    `Tenant '${tenantId}' has no valid key of this name. Its keys stand on the page of its API keys.`,
  )
}

/** The second step: what ends, before it ends. */
const revocationPage = (visit: Visit, { id, prefix, scopes }: ListedKey): string => {
  const may = scopes.map((scope) => MEANINGS[scope as Scope] ?? scope).join('; ')
  return visit.show(
    { title: `Revoke ${id}?`, crumbs: [['API keys', keysPath(visit)]] },
    markup`<div class="card narrow"><p>It begins with <code>${prefix}</code> and may: ${may}.</p>
    <p>Calls with it are refused from then on, and it cannot be had back.</p>
    <form method="post" action="${keysPath(visit, id, 'revoke')}" class="actions">${visit.csrf}
      <button class="danger">Revoke it</button> <a class="button" href="${keysPath(visit)}">Keep it</a></form></div>`,
  )
}
