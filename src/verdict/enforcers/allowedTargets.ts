import { finding } from '../finding.ts'
import type { Check } from './check.ts'

/** AllowedTargetsEnforcer. Where calls carry no data the target is who gets paid, and the reason says so. */
export const allowedTargets: Check<'allowedTargets'> = ({ targets }, { branch, facts }) =>
  targets.includes(facts.to) ? null : finding(branch.native ? 'recipient_not_allowed' : 'target_not_allowed')
