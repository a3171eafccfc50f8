import type { StartSandbox } from '../../core/sandbox.ts'
import driver from '../../drivers/custom_webhook/driver.ts'
import sandbox from '../../drivers/custom_webhook/sandbox.ts'
import { driverContract } from './driver.ts'

const readingByGet: StartSandbox = async (options) => {
  const started = await sandbox(options)
  return { ...started, settings: { ...started.settings, reads: 'GET' } }
}

driverContract(driver, sandbox)
driverContract(driver, readingByGet, 'custom_webhook reading by GET')
driverContract(
  driver,
  (options) => sandbox({ ...options, variant: 'describeless' }),
  'custom_webhook that does not tell its fields',
)
