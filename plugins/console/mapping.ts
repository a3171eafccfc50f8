import type { FastifyInstance } from 'fastify'
import { changeMapping } from '../../core/admin/mappings.ts'
import { acceptDrift, checkDrift } from '../../core/drift/accept.ts'
import { watching } from '../../core/routes/drift.ts'
import { askedFields, askedRow, type Draft, draftOf } from './mapping/draft.ts'
import { driftSection } from './mapping/drift.ts'
import { framed } from './mapping/frame.ts'
import { panel } from './mapping/panel.ts'
import { picks } from './mapping/picker.ts'
import { previewPages } from './mapping/preview.ts'
import { slotRows } from './mapping/rows.ts'
import { byOf, mappingPath, type Scene, sceneFor } from './mapping/scene.ts'
import { suggestionPages } from './mapping/suggestions.ts'
import { versionPages } from './mapping/versions.ts'
import { ground, type Handle, tried, type Visit, visits } from './visit.ts'

const PATH = '/tenants/:id/mapping/:object'

/** Where a tenant's values go, by object: looked at, changed, tried, and taken back. */
export const mappingPages = async (app: FastifyInstance): Promise<void> => {
  const { pipeline: deps, database } = app
  const { get, post } = visits(app, 'tenants')

  const editor: Handle = (visit) => editorPage(app, visit)
  get('/tenants/:id/mapping', editor)
  get(PATH, editor)
  get(`${PATH}/fields`, async (visit) => {
    const { fields } = await askedFields(app, visit, await sceneFor(app, visit))
    return String(picks(fields?.fields ?? [], { filter: visit.query.text('filter'), chosen: visit.query.text('field') }))
  })
  post(PATH, async (visit) => {
    const scene = await sceneFor(app, visit)
    const draft = draftOf(scene, visit.form)
    if (visit.form.text('act') === 'find') return edited(app, visit, scene, draft)
    const { done, refusal } = await tried(visit, async () => {
      return changeMapping(deps, database, { ...byOf(visit), set: [askedRow(draft)] })
    })
    if (refusal) return edited(app, visit, scene, { ...draft, refusal })
    return visit.done(mappingPath(scene), `${draft.slot} is mapped: version ${done.version}. ${done.notes.join(' ')}`)
  })
  post(
    `${PATH}/remove`,
    async (visit) => {
      const slot = visit.form.text('slot')
      const { version } = await changeMapping(deps, database, { ...byOf(visit), unset: [slot] })
      return visit.done(mappingPath(await sceneFor(app, visit)), `${slot} is no longer mapped: version ${version}.`)
    },
    editor,
  )
  post(
    `${PATH}/drift`,
    async (visit) => {
      const look = visit.form.text('act') === 'accept' ? acceptDrift : checkDrift
      const left = await look(deps, watching(app), byOf(visit))
      return visit.done(mappingPath(await sceneFor(app, visit)), leftOver(left.length))
    },
    editor,
  )
  suggestionPages(app)
  previewPages(app)
  versionPages(app)
}

/** The rows as they stand now; one of them being changed where the query names it. */
const editorPage = async (app: FastifyInstance, visit: Visit): Promise<string> => {
  const scene = await sceneFor(app, visit)
  return edited(app, visit, scene, visit.query.has('slot') ? draftOf(scene, visit.query) : null)
}

const edited = async (app: FastifyInstance, visit: Visit, scene: Scene, draft: Draft | null): Promise<string> => {
  const { csrf } = visit
  const asked = draft && (await askedFields(app, visit, scene))
  const editing = draft && asked && { slot: draft.slot, panel: panel({ scene, draft, fields: asked.fields, csrf }) }
  const problem = asked?.problem ? ground.problem(asked.problem) : null
  return framed(visit, scene, '', problem, slotRows(scene, editing, csrf), driftSection(scene, csrf))
}

const leftOver = (count: number): string =>
  count === 0 ? 'The CRM has all that is mapped, as it was.' : `Left to do: ${count}, told below.`
