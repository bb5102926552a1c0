import type { Call } from '../delegation/execution.ts'
import type { Address, Hex } from '../primitives/hex.ts'

/** What the agent wants to do. */
export type Action = {
  chainId: number
  /** Who will call the manager: the delegate itself, or a redeemer that the delegate pinned. */
  redeemer: Address
  /** In order. One call is one single-mode redemption; several are one batch. */
  calls: readonly Call[]
  /** The agent's own words. Data, never instructions; never decides anything. */
  reason?: string
  /** What the agent's key and a confirmer signed of it, where the leaf's caveat asks for that. */
  request?: ActionRequest
  /** The same for links above the leaf that ask for a confirmation of their own, by delegation hash. */
  requestsAbove?: Readonly<Record<Hex, ActionRequest>>
}

/** The `args` of a TaskScopeEnforcer caveat before they are bytes. */
export type ActionRequest = {
  /** Below 2^64; each counts once. */
  number: bigint
  /** Unix seconds, inclusive; below 2^40. */
  deadline: bigint
  /** Of the request key, 65 bytes; `null` where the terms name none or nobody signed yet. */
  signature: Hex | null
  /** Of the confirmer; `null` where nobody confirmed. */
  confirmation: Hex | null
}

export type { Call } from '../delegation/execution.ts'

/** What was read of the chain at one block. An absent entry was not read, and what was not read denies. */
export type State = {
  chainId: number
  manager: Address
  block: { number: bigint; hash: Hex /** Unix seconds. */; timestamp: bigint }
  paused: boolean
  /** By delegation hash. */
  disabled: Readonly<Record<Hex, boolean>>
  /** NonceEnforcer's current nonce, by delegator. */
  nonces: Readonly<Record<Address, bigint>>
  /** What enforcers keep, or say of themselves: by {@link counterKey}. */
  counters: Readonly<Record<string, Counter>>
}

export type Counter =
  | { kind: 'spent'; spent: bigint }
  | { kind: 'calls'; count: bigint }
  /** Storage of a period enforcer; all zero before first use, when the terms are copied in. */
  | {
      kind: 'period'
      amount: bigint
      duration: bigint
      start: bigint
      lastPeriod: bigint
      transferred: bigint
    }
  /** Storage of a streaming enforcer; the terms are copied in at each use while nothing has been spent. */
  | { kind: 'stream'; initial: bigint; max: bigint; perSecond: bigint; start: bigint; spent: bigint }
  /** Whether a one-time id or delegation has been used. */
  | { kind: 'used'; used: boolean }
  /** Whether a hook passes at this block, where only the chain can tell: it deploys a contract, asks a foreign one, or measures. */
  | { kind: 'hook'; passes: boolean }
  /** A word of the TaskScopeEnforcer's storage: under the slot. */
  | { kind: 'word'; word: bigint }
  /** Whether an account has code, which then judges its signatures. */
  | { kind: 'account'; code: boolean }
  /** Whether a contract takes a signature over a digest. */
  | { kind: 'signature'; accepted: boolean }

/** @param hash - The delegation's hash for most enforcers; else a hash of what the storage is kept under (`counterOf`). */
export function counterKey(enforcer: Address, hash: Hex): string {
  return `${enforcer}:${hash}`
}

/** Why not. Stable; never reused; families as in DESIGN §7. */
export type ReasonCode =
  // not permitted: no rule admits it
  | 'target_not_allowed'
  | 'method_not_allowed'
  | 'recipient_not_allowed'
  | 'argument_not_allowed'
  | 'calldata_not_allowed'
  | 'value_not_allowed'
  | 'batch_not_allowed'
  | 'batch_required'
  | 'batch_size_not_allowed'
  | 'execution_not_allowed'
  | 'token_id_not_allowed'
  | 'revocation_not_allowed'
  | 'args_not_allowed'
  | 'redeemer_not_allowed'
  | 'wrong_chain'
  | 'allowance_not_returned'
  | 'request_required'
  | 'request_refused'
  // refused: a limit fired
  | 'budget_exceeded'
  | 'period_budget_exceeded'
  | 'calls_exceeded'
  | 'action_maximum_exceeded'
  | 'not_yet_valid'
  | 'period_not_started'
  | 'stream_exceeded'
  | 'stream_not_started'
  | 'expired'
  | 'block_not_reached'
  | 'block_passed'
  | 'id_used'
  | 'delegation_used'
  | 'no_approval_to_revoke'
  | 'not_deployed'
  | 'request_expired'
  | 'request_used'
  // ended
  | 'revoked'
  | 'group_revoked'
  | 'stopped'
  | 'paused'
  | 'signature_refused'
  // could not evaluate
  | 'unknown_caveat'
  | 'malformed_action'
  | 'state_missing'
  | 'state_mismatch'
  | 'caveat_unsatisfiable'
  | 'balance_unreadable'
  | 'effect_unknown'
  | 'payment_unknown'
  | 'choice_unknown'
  | 'counter_shared'
  // execution, told apart from authority: simulation found it
  | 'execution_failed'
  // a fault of ours: evaluate and the chain disagree
  | 'disagreement'

export type ReasonFamily = 'not_permitted' | 'refused' | 'ended' | 'not_evaluated' | 'execution' | 'fault'

/** What to do about a denial: an agent that follows it succeeds, everything else unchanged. */
export type Fix =
  | { do: 'lower_amount'; to: bigint }
  /** Unix seconds from which the same action passes. */
  | { do: 'wait_until'; time: bigint }
  | { do: 'pay_one_of'; recipients: readonly Address[] }
  | { do: 'call_one_of'; targets: readonly { target: Address; selector?: Hex }[] }
  | { do: 'set_value'; to: bigint }
  | { do: 'set_bytes'; at: bigint; bytes: Hex }
  | { do: 'set_calldata'; data: Hex }
  | { do: 'redeem_as'; redeemers: readonly Address[] }
  | { do: 'send_one_call' }
  /** These calls and no others, in this order. */
  | { do: 'send_calls'; calls: readonly Call[] }
  /** So many calls of the batch, the first ones; the others in another redemption. */
  | { do: 'send_fewer_calls'; to: number }
  /** What to do in one call of the batch, counted from 0; the others stay. */
  | { do: 'in_call'; call: number; fix: Fix }
  /** Have this key sign the action as it is now, as a request with a number that was not used: this one, where one is known. */
  | { do: 'sign_request'; key: Address; number: bigint | null }
  | { do: 'use_chain'; chainId: number }
  /** Nothing but what the chain measures afterwards is in doubt: have it run the action at the same block, as `decide` does. */
  | { do: 'simulate' }
  | { do: 'ask_for_a_new_grant' }
  | { do: 'retry_later' }
  | { do: 'report_a_fault' }

/** The decision, as a union that says what was settled. */
export type Verdict = Allow | Deny | Escalate

export type Allow = {
  verdict: 'allow'
  /** Index in the grant's branches: which links will be redeemed. */
  branch: number
  /** The rule that admits it; of a batch that several admit, that of the first call. */
  rule: string
  /** Of a batch: the rule of each call, where its caveat carries several. */
  rules?: readonly string[]
  /** What is left after this action, tightest hop; `null` where nothing counts, or what counts is measured. Base units. */
  remaining: bigint | null
}

export type Deny = {
  verdict: 'deny'
  code: ReasonCode
  family: ReasonFamily
  /** The sentence a person or an agent reads. Made of our words and the numbers below only. */
  message: string
  /** Link that decided, 0 the leaf; `null` where no link did. */
  hop: number | null
  delegator: Address | null
  delegation: Hex | null
  /** Index in that link's caveats, and its kind. */
  caveat: { index: number; kind: string } | null
  /** Where that caveat carries the rules of a whole scope: which one refused what. */
  rule?: RefusedRule
  limit: bigint | null
  used: bigint | null
  requested: bigint | null
  remaining: bigint | null
  /** Unix seconds at which the check named has room again. Another rule of the same caveat may let the call pass earlier: `fix` says when. */
  resetsAt: bigint | null
  /** The most that passes with everything else unchanged, over *all* caveats and hops; `null` where no amount helps. */
  largestAllowed: bigint | null
  fix: Fix
}

export type RefusedRule = {
  /** Number of the call in the batch, from 0. */
  call: number
  /** Index in the terms: the first rule for such a call; `null` where there is none. */
  index: number | null
  /** Of the rule in the scope; `null` where it is not known. */
  id: string | null
  /** What of the rule does not hold, and which of several: number of the condition, budget, or call of an allowance. */
  part: 'shape' | 'value' | 'condition' | 'allowance' | 'budget'
  at: number
}

export type Escalate = {
  verdict: 'escalate'
  code: 'above_threshold'
  branch: number
  rule: string
  /** Of a batch: the rule of each call, where its caveat carries several. */
  rules?: readonly string[]
  message: string
  threshold: bigint
  requested: bigint
  confirmer: Address
  /** Seconds until silence denies. */
  timeout: bigint
  /** Where the chain asks for the confirmer's signature: of the request that this delegation carries. */
  delegation?: Hex
}
