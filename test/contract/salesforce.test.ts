import salesforce from '../../drivers/salesforce/driver.ts'
import sandbox from '../../drivers/salesforce/sandbox.ts'
import { driverContract } from './driver.ts'

for (const variant of ['native', 'search', 'native+sandbox+lag'])
  driverContract(salesforce, (options) => sandbox({ ...options, variant }), `salesforce ${variant}`)
