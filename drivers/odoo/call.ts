import type { TSchema } from 'typebox'
import type { DriverContext } from '../../core/driver.ts'
import type { manifest } from './manifest.ts'

export type Ctx = DriverContext<typeof manifest>

/** One method of one model. `args` are in the order of the method's own parameters, because XML-RPC sends them by place. */
export interface Call {
  model: string
  method: string
  ids?: number[]
  args?: Record<string, unknown>
  options?: Record<string, unknown>
  isRead?: boolean
}

export interface Odoo {
  version: string
  run<S extends TSchema>(call: Call, shape: S): Promise<import('typebox').Static<S>>
}
