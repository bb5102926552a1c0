import { finding } from '../finding.ts'
import type { Check } from './check.ts'

/** ExactExecutionEnforcer: this target, this value and these bytes, and no others. */
export const exactExecution: Check<'exactExecution'> = ({ target, value, data }, { branch, facts }) => {
  if (facts.to !== target) return finding(branch.native ? 'recipient_not_allowed' : 'target_not_allowed')
  if (facts.value !== value) {
    return finding('value_not_allowed', { limit: value, requested: facts.value, measured: 'value' })
  }
  return facts.data === data ? null : finding('calldata_not_allowed')
}

/** ExactExecutionBatchEnforcer: these calls in this order. */
export const exactExecutionBatch: Check<'exactExecutionBatch'> = ({ executions }, { facts: { calls } }) => {
  if (calls.length !== executions.length) return finding('batch_size_not_allowed')
  const same = executions.every(({ target, value, data }, at) => {
    const call = calls[at]
    return call?.to === target && call.value === value && call.data === data
  })
  return same ? null : finding('execution_not_allowed')
}

/** ExactCalldataBatchEnforcer: the bytes of each call. Where they go and with what value is free. */
export const exactCalldataBatch: Check<'exactCalldataBatch'> = ({ executions }, { facts: { calls } }) => {
  if (calls.length !== executions.length) return finding('batch_size_not_allowed')
  return executions.every(({ data }, at) => calls[at]?.data === data) ? null : finding('calldata_not_allowed')
}
