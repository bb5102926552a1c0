import type { Deny } from '../verdict/types.ts'

/** What a decision settled. `allowed` aside, four different ways of not going ahead. */
export type Result =
  | 'allowed'
  /** A limit fired, the authority has ended, or the chain would fail it. */
  | 'denied'
  /** No rule admits it. */
  | 'not_permitted'
  /** It was not found out, so it did not go ahead. */
  | 'could_not_evaluate'
  /** Somebody has to confirm it first. */
  | 'escalated'

/** The result that a denial of this family is. */
export function resultOf(family: Deny['family']): Exclude<Result, 'allowed' | 'escalated'> {
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
