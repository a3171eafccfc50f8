import Type, { type Static } from 'typebox'
import { path } from '../../core/driver.ts'
import type { Fields, FieldValue } from '../../schemas/verbs.ts'
import { API_VERSION } from './manifest.ts'
import type { Ctx } from './map.ts'
import { isEmpty } from './values.ts'

const Stage = Type.Object({
  id: Type.String(),
  label: Type.String(),
  displayOrder: Type.Integer(),
  archived: Type.Optional(Type.Boolean()),
  metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
})
const Pipeline = Type.Object({
  id: Type.String(),
  label: Type.String(),
  displayOrder: Type.Integer(),
  archived: Type.Optional(Type.Boolean()),
  stages: Type.Array(Stage),
})
const Pipelines = Type.Object({ results: Type.Array(Pipeline) })
type Pipeline = Static<typeof Pipeline>
type Stage = Static<typeof Stage>

/** Objects that stand in a stage of a pipeline, and the properties that say which. */
export const PLACED = {
  deals: { pipeline: 'pipeline', stage: 'dealstage' },
  tickets: { pipeline: 'hs_pipeline', stage: 'hs_pipeline_stage' },
} as const
export type Placed = keyof typeof PLACED

export interface Place {
  pipeline: string
  stage: string
}

const alive = <T extends { displayOrder: number; archived?: boolean }>(items: T[]): T[] =>
  items.filter(({ archived }) => !archived).sort((a, b) => a.displayOrder - b.displayOrder)

/** As people see them: in their order, without what was archived. */
export const readPipelines = async ({ http }: Ctx, native: Placed): Promise<Pipeline[]> => {
  const { results } = await http.get(path`/crm/pipelines/${API_VERSION}/${native}`, Pipelines)
  return alive(results).map((pipeline) => ({ ...pipeline, stages: alive(pipeline.stages) }))
}

const isOpen = ({ metadata }: Stage): boolean =>
  String(metadata?.isClosed ?? metadata?.ticketState ?? '').match(/^(true|closed)$/i) === null

/** Where a record begins: the first open stage of the first pipeline. */
export const firstPlace = (pipelines: Pipeline[]): Place | null => {
  const [pipeline] = pipelines
  const stage = pipeline?.stages.find(isOpen) ?? pipeline?.stages[0]
  return pipeline && stage ? { pipeline: pipeline.id, stage: stage.id } : null
}

/** By id, else by the label that people see, which need not be unique. */
const named = <T extends { id: string; label: string }>(items: T[], value: FieldValue): T[] => {
  const wanted = String(value).trim()
  const byId = items.filter(({ id }) => id === wanted)
  return byId.length ? byId : items.filter(({ label }) => label.toLowerCase() === wanted.toLowerCase())
}

/** Stages and pipelines named by label become ids; what nothing matches goes as it is, for HubSpot to refuse. */
export const resolvePlace = async (ctx: Ctx, native: Placed, fields: Fields, isNew: boolean): Promise<Fields> => {
  const names = PLACED[native]
  const [pipeline = null, stage = null] = [fields[names.pipeline], fields[names.stage]]
  if (isEmpty(pipeline) && isEmpty(stage)) return fields
  const all = await readPipelines(ctx, native)
  const among = isEmpty(pipeline) ? all : named(all, pipeline)
  if (isEmpty(stage)) {
    const begins = firstPlace(among)
    return { ...fields, ...(begins && { [names.pipeline]: begins.pipeline, ...(isNew && { [names.stage]: begins.stage }) }) }
  }
  const found = among.flatMap(({ id, stages }) => named(stages, stage).map((match) => ({ pipeline: id, stage: match.id })))
  const [place] = isNew || found.length === 1 ? found : []
  const first = all[0]?.id
  if (!place) return isNew && isEmpty(pipeline) && first ? { ...fields, [names.pipeline]: first } : fields
  const saysPipeline = isNew || !isEmpty(pipeline)
  return { ...fields, [names.stage]: place.stage, ...(saysPipeline && { [names.pipeline]: place.pipeline }) }
}
