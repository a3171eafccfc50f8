import hubspot from '../../drivers/hubspot/driver.ts'
import hubspotSandbox from '../../drivers/hubspot/sandbox.ts'
import { driverContract } from '../contract/driver.ts'

/** Wherever HubSpot's documentation leaves a choice, the other answer. */
const OTHER = 'unique-400+repeat-404+bare+further-emails+bin-holds+batch-errors'

driverContract(hubspot, (options) => hubspotSandbox({ ...options, variant: OTHER }), 'hubspot, other answers')
