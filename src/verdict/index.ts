export { applyFix } from './applyFix.ts'
export { denyFor } from './denial.ts'
export { VerdictError, type VerdictErrorCode } from './errors.ts'
export { evaluate, evaluateBranch } from './evaluate.ts'
export { type Counted, type Ended, type Meter, type NodeMeters, type Remaining, readMeters } from './meters.ts'
export { prepareGrant } from './prepare.ts'
export type { PreparedBranch, PreparedCaveat, PreparedGrant, PreparedLink } from './prepared.ts'
export { familyOf, REASONS } from './reasons.ts'
export { stateAfter } from './stateAfter.ts'
export { type RefusedAt, refusedAt } from './taskScope/refusedAt.ts'
export {
  type Action,
  type ActionRequest,
  type Allow,
  type Call,
  type Counter,
  counterKey,
  type Deny,
  type Escalate,
  type Fix,
  type ReasonCode,
  type ReasonFamily,
  type RefusedRule,
  type State,
  type Verdict,
} from './types.ts'
export { usedOf } from './used.ts'
