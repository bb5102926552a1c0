import { isUint } from '../facts.ts'
import { finding } from '../finding.ts'
import type { Check } from './check.ts'

/** NonceEnforcer: equal to the delegator's current nonce. One increment ends every delegation that carries the old one. */
export const nonce: Check<'nonce'> = (meaning, { link, state }) => {
  const current = state.nonces[link.delegator]
  if (!isUint(current)) return finding('state_missing')
  return current === meaning.nonce ? null : finding('group_revoked')
}
