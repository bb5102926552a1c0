import type { ReasonCode, ReasonFamily } from './types.ts'

/** Every reason with its family and its sentence. The sentence names no value: numbers are added from the denial's fields. */
export const REASONS: Readonly<Record<ReasonCode, { family: ReasonFamily; sentence: string }>> = {
  target_not_allowed: { family: 'not_permitted', sentence: 'The grant does not allow a call to this contract.' },
  method_not_allowed: { family: 'not_permitted', sentence: 'The grant does not allow this function.' },
  recipient_not_allowed: { family: 'not_permitted', sentence: 'The grant does not allow a payment to this recipient.' },
  argument_not_allowed: { family: 'not_permitted', sentence: 'An argument of the call differs from what is granted.' },
  calldata_not_allowed: { family: 'not_permitted', sentence: 'The call data does not have the form that is granted.' },
  value_not_allowed: { family: 'not_permitted', sentence: 'The call carries more native value than is granted.' },
  batch_not_allowed: { family: 'not_permitted', sentence: 'The grant allows one call at a time.' },
  batch_required: { family: 'not_permitted', sentence: 'The grant allows a batch of calls only.' },
  batch_size_not_allowed: {
    family: 'not_permitted',
    sentence: 'The batch has another number of calls than is granted.',
  },
  execution_not_allowed: {
    family: 'not_permitted',
    sentence: 'A call of the batch differs from the one that is granted.',
  },
  token_id_not_allowed: { family: 'not_permitted', sentence: 'The grant allows another token id.' },
  revocation_not_allowed: {
    family: 'not_permitted',
    sentence: 'The grant allows taking approvals back, and this call does not do that in a granted way.',
  },
  args_not_allowed: {
    family: 'not_permitted',
    sentence: 'What the redeemer adds to a caveat does not fit it.',
  },
  redeemer_not_allowed: { family: 'not_permitted', sentence: 'The grant does not allow this account to redeem it.' },
  wrong_chain: { family: 'not_permitted', sentence: 'The grant is for another chain.' },
  allowance_not_returned: {
    family: 'not_permitted',
    sentence:
      'The grant allows this approval only as approve, the call with that amount, and approve of zero in one batch.',
  },
  request_required: { family: 'not_permitted', sentence: 'The grant asks for a request signed by the agent’s key.' },
  request_refused: {
    family: 'not_permitted',
    sentence: 'The request is not signed by the agent’s key for exactly this action.',
  },
  budget_exceeded: { family: 'refused', sentence: 'The amount is more than what is left of the budget.' },
  period_budget_exceeded: {
    family: 'refused',
    sentence: "The amount is more than what is left of this period's budget.",
  },
  calls_exceeded: { family: 'refused', sentence: 'All calls that the grant allows have been made.' },
  action_maximum_exceeded: { family: 'refused', sentence: 'The amount is more than one action may move.' },
  not_yet_valid: { family: 'refused', sentence: 'The grant is not valid yet.' },
  period_not_started: { family: 'refused', sentence: 'The first period of the budget has not started.' },
  stream_exceeded: {
    family: 'refused',
    sentence: 'The amount is more than what has been streamed so far and is left.',
  },
  stream_not_started: { family: 'refused', sentence: 'The stream has not started.' },
  expired: { family: 'refused', sentence: 'The grant has expired.' },
  block_not_reached: { family: 'refused', sentence: 'The grant is valid from a later block.' },
  block_passed: { family: 'refused', sentence: 'The grant was valid up to an earlier block.' },
  id_used: { family: 'refused', sentence: 'A delegation with the same one-time id has been used.' },
  delegation_used: { family: 'refused', sentence: 'This delegation works once and has been used.' },
  no_approval_to_revoke: { family: 'refused', sentence: 'There is no approval that this call would take back.' },
  not_deployed: { family: 'refused', sentence: 'A contract that must exist cannot be deployed as the grant says.' },
  request_expired: { family: 'refused', sentence: 'The deadline of the signed request has passed.' },
  request_used: { family: 'refused', sentence: 'The number of the signed request was used before.' },
  revoked: { family: 'ended', sentence: 'This delegation has been revoked.' },
  group_revoked: { family: 'ended', sentence: 'The group of this delegation has been revoked.' },
  stopped: { family: 'ended', sentence: 'The grant has been stopped here.' },
  paused: { family: 'ended', sentence: 'The delegation manager is paused for everybody.' },
  signature_refused: { family: 'ended', sentence: 'The contract of a delegator refuses its signature at this block.' },
  unknown_caveat: { family: 'not_evaluated', sentence: 'A caveat of this delegation cannot be read.' },
  malformed_action: { family: 'not_evaluated', sentence: 'The action is not well formed.' },
  state_missing: { family: 'not_evaluated', sentence: 'A part of the chain state that decides was not read.' },
  state_mismatch: { family: 'not_evaluated', sentence: 'The state was read from another chain or manager.' },
  caveat_unsatisfiable: { family: 'not_evaluated', sentence: 'A caveat of this delegation can never be satisfied.' },
  balance_unreadable: { family: 'not_evaluated', sentence: 'A balance that a caveat compares cannot be read.' },
  effect_unknown: {
    family: 'not_evaluated',
    sentence: 'A caveat compares balances after the execution, which cannot be known before it.',
  },
  payment_unknown: {
    family: 'not_evaluated',
    sentence: 'A caveat takes a payment through another delegation, which is not judged here.',
  },
  choice_unknown: {
    family: 'not_evaluated',
    sentence: 'A caveat lets the redeemer choose, and what was chosen cannot be judged here.',
  },
  counter_shared: {
    family: 'not_evaluated',
    sentence: 'Two caveats of this delegation share one counter, and what that counts is not judged here.',
  },
  execution_failed: { family: 'execution', sentence: 'The grant allows the action, but executing it fails.' },
  disagreement: { family: 'fault', sentence: 'The verdict and the chain disagree: a fault of ours.' },
}

export function familyOf(code: ReasonCode): ReasonFamily {
  return REASONS[code].family
}
