import { hookOf } from '../counters.ts'
import { finding } from '../finding.ts'
import type { Check, Look } from './check.ts'

/** ArgsEqualityCheckEnforcer: the redeemer's `args` are the terms. Who redeems sets them, so this holds nobody back. */
export const argsEqualityCheck: Check<'argsEqualityCheck'> = ({ args }, { caveat }) =>
  caveat.args === args ? null : finding('args_not_allowed')

/** DeployedEnforcer: the contract is there, or its deployment succeeds, as the chain itself said at this block. */
export const deployed: Check<'deployed'> = (_meaning, look) => asked(look, 'not_deployed')

/**
 * The balance enforcers before the execution: the lock that two of one storage meet, and a balance that can be read at all.
 * What they compare after it is `effect_unknown`.
 */
export function balanceBefore(look: Look) {
  if (look.caveat.earlier > 0) return finding('caveat_unsatisfiable')
  return look.caveat.meaning.kind === 'nativeBalanceChange' ? null : asked(look, 'balance_unreadable')
}

function asked({ caveat, state }: Look, otherwise: 'not_deployed' | 'balance_unreadable') {
  const passes = hookOf(caveat.counter ?? '', state)
  if (passes === null) return finding('state_missing')
  return passes ? null : finding(otherwise)
}
