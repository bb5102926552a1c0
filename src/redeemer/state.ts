/**
 * What an action is, from its arrival to its end. Each arrow is one durable write, made before its effect.
 *
 * `allowed` is a promise whose amounts are held back from others; `submitted` has signed bytes; `included` stands in a block
 * that a reorganisation may still take away. The ends are final, and each has exactly one terminal receipt: what is learnt
 * later (a deeper reorganisation, a leaked request that somebody else submitted) is a correction and no new end.
 */
export const NEXT = {
  ticketed: ['allowed', 'denied', 'escalated', 'cancelled', 'stopped', 'expired'],
  escalated: ['allowed', 'denied', 'rejected', 'cancelled', 'stopped', 'expired'],
  // Decided again before it is signed: what changed meanwhile counts, and it waits or is denied.
  allowed: ['submitted', 'ticketed', 'denied', 'cancelled', 'stopped', 'expired'],
  // Back to `allowed` once its nonce was used by other bytes at finality, so that these can never land.
  submitted: ['included', 'allowed', 'cancelled', 'expired', 'failed'],
  included: ['submitted', 'final', 'reverted'],
  denied: [],
  rejected: [],
  cancelled: [],
  stopped: [],
  expired: [],
  final: [],
  reverted: [],
  failed: [],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type ActionState = keyof typeof NEXT

export const STATES = Object.keys(NEXT) as readonly ActionState[]

/** Whether an action can be there after being here. */
export function mayFollow(from: ActionState, to: ActionState): boolean {
  return (NEXT[from] as readonly ActionState[]).includes(to)
}

/** Whether nothing follows. */
export function isEnd(state: ActionState): boolean {
  return NEXT[state].length === 0
}

/** Whether what it would spend is promised and not yet counted by the chain for good. */
export function holdsBudget(state: ActionState): boolean {
  return state === 'allowed' || state === 'submitted' || state === 'included'
}
