export { decodeCaveat, encodeCaveat } from './caveat.ts'
export type { AnyCodec, CaveatOf, Codec, Inner, KnownCaveat, KnownKind } from './codec.ts'
export { type DescribeOptions, type Description, describeCaveat, describeParts } from './describe.ts'
export { CaveatError, type CaveatErrorCode } from './errors.ts'
export { codecByKind, codecByName, codecs } from './registry.ts'
export { decodeTaskScopeArgs, encodeTaskScopeArgs } from './taskScope/args.ts'
export { type BudgetReport, decodeTaskScopeEvent, type TaskScopeEvent } from './taskScope/events.ts'
export { collectRedemptions, type TaskScopeRedemption } from './taskScope/redemptions.ts'
export { decodeTaskScopeRefusal, type TaskScopeRefusal, type TaskScopeRefusalName } from './taskScope/refusals.ts'
export {
  requestDigest,
  requestTypedData,
  type TaskScopeRequest,
  type TaskScopeTypedData,
} from './taskScope/requestDigest.ts'
export type {
  TaskScopeArgs,
  TaskScopeBudget,
  TaskScopeCharge,
  TaskScopeCondition,
  TaskScopeRule,
  TaskScopeTerms,
} from './taskScope/types.ts'
export type {
  BalanceDirection,
  Caveat,
  CaveatKind,
  DecodedCaveat,
  EnforcerName,
  Environment,
  Execution,
  InnerCaveat,
  RevocationMethod,
  TokenPeriod,
} from './types.ts'
