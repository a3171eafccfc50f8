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

interface Given {
  pipeline: FieldValue | undefined
  stage: FieldValue | undefined
}

const among = (pipelines: Pipeline[], { pipeline = null }: Given): Pipeline[] =>
  isEmpty(pipeline) ? pipelines : named(pipelines, pipeline)

const fitting = (pipelines: Pipeline[], stage: FieldValue): Place[] =>
  pipelines.flatMap(({ id, stages }) => named(stages, stage).map((match) => ({ pipeline: id, stage: match.id })))

/** The first that fits. Where no stage does, there is a pipeline all the same: HubSpot then names the stage as what is wrong. */
const placeOfNew = (pipelines: Pipeline[], given: Given): Partial<Place> => {
  const { stage = null } = given
  if (isEmpty(stage)) return firstPlace(among(pipelines, given)) ?? {}
  const [found] = fitting(among(pipelines, given), stage)
  const [first] = among(pipelines, given)
  return found ?? (first ? { pipeline: first.id } : {})
}

/** A record stays in its pipeline unless told otherwise: of several stages of one label, its own pipeline's is meant. */
const placeOfKnown = async (pipelines: Pipeline[], given: Given, pipelineNow: () => Promise<string>): Promise<Partial<Place>> => {
  const { pipeline = null, stage = null } = given
  const [first] = isEmpty(pipeline) ? [] : among(pipelines, given)
  const found = isEmpty(stage) ? [] : fitting(among(pipelines, given), stage)
  const own = found.length > 1 ? (first?.id ?? (await pipelineNow())) : found[0]?.pipeline
  const meant = found.find((place) => place.pipeline === own)
  return { ...(first && { pipeline: first.id }), ...(meant && { stage: meant.stage }) }
}

/**
 * Stages and pipelines named by label become ids; what nothing matches goes as it is, for HubSpot to refuse. A new record has no
 * `pipelineNow`, the pipeline that it is in.
 */
export const resolvePlace = async (
  ctx: Ctx,
  native: Placed,
  fields: Fields,
  pipelineNow?: () => Promise<string>,
): Promise<Fields> => {
  const names = PLACED[native]
  const given = { pipeline: fields[names.pipeline], stage: fields[names.stage] }
  if (isEmpty(given.pipeline) && isEmpty(given.stage)) return fields
  const pipelines = await readPipelines(ctx, native)
  const { pipeline, stage } = pipelineNow ? await placeOfKnown(pipelines, given, pipelineNow) : placeOfNew(pipelines, given)
  return { ...fields, ...(pipeline && { [names.pipeline]: pipeline }), ...(stage && { [names.stage]: stage }) }
}
