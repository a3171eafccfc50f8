import { manifestOf } from '../../dialect.ts'

export const manifest = manifestOf('native')
