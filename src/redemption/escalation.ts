import type { TaskScopeRequest } from '../caveats/taskScope/requestDigest.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Action } from '../verdict/types.ts'

/** A question that waits for the confirmer: an action above a threshold, and what would let it pass. */
export type Escalation = {
  /** Place in the queue, from 1. */
  number: number
  /** Unix seconds. */
  at: bigint
  /** Unix seconds from which silence is a no. */
  expires: bigint
  grant: Grant
  /** As it was decided, with the request key's signature where there is one. Its reason is cut to a bound. */
  action: Action
  /** What the confirmer signs; `null` where the chain asks for no signature and the threshold is held by whoever submits. */
  request: TaskScopeRequest | null
  rule: string
  /** Base units of what is charged, as the verdict has them. */
  threshold: bigint
  requested: bigint
  confirmer: Address
  /** Id of the receipt of the verdict. */
  decision: string
  /** Characters of the agent's own words, before they were cut. */
  reasonLength: number
  settled: Settled | null
}

/** What became of it. */
export type Settled =
  /** `confirmation`: the confirmer's signature over the request. `submission`: how it was then redeemed; `null` until it was. */
  | { as: 'confirmed'; at: bigint; confirmation: Hex; submission: Submission | null }
  | { as: 'rejected'; at: bigint; why: string | null }

/** What became of a confirmed action when it was submitted: `denied` where the verdict had changed meanwhile. */
export type Submission = {
  at: bigint
  status: 'denied' | 'executed' | 'reverted' | 'replaced' | 'ineffective' | 'not_executed' | 'pending' | 'unknown'
  /** Of a denial. */
  code: string | null
  transactionHash: Hex | null
  receipts: { decision: string | null; outcome: string | null }
}

/** `open`: can be answered. `over`: nobody answered in time, which is a no. */
export type EscalationStatus = 'open' | 'over' | 'rejected' | 'confirmed' | 'submitted'

/** @param now - Unix seconds. */
export function escalationStatus(
  { settled, expires }: Pick<Escalation, 'settled' | 'expires'>,
  now: bigint,
): EscalationStatus {
  if (settled === null) return now < expires ? 'open' : 'over'
  if (settled.as === 'rejected') return 'rejected'
  return settled.submission === null ? 'confirmed' : 'submitted'
}
