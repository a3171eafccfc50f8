import { defineDriver } from '../../../../core/driver.ts'
import { verbs } from '../lantern/verbs.ts'
import { manifest } from './manifest.ts'

export default defineDriver({ manifest, ...verbs })
