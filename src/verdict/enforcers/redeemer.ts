import { finding } from '../finding.ts'
import type { Check } from './check.ts'

/** RedeemerEnforcer: who calls the manager, whoever the delegate of this link is. */
export const redeemer: Check<'redeemer'> = ({ redeemers }, { facts }) =>
  redeemers.includes(facts.redeemer) ? null : finding('redeemer_not_allowed')
