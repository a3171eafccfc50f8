import zoho from '../../drivers/zoho/driver.ts'
import zohoSandbox from '../../drivers/zoho/sandbox.ts'
import { driverContract } from './driver.ts'

driverContract(zoho, zohoSandbox)
driverContract(
  zoho,
  (options) => zohoSandbox({ ...options, variant: 'eu+inband+backslash+typed+legacy+missing+racing' }),
  'zoho in Europe, with every answer under 200',
)
