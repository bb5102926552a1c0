import type { Codec } from './codec.ts'
import { decodeExecutions, encodeExecutions } from './execution.ts'

/**
 * Only this very batch: every target, native value and calldata, in this order. Any number of times.
 *
 * Terms: canonical `abi.encode(Execution[])`, an execution being `(address target, uint256 value, bytes callData)`; 1 to 256.
 */
export const exactExecutionBatch: Codec<'exactExecutionBatch'> = {
  name: 'ExactExecutionBatchEnforcer',
  kind: 'exactExecutionBatch',
  callType: 'batch',
  counts: false,
  encode: ({ executions }) => encodeExecutions(executions),
  decode: (terms) => ({ kind: 'exactExecutionBatch', executions: decodeExecutions(terms) }),
}
