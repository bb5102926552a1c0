import type { Codec } from './codec.ts'
import { assertExecution, packExecution, unpackExecution } from './execution.ts'
import { assertAtLeast } from './terms.ts'

/**
 * Only this very call: target, native value and calldata. Any number of times: once takes a limit beside it.
 *
 * Terms: `[0,20) target · [20,52) value, wei · [52,…) calldata`.
 */
export const exactExecution: Codec<'exactExecution'> = {
  name: 'ExactExecutionEnforcer',
  kind: 'exactExecution',
  callType: 'single',
  counts: false,
  encode(caveat) {
    assertExecution(caveat)
    return packExecution(caveat)
  },
  decode(terms) {
    assertAtLeast(terms, 52)
    return { kind: 'exactExecution', ...unpackExecution(terms) }
  },
}
