import { defineSandbox } from '../../../../core/sandbox.ts'
import { dialect } from '../lantern/dialect.ts'

export default defineSandbox(() => dialect(true))
