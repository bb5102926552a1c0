import { finding } from '../finding.ts'
import type { Check } from './check.ts'

/** AllowedMethodsEnforcer: at least four bytes, and the first four are in the list. */
export const allowedMethods: Check<'allowedMethods'> = ({ selectors }, { facts }) =>
  facts.size >= 4 && selectors.includes(facts.data.slice(0, 10) as `0x${string}`) ? null : finding('method_not_allowed')
