import { defineDriver } from '../../../../core/driver.ts'
import { manifest } from './manifest.ts'
import { verbs } from './verbs.ts'

export default defineDriver({ manifest, ...verbs })
