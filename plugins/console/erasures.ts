import type { FastifyInstance } from 'fastify'
import { resolveTarget, retryErasure, startErasure } from '../../core/erasure/erasures.ts'
import { listErasures, openManual, showErasure } from '../../core/erasure/show.ts'
import { VorelError } from '../../core/errors.ts'
import { listPage } from './erasures/list.ts'
import { erasurePage, erasurePath, resolutionPage } from './erasures/one.ts'
import { type Handle, type Visit, visits } from './visit.ts'

const PATH = '/erasures/:id'

/** Forgetting a person: asked for, followed, and what is left to people. */
export const erasuresPages = async (app: FastifyInstance): Promise<void> => {
  const { pipeline: deps, database } = app
  const { get, post } = visits(app, 'erasures')
  app.consoleCounter('erasures', async () => (await openManual(database)).length)

  get('/erasures', async (visit) => {
    const tenantId = visit.query.text('tenant')
    return listPage(visit, await listErasures(database, tenantId || undefined), await openManual(database))
  })
  post('/erasures', async (visit) => {
    if (visit.form.text('sure') !== 'yes')
      throw new VorelError('invalid_request', 'Say that the person or the tenant asked for it.')
    const { erasureId, isNew } = await startErasure(deps, database, visit.operator, personIn(visit))
    return visit.done(
      erasurePath(erasureId),
      isNew ? 'The erasure has begun.' : 'This person is being forgotten already: here is how far it is.',
    )
  })
  const one: Handle = async (visit) => erasurePage(visit, await showErasure(deps, database, idOf(visit)))
  get(PATH, one)
  post(
    `${PATH}/retry`,
    async (visit) => {
      const again = await retryErasure(deps, database, visit.operator, { erasureId: idOf(visit) })
      return visit.done(erasurePath(idOf(visit)), `Tried again: ${again}.`)
    },
    one,
  )
  const resolution: Handle = async (visit) =>
    resolutionPage(visit, await showErasure(deps, database, idOf(visit)), numberOf(visit))
  get(`${PATH}/targets/:n`, resolution)
  post(`${PATH}/targets/:n`, async (visit) => {
    if (visit.form.text('sure') !== 'yes')
      throw new VorelError('invalid_request', 'Do it at the provider first, and say that you did.')
    await resolveTarget(deps, database, visit.operator, { erasureId: idOf(visit), n: numberOf(visit) })
    return visit.done(erasurePath(idOf(visit)), 'Noted as done, by you.')
  })
  get(`${PATH}/certificate.json`, async (visit) => {
    const { id, certificate } = await showErasure(deps, database, idOf(visit))
    if (!certificate) throw new VorelError('not_found', 'The certificate is made when every record is settled.')
    const name = `erasure-${id}.json`
    visit.reply.type('application/json; charset=utf-8').header('content-disposition', `attachment; filename="${name}"`)
    return visit.reply.send(`${JSON.stringify(certificate, null, 2)}\n`)
  })
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const idOf = ({ param }: Visit): string => {
  if (UUID.test(param('id'))) return param('id')
  throw new VorelError('not_found', 'There is no erasure with this id. All of them stand on the page of erasures.')
}

/** No target has the number 0. */
const numberOf = ({ param }: Visit): number => (/^\d{1,6}$/.test(param('n')) ? Number(param('n')) : 0)

const personIn = ({ form }: Visit) => {
  const given = Object.fromEntries(
    (['phone', 'email', 'external_id'] as const).flatMap((key) => (form.text(key) ? [[key, form.text(key)]] : [])),
  )
  return { tenantId: form.text('tenant'), ...given }
}
