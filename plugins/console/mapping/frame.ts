import { pathTo } from '../input.ts'
import { type Markup, markup } from '../markup.ts'
import type { Visit } from '../visit.ts'
import { mappingPath, type Scene } from './scene.ts'

type Part = '' | 'suggestions' | 'test' | 'versions'
const PARTS: [Part, string][] = [
  ['', 'Fields'],
  ['suggestions', 'Suggestions'],
  ['test', 'Dry run'],
  ['versions', 'Versions'],
]

/** A page about one object's mapping, under the objects that there are and what can be done with it. */
export const framed = (visit: Visit, scene: Scene, part: Part, ...body: (Markup | null)[]): string => {
  const { tenant, manifest, object } = scene
  const crumbs = [
    ['Tenants', pathTo('tenants')],
    [tenant.name, pathTo('tenants', tenant.id)],
  ] as const
  const objects = Object.keys(manifest.objects).map(
    (name) => [name, mappingPath({ tenant, object: name }), name === object] as const,
  )
  const parts = PARTS.map(([one, label]) => [label, mappingPath(scene, ...(one ? [one] : [])), one === part] as const)
  return visit.show(
    { title: `Mapping of ${object} to ${manifest.name}`, crumbs },
    tabs('Objects', objects),
    tabs('Of this object', parts),
    ...body,
  )
}

const tabs = (label: string, all: readonly (readonly [text: string, to: string, isHere: boolean])[]): Markup => markup`
  <nav aria-label="${label}" class="tabs"><ul>${all.map(
    ([text, to, isHere]) => markup`<li><a href="${to}"${isHere && markup` aria-current="page"`}>${text}</a></li>`,
  )}</ul></nav>`
