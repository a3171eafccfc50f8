import memory from '../../drivers/memory/driver.ts'
import memorySandbox from '../../drivers/memory/sandbox.ts'
import { driverContract } from './driver.ts'

driverContract(memory, memorySandbox)
