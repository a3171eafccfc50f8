import { defineDriver } from '../../../../core/driver.ts'
import { createNamed, otherVerbs } from '../../dialect.ts'
import { manifest } from './manifest.ts'

export default defineDriver({ manifest, ...otherVerbs, createRecord: createNamed })
