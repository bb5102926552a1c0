import { finding } from '../finding.ts'
import type { Check } from './check.ts'

/** ValueLteEnforcer. On a native transfer it is the most for one action; elsewhere the native value a call may carry. */
export const valueLte: Check<'valueLte'> = ({ max }, { branch, facts }) =>
  facts.value <= max
    ? null
    : finding(branch.native ? 'action_maximum_exceeded' : 'value_not_allowed', {
        limit: max,
        requested: facts.value,
        remaining: max,
        measured: 'value',
      })
