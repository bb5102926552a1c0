import { finding } from '../finding.ts'
import type { Check } from './check.ts'

/** ExactCalldataEnforcer: these bytes and no other. */
export const exactCalldata: Check<'exactCalldata'> = ({ data }, { facts }) =>
  facts.data === data ? null : finding('calldata_not_allowed')
