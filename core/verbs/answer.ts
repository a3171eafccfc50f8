import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { DescribeObjectOutput } from '../../schemas/field.ts'
import {
  AssociateOutput,
  CreateRecordOutput,
  DeleteRecordOutput,
  FindByReferenceOutput,
  ListRecentOutput,
  LookupCustomerOutput,
  SearchRecordsOutput,
  TestConnectionOutput,
  UpdateRecordOutput,
} from '../../schemas/verbs.ts'
import { VorelError } from '../errors.ts'

const checker = <S extends TSchema>(shape: S) => {
  const validator = Compile(shape)
  /** A driver's answer, held against the contract. */
  return (answer: unknown): Static<S> => {
    if (validator.Check(answer)) return answer as Static<S>
    throw new VorelError('provider_unavailable', "The driver's answer does not keep its contract; tell whoever maintains it.", {
      effect: 'unknown',
    })
  }
}

export const checked = {
  testConnection: checker(TestConnectionOutput),
  lookupCustomer: checker(LookupCustomerOutput),
  searchRecords: checker(SearchRecordsOutput),
  createRecord: checker(CreateRecordOutput),
  updateRecord: checker(UpdateRecordOutput),
  listRecent: checker(ListRecentOutput),
  deleteRecord: checker(DeleteRecordOutput),
  findByReference: checker(FindByReferenceOutput),
  associate: checker(AssociateOutput),
  describeObject: checker(DescribeObjectOutput),
}
