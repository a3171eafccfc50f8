import type { FastifyInstance } from 'fastify'
import { previewMapping } from '../../../core/admin/preview.ts'
import type { Fields } from '../../../schemas/field.ts'
import type { MappingTest, PreviewedRequest, PreviewedValue } from '../../../schemas/mapping.ts'
import type { Input } from '../input.ts'
import { type Markup, markup } from '../markup.ts'
import { ground, visits } from '../visit.ts'
import { framed } from './frame.ts'
import { byOf, mappingPath, type Scene, type SlotRow, sceneFor } from './scene.ts'

/** The dry run: what a create would send, and does not. */
export const previewPages = (app: FastifyInstance): void => {
  const { pipeline: deps, database } = app
  const { get, post } = visits(app, 'tenants')
  const path = '/tenants/:id/mapping/:object/test'

  get(path, async (visit) => {
    const scene = await sceneFor(app, visit)
    return framed(visit, scene, 'test', trialForm(scene, visit.form, visit.csrf))
  })
  post(path, async (visit) => {
    const scene = await sceneFor(app, visit)
    const asked = { object: scene.object, fields: trialFields(scene, visit.form) }
    const shown = await previewMapping(deps, database, { ...byOf(visit), ...asked })
    return framed(visit, scene, 'test', trialResult(shown), trialForm(scene, visit.form, visit.csrf))
  })
}

const isMany = ({ type }: SlotRow): boolean => type === 'options'
const isLong = ({ type }: SlotRow): boolean => type === 'text' || type === 'html' || type === 'options'

/** One input for each slot that a create may give. Nothing of it is kept. */
const trialForm = (scene: Scene, given: Input, csrf: Markup): Markup => markup`
  <form method="post" action="${mappingPath(scene, 'test')}" class="trial">${csrf}
    <p>What a create of this ${scene.object} would send. Nothing is written at the CRM, and the values are kept nowhere.</p>
    <div class="columns">${written(scene).map((row) => trialInput(row, given.text(row.slot)))}</div>
    <p class="actions"><button type="submit" class="primary">Show what would be sent</button> <a href="${mappingPath(scene)}">Back</a></p>
  </form>`

const written = ({ rows }: Scene): SlotRow[] => rows.filter(({ direction }) => direction !== 'read')

const trialInput = (row: SlotRow, value: string): Markup => {
  const { slot, type } = row
  const hint = isMany(row) ? `${type}, one a line` : type
  const control = isLong(row)
    ? markup`<textarea id="${slot}" name="${slot}" rows="2">${value}</textarea>`
    : markup`<input id="${slot}" name="${slot}" value="${value}" autocomplete="off">`
  return markup`<p class="field"><label for="${slot}">${slot}</label>${control}<small class="hint">${hint}</small></p>`
}

/** The values entered, as a create would get them. */
const trialFields = (scene: Scene, given: Input): Fields =>
  Object.fromEntries(
    written(scene).flatMap((row) => {
      const text = given.text(row.slot)
      const name = row.slot.slice(scene.object.length + 1)
      return text === ''
        ? []
        : [
            [
              name,
              isMany(row)
                ? text
                    .split(/\r?\n/)
                    .map((line) => line.trim())
                    .filter(Boolean)
                : text,
            ],
          ]
    }),
  )

const trialResult = ({ conversions, requests, not_shown, would_be_refused: refused }: MappingTest): Markup => markup`
  <section aria-labelledby="result"><h2 id="result">${refused ? 'A create would be refused' : 'What would be sent'}</h2>
    ${refused && ground.note('bad', `${refused.code}: ${refused.detail}`)}
    ${ground.table({
      caption: 'Values',
      columns: ['Slot', 'Given', 'Field', 'Becomes'],
      rows: conversions.map(({ slot, given, path, value, fault }) => [
        markup`<code>${slot}</code>`,
        markup`${plain(given)}`,
        markup`${path && markup`<code>${path}</code>`}`,
        fault ? markup`<span class="error">${fault}</span>` : markup`${plain(value)}`,
      ]),
      empty: 'No value was given.',
    })}
    ${requests.map(sent)}
    ${not_shown.length > 0 && markup`<ul class="hint">${not_shown.map((line) => markup`<li>${line}</li>`)}</ul>`}
  </section>`

const sent = ({ object, method, path, content_type, body }: PreviewedRequest): Markup => markup`
  <h3>${object}: <code>${method} ${path}</code></h3>
  <p class="hint">${content_type ?? 'no body'}</p>
  <pre tabindex="0">${typeof body === 'string' ? body : JSON.stringify(body, null, 2)}</pre>`

const plain = (value: PreviewedValue['value']): string => (value === null ? '–' : [value].flat().join(', '))
