import hubspot from '../../drivers/hubspot/driver.ts'
import hubspotSandbox from '../../drivers/hubspot/sandbox.ts'
import { driverContract } from './driver.ts'

driverContract(hubspot, hubspotSandbox)
