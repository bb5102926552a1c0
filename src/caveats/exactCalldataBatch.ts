import type { Codec } from './codec.ts'
import { decodeExecutions, encodeExecutions } from './execution.ts'

/**
 * Only batches of as many calls with these calldatas, in this order. Targets and values of the terms are not compared: the
 * same bytes may be sent to any contract with any native value.
 *
 * Terms: canonical `abi.encode(Execution[])`, an execution being `(address target, uint256 value, bytes callData)`; 1 to 256.
 */
export const exactCalldataBatch: Codec<'exactCalldataBatch'> = {
  name: 'ExactCalldataBatchEnforcer',
  kind: 'exactCalldataBatch',
  callType: 'batch',
  counts: false,
  encode: ({ executions }) => encodeExecutions(executions),
  decode: (terms) => ({ kind: 'exactCalldataBatch', executions: decodeExecutions(terms) }),
}
