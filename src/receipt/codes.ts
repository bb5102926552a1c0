import type { Deny, ReasonCode, ReasonFamily } from '../verdict/types.ts'

/**
 * Family of each reason, once more and on purpose: a receipt's schema must refuse a code that is not in this table, and the
 * compiler refuses this table when the verdict stage adds one.
 */
export const REASON_FAMILIES: Readonly<Record<ReasonCode, ReasonFamily>> = {
  target_not_allowed: 'not_permitted',
  method_not_allowed: 'not_permitted',
  recipient_not_allowed: 'not_permitted',
  argument_not_allowed: 'not_permitted',
  calldata_not_allowed: 'not_permitted',
  value_not_allowed: 'not_permitted',
  batch_not_allowed: 'not_permitted',
  redeemer_not_allowed: 'not_permitted',
  wrong_chain: 'not_permitted',
  budget_exceeded: 'refused',
  period_budget_exceeded: 'refused',
  calls_exceeded: 'refused',
  action_maximum_exceeded: 'refused',
  not_yet_valid: 'refused',
  period_not_started: 'refused',
  expired: 'refused',
  revoked: 'ended',
  group_revoked: 'ended',
  stopped: 'ended',
  paused: 'ended',
  unknown_caveat: 'not_evaluated',
  malformed_action: 'not_evaluated',
  state_missing: 'not_evaluated',
  state_mismatch: 'not_evaluated',
  caveat_unsatisfiable: 'not_evaluated',
  execution_failed: 'execution',
  disagreement: 'fault',
}

/** What a decision settled. `allowed` aside, three different ways of not going ahead. */
export type Result =
  | 'allowed'
  /** A limit fired, the authority has ended, or the chain would fail it. */
  | 'denied'
  /** No rule admits it. */
  | 'not_permitted'
  /** It was not found out, so it did not go ahead. */
  | 'could_not_evaluate'

/** The result that a denial of this family is. */
export function resultOf(family: Deny['family']): Exclude<Result, 'allowed'> {
  switch (family) {
    case 'not_permitted':
      return 'not_permitted'
    case 'refused':
    case 'ended':
    case 'execution':
      return 'denied'
    case 'not_evaluated':
    case 'fault':
      return 'could_not_evaluate'
  }
}

/** Which look at the action decided. */
export const STAGES = ['request', 'policy', 'state', 'simulation'] as const

/** What a receipt does not prove, by name. Closed: a verifier that does not know a limit must not pass over it. */
export const LIMITS = {
  chain_not_proven: 'No chain proof is inside: state and outcome are the issuer’s word until compared with a node.',
  not_logged: 'The receipt is in no transparency log: an issuer could leave receipts out after the last one you hold.',
  request_unsigned: 'The asker did not sign the request: that it was asked is the issuer’s word.',
  reason_left_out: 'The asker’s reason was too long or not plain text and is left out; its hash is in the request.',
  chain_not_identified: 'No single chain of delegations decided: all of the grant’s branches were considered.',
  state_not_read: 'The state of the chain was not read.',
  local_stop:
    'A local stop binds this redeemer only: who holds the delegate’s key can ignore it until the chain knows.',
  outcome_open: 'The outcome was not settled when this was issued.',
  not_final: 'The block could still be reorganised away when this was issued.',
  revert_reason_attested: 'Why the transaction reverted is from a re-run, not from the chain.',
} as const
export type Limit = keyof typeof LIMITS
