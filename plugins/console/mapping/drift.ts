import { type Markup, markup } from '../markup.ts'
import { ground } from '../visit.ts'

import { mappingPath, type Scene } from './scene.ts'

const ACCEPTABLE = new Set(['renamed', 'required'])

/** What the CRM changed under the mapping, of whichever object. */
export const driftSection = (scene: Scene, csrf: Markup): Markup => {
  const { drift, drift_checked_at: checkedAt } = scene.connection
  const checked = checkedAt ? markup`Looked at ${ground.when(checkedAt)}.` : markup`Not looked at since the last change.`
  return markup`<section aria-labelledby="drift"><h2 id="drift">What the CRM changed</h2>
    <p class="hint">${drift.length === 0 && 'Nothing. '}${checked}</p>
    ${
      drift.length > 0 &&
      markup`<ul class="findings">${drift.map(
        ({ kind, field, slot, detail, since }) => markup`
      <li><span class="tag bad">${kind.replace('_', ' ')}</span> <code>${field}</code> ${slot && markup`under <code>${slot}</code>`}
        <p>${detail} <small>Since ${ground.when(since)}.</small></p></li>`,
      )}</ul>`
    }
    <form method="post" action="${mappingPath(scene, 'drift')}" class="actions">${csrf}
      <button type="submit" name="act" value="check">Look now</button>
      ${drift.some(({ kind }) => ACCEPTABLE.has(kind)) && markup`<button type="submit" name="act" value="accept">Accept new names and required fields as they are</button>`}
    </form></section>`
}
