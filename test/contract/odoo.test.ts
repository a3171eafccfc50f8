import odoo from '../../drivers/odoo/driver.ts'
import odooSandbox from '../../drivers/odoo/sandbox.ts'
import { driverContract } from './driver.ts'

driverContract(odoo, odooSandbox)
driverContract(odoo, (options) => odooSandbox({ ...options, variant: '14' }), 'odoo 14')
