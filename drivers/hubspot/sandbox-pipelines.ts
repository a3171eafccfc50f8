interface Stage {
  id: string
  label: string
  displayOrder: number
  archived: boolean
  metadata: Record<string, string>
}
interface Pipeline {
  id: string
  label: string
  displayOrder: number
  archived: boolean
  stages: Stage[]
}

const stamps = { createdAt: '2026-01-17T19:55:04.281Z', updatedAt: '2026-01-17T19:55:04.281Z' }

const stages = (named: Record<string, string>, metadataOf: (id: string, index: number) => Record<string, string>): Stage[] =>
  Object.entries(named).map(([id, label], index) => ({
    id,
    label,
    displayOrder: index,
    archived: false,
    metadata: metadataOf(id, index),
    ...stamps,
  }))

const chances = (id: string, index: number) => {
  const isClosed = /closed|lost|won/.test(id)
  return { isClosed: String(isClosed), probability: isClosed ? '1.0' : `0.${index + 1}` }
}
const ticketStates = (id: string) => ({ ticketState: id === '4' ? 'CLOSED' : 'OPEN', isClosed: String(id === '4') })

const pipeline = (id: string, label: string, displayOrder: number, of: Stage[]): Pipeline => ({
  id,
  label,
  displayOrder,
  archived: false,
  stages: of,
  ...stamps,
})

/** In no order worth relying on: people's order is `displayOrder`. */
export const PIPELINES: Record<string, Pipeline[]> = {
  deals: [
    pipeline(
      '70012',
      'Renewals',
      1,
      stages({ '81001': 'Due', '81002': 'Offered', '81003_won': 'Closed won' }, chances).reverse(),
    ),
    pipeline(
      'default',
      'Sales Pipeline',
      0,
      stages(
        {
          appointmentscheduled: 'Appointment Scheduled',
          qualifiedtobuy: 'Qualified To Buy',
          contractsent: 'Contract Sent',
          closedwon: 'Closed won',
          closedlost: 'Closed Lost',
        },
        chances,
      ).reverse(),
    ),
  ],
  tickets: [
    pipeline(
      '0',
      'Support Pipeline',
      0,
      stages({ '1': 'New', '2': 'Waiting on contact', '3': 'Waiting on us', '4': 'Closed' }, ticketStates),
    ),
  ],
}

/** Whether the pipeline has the stage. */
export const isStageOf = (native: string, pipelineId: string | null | undefined, stage: string | null | undefined): boolean =>
  (PIPELINES[native] ?? []).some(({ id, stages: known }) => id === pipelineId && known.some((one) => one.id === stage))
