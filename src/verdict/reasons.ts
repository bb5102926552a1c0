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
  redeemer_not_allowed: { family: 'not_permitted', sentence: 'The grant does not allow this account to redeem it.' },
  wrong_chain: { family: 'not_permitted', sentence: 'The grant is for another chain.' },
  budget_exceeded: { family: 'refused', sentence: 'The amount is more than what is left of the budget.' },
  period_budget_exceeded: {
    family: 'refused',
    sentence: "The amount is more than what is left of this period's budget.",
  },
  calls_exceeded: { family: 'refused', sentence: 'All calls that the grant allows have been made.' },
  action_maximum_exceeded: { family: 'refused', sentence: 'The amount is more than one action may move.' },
  not_yet_valid: { family: 'refused', sentence: 'The grant is not valid yet.' },
  period_not_started: { family: 'refused', sentence: 'The first period of the budget has not started.' },
  expired: { family: 'refused', sentence: 'The grant has expired.' },
  revoked: { family: 'ended', sentence: 'This delegation has been revoked.' },
  group_revoked: { family: 'ended', sentence: 'The group of this delegation has been revoked.' },
  stopped: { family: 'ended', sentence: 'The grant has been stopped here.' },
  paused: { family: 'ended', sentence: 'The delegation manager is paused for everybody.' },
  unknown_caveat: { family: 'not_evaluated', sentence: 'A caveat of this delegation cannot be read.' },
  malformed_action: { family: 'not_evaluated', sentence: 'The action is not well formed.' },
  state_missing: { family: 'not_evaluated', sentence: 'A part of the chain state that decides was not read.' },
  state_mismatch: { family: 'not_evaluated', sentence: 'The state was read from another chain or manager.' },
  caveat_unsatisfiable: { family: 'not_evaluated', sentence: 'A caveat of this delegation can never be satisfied.' },
  execution_failed: { family: 'execution', sentence: 'The grant allows the action, but executing it fails.' },
  disagreement: { family: 'fault', sentence: 'The verdict and the chain disagree: a fault of ours.' },
}

export function familyOf(code: ReasonCode): ReasonFamily {
  return REASONS[code].family
}
