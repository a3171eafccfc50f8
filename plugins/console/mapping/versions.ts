import type { FastifyInstance } from 'fastify'
import { diffVersions, listVersions } from '../../../core/admin/mapping-versions.ts'
import { restoreMapping } from '../../../core/admin/mappings.ts'
import type { MappingDiff, MappingRow, MappingVersions } from '../../../schemas/mapping.ts'
import { type Markup, markup } from '../markup.ts'
import { ground, type Handle, type Visit, visits } from '../visit.ts'

import { framed } from './frame.ts'
import { byOf, mappingPath, type Scene, sceneFor } from './scene.ts'

/** Every change of the mapping, what it changed, and the way back. */
export const versionPages = (app: FastifyInstance): void => {
  const { pipeline: deps, database } = app
  const { get, post } = visits(app, 'tenants')
  const path = '/tenants/:id/mapping/:object/versions'

  const list: Handle = async (visit) => {
    const scene = await sceneFor(app, visit)
    const versions = await listVersions(database, scene.tenant.id)
    return framed(visit, scene, 'versions', await lookedAt(app, visit, scene), versionList(scene, versions))
  }
  get(path, list)
  post(path, async (visit) => {
    const version = versionIn(visit.form.text('version')) ?? 0
    const { version: made, notes } = await restoreMapping(deps, database, { ...byOf(visit), version })
    const to = mappingPath(await sceneFor(app, visit), 'versions')
    return visit.done(to, `Version ${version} is restored, as version ${made}. ${notes.join(' ')}`)
  })
}

/** A version beside the one before it, or what a restore would change. */
const lookedAt = async ({ database }: FastifyInstance, { query, csrf }: Visit, scene: Scene): Promise<Markup | null> => {
  const [from, to, back] = ['from', 'to', 'restore'].map((name) => versionIn(query.text(name)))
  if (back !== undefined) {
    const diff = await diffVersions(database, scene.tenant.id, { from: scene.version, to: back })
    return markup`${difference(diff, `Restoring version ${back} would change`)}${restoreForm(scene, back, csrf)}`
  }
  if (to === undefined) return null
  return difference(await diffVersions(database, scene.tenant.id, { from, to }), `What changed in version ${to}`)
}

const versionIn = (text: string): number | undefined => (/^\d{1,9}$/.test(text) ? Number(text) : undefined)

const versionList = (scene: Scene, { versions }: MappingVersions): Markup => markup`
  <p>Each version is the whole mapping of the tenant, all objects together.</p>
  ${ground.table({
    caption: 'Versions',
    columns: ['Version', 'Change', 'By', 'At', ''],
    rows: versions.map(({ version, change, by, at }) => [
      markup`${version}`,
      markup`${change}`,
      markup`${by}`,
      ground.when(at),
      markup`<a href="${mappingPath(scene, 'versions')}?from=${version - 1}&amp;to=${version}">Changes<span class="hidden"> of version ${version}</span></a>
        ${version !== scene.version && markup`<a href="${mappingPath(scene, 'versions')}?restore=${version}">Restore<span class="hidden"> version ${version}</span></a>`}`,
    ]),
    empty: 'The mapping was never changed, so there is no version of it yet.',
  })}`

const difference = ({ from, to, added, removed, changed }: MappingDiff, heading: string): Markup => {
  const isSame = added.length + removed.length + changed.length === 0
  return markup`<section aria-labelledby="diff"><h2 id="diff">${heading}</h2>
    ${isSame && markup`<p>Versions ${from} and ${to} are the same.</p>`}
    <ul class="diff">
      ${added.map((row) => markup`<li class="added"><span class="tag good">added</span> ${shown(row)}</li>`)}
      ${removed.map((row) => markup`<li class="removed"><span class="tag bad">removed</span> ${shown(row)}</li>`)}
      ${changed.map((row) => markup`<li class="changed"><span class="tag">changed</span> ${shown(row.from)} <span aria-hidden="true">→</span><span class="hidden">became</span> ${shown(row.to)}</li>`)}
    </ul></section>`
}

const shown = ({ slot, path, type, direction, label }: MappingRow): Markup =>
  markup`<code>${slot}</code> to ${label && label !== path ? markup`${label} ` : null}<code>${path}</code> <small>${type} · ${direction}</small>`

/** The second step of a restore: what it would do stands above it. */
const restoreForm = (scene: Scene, version: number, csrf: Markup): Markup => markup`
  <form method="post" action="${mappingPath(scene, 'versions')}" class="actions">${csrf}<input type="hidden" name="version" value="${version}">
    <button type="submit" class="primary">Restore version ${version} as a new version</button> <a href="${mappingPath(scene, 'versions')}">Keep what there is</a></form>`
