import type { Address, Hex } from '../../primitives/hex.ts'

/**
 * What the terms of a TaskScopeEnforcer caveat say: a whole task scope, byte by byte as `TaskScopeTerms.sol` has them. Amounts
 * are base units, times unix seconds, periods seconds.
 */
export type TaskScopeTerms = {
  /** Inclusive; fixed windows begin here. */
  notBefore: bigint
  /** Exclusive. */
  expiry: bigint
  /** Most executions in one redemption; 0: single mode only. */
  maxExecutions: number
  /** 8 bytes. What is ended together: keyed by delegator, group and guardian. */
  group: Hex
  guardian: Address | null
  /** Present: nothing passes without a request that this key signed. */
  requestKey: Address | null
  /** Signs what charges a budget above its threshold. */
  confirmer: Address | null
  /** Most executions counted; without a period for ever, else in fixed windows. */
  calls: { max: bigint; period: bigint | null } | null
  /** Who may redeem; empty: whoever the delegation names. */
  redeemers: readonly Address[]
  budgets: readonly TaskScopeBudget[]
  /** The first one that admits an execution is the one that counts it. */
  rules: readonly TaskScopeRule[]
}

export type TaskScopeBudget = {
  window: 'lifetime' | 'fixed' | 'rolling'
  /** `null` for a lifetime, and for no other. */
  period: bigint | null
  cap: bigint
  /** A charge above it needs the confirmer's signature; equal to the cap: none ever does. `null` without a confirmer. */
  threshold: bigint | null
}

export type TaskScopeRule = {
  /** Of the call; with `allowance` of the one between the two approvals. */
  target: Address
  /** `0x` for empty calldata: a payment of native coin. */
  selector: Hex
  /** Bytes of calldata with the selector. */
  length: number
  /** Whether calldata may be longer than `length`. */
  longer: boolean
  /** Most native value of one execution, wei. */
  maxValue: bigint
  /** All have to hold. */
  conditions: readonly TaskScopeCondition[]
  /** What an execution counts, ordered by budget; two of one budget add up. */
  charges: readonly TaskScopeCharge[]
  /**
   * Admitted only as three executions of a batch: `approve(target, amount)` of this token, the call with that amount in this
   * word, `approve(target, 0)`.
   */
  allowance: { token: Address; amountWord: number } | null
  /** Whose balance is compared before and after, where a charge's source is `balance`. */
  measured: { asset: Address | 'native'; account: Address } | null
}

/**
 * What one word of the arguments has to be. Words are numbered from the first after the selector. Where there is a `width`,
 * bits outside the argument's type refuse the call: bytes of the type, 0 where nothing is outside; `left` for types that
 * stand on the left of their word (`bytesN`).
 */
export type TaskScopeCondition =
  | { op: 'equal' | 'at_most'; word: number; operand: bigint }
  | { op: 'not_equal' | 'at_least'; word: number; width: number; left: boolean; operand: bigint }
  /** `operand` as a signed number. */
  | { op: 'signed_at_most' | 'signed_at_least'; word: number; width: number; operand: bigint }
  | { op: 'one_of'; word: number; operands: readonly bigint[] }
  /** The word under the mask is `bits`. */
  | { op: 'bits'; word: number; width: number; left: boolean; mask: bigint; bits: bigint }
  /** Of the `bytes` or `string` whose offset the word is: its length in bytes, its keccak-256. */
  | { op: 'length_at_most'; word: number; operand: bigint }
  | { op: 'hash'; word: number; operand: Hex }

export type TaskScopeCharge = {
  /** Index in the budgets. */
  budget: number
  /** A word of the arguments, what the measured account loses, one for each execution, or the native value. */
  source: { word: number } | 'balance' | 'count' | 'value'
  /** What one unit of the source counts; at least 1. */
  weight: bigint
}

/** The `args` of the caveat: what the agent's key signed, and the confirmer where one is needed. Outside the delegation's hash. */
export type TaskScopeArgs = {
  /** Any number below 2^64 that was not used. */
  number: bigint
  /** Inclusive. */
  deadline: bigint
  /** 65 bytes, where the terms name a request key; else `null`. */
  request: Hex | null
  /** 65 bytes, or what the confirmer's contract takes; `null` where none is given. */
  confirmation: Hex | null
}
