import type { FastifyInstance } from 'fastify'
import { acceptSuggestions, suggestMappings } from '../../../core/admin/suggest.ts'
import { VorelError } from '../../../core/errors.ts'
import type { Suggestion } from '../../../schemas/mapping.ts'
import { type Markup, markup } from '../markup.ts'
import { ground, type Handle, tried, visits } from '../visit.ts'
import { framed } from './frame.ts'
import { byOf, mappingPath, type Scene, sceneFor } from './scene.ts'

/** What looks right by the CRM's own labels, to be taken over. */
export const suggestionPages = (app: FastifyInstance): void => {
  const { pipeline: deps, database } = app
  const { get, post } = visits(app, 'tenants')

  const list: Handle = async (visit) => {
    const scene = await sceneFor(app, visit)
    const { done, refusal } = await tried(visit, () => suggestMappings(deps, database, { ...byOf(visit), object: scene.object }))
    return framed(
      visit,
      scene,
      'suggestions',
      done ? suggestionList(scene, done.suggestions, visit.csrf) : ground.problem(refusal),
    )
  }
  const path = '/tenants/:id/mapping/:object/suggestions'
  get(path, list)
  post(path, async (visit) => {
    const { form } = visit
    const slots = form.has('only') ? form.texts('only') : form.texts('slots')
    if (slots.length === 0) throw new VorelError('invalid_request', 'Nothing is ticked. Tick what is to be mapped.')
    const { version } = await acceptSuggestions(deps, database, { ...byOf(visit), object: visit.param('object'), slots })
    return visit.done(mappingPath(await sceneFor(app, visit)), `${slots.join(', ')} mapped: version ${version}.`)
  })
}

const KINDS = { known_slot: 'known slot', custom_field: "account's own field", missing_default: 'usual field missing' }

/** Each is taken over by its own button, or several as one version. */
const suggestionList = (scene: Scene, suggestions: readonly Suggestion[], csrf: Markup): Markup => {
  if (suggestions.length === 0)
    return markup`<p>Nothing is suggested for ${scene.object}: all that looks right by its name is mapped.</p>`
  return markup`<form method="post" action="${mappingPath(scene, 'suggestions')}">${csrf}
    <ul class="slots">${suggestions.map((one) => suggested(scene, one))}</ul>
    <p class="actions"><button type="submit" class="primary">Take over what is ticked</button> <a href="${mappingPath(scene)}">Back</a></p>
  </form>`
}

const suggested = (scene: Scene, { slot, path, label, type, kind, reason }: Suggestion): Markup => {
  const box = path !== null && markup`<input type="checkbox" name="slots" value="${slot}" aria-label="${slot} to ${path}"> `
  return markup`<li class="slot"><span class="slot-name">${box}<code>${slot}</code></span>
    <span class="slot-field">${path === null ? 'nothing comes near' : markup`${label} <code>${path}</code>`} <small>${type ?? ''} ${KINDS[kind]}</small>
      <small class="reason">${reason}</small></span>
    <span class="slot-actions">${
      path === null
        ? markup`<a href="${mappingPath(scene)}?slot=${encodeURIComponent(slot)}#edit">Choose a field</a>`
        : markup`<button type="submit" name="only" value="${slot}" aria-label="Take over ${slot}">Take over</button>`
    }</span></li>`
}
