import { defineSandbox } from '../../../../core/sandbox.ts'
import { dialect } from './dialect.ts'

export default defineSandbox(() => dialect(true))
