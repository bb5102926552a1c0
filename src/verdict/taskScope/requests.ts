import { keccak256 } from 'viem'
import { requestDigest } from '../../caveats/taskScope/requestDigest.ts'
import { encodeCalls } from '../../delegation/execution.ts'
import { recoverSigner } from '../../delegation/signature.ts'
import { type Address, byteLength, bytesToUint, concatBytes, type Hex, sliceBytes } from '../../primitives/hex.ts'
import type { Look } from '../enforcers/check.ts'
import type { Facts } from '../facts.ts'
import { type Finding, finding } from '../finding.ts'
import { type ActionRequest, counterKey, type State } from '../types.ts'
import type { PreparedTerms } from './prepareTerms.ts'
import { isNumberUsed, numberSlot } from './slots.ts'

/** The `args` of a caveat, read: signatures in the order in which the contract takes them. */
export type Args = { number: bigint; deadline: bigint; signatures: Hex }

/** Bytes of number and deadline, and of a signature by a key. */
const HEAD = 13
const SIGNATURE = 65

/**
 * What the contract says of the request that a caveat's `args` carry. `unconfirmed`: nothing but the confirmer's signature
 * lacks.
 *
 * @param confirm - Whether a charge is above its threshold.
 */
export function checkRequest(terms: PreparedTerms, look: Look, confirm: boolean): Finding | 'unconfirmed' | null {
  const { requestKey: key, confirmer } = terms.terms
  if (key === null && !confirm) return null
  const unconfirmed = confirm ? 'unconfirmed' : null
  // Whoever changes an action has it signed anew.
  if (look.facts.renewed) return unconfirmed
  const args = argsOf(look)
  if (args === null) return key === null ? unconfirmed : finding('request_required')
  const { number, deadline, signatures } = args
  if (key !== null && byteLength(signatures) < SIGNATURE) return finding('request_required')
  const rest = confirmationOf(terms, args)
  if (!confirm && rest !== '0x') return finding('args_not_allowed')
  const now = look.state.block.timestamp
  if (now > deadline) return finding('request_expired', { limit: deadline, requested: now })
  const digest = digestOf(terms, look.facts, args)
  if (key !== null) {
    const recovery = recoverSigner(digest, sliceBytes(signatures, 0, SIGNATURE))
    if (recovery.status !== 'signed' || recovery.signer !== key) return finding('request_refused')
  }
  const confirmed = confirm && confirmer !== null ? isConfirmed(confirmer, digest, rest, look.state) : true
  if (confirmed === null) return finding('state_missing')
  const used = usedAt(terms, look.state, number)
  if (used === null) return finding('state_missing')
  if (used) return finding('request_used', { requested: number })
  return confirmed ? null : unconfirmed
}

/** What a caveat is redeemed with: the action's request in the leaf, one of its own above, else what the grant carries. */
export function argsOf({ link, caveat, facts }: Pick<Look, 'link' | 'caveat' | 'facts'>): Args | null {
  const request = link.hop === 0 ? facts.request : (facts.requestsAbove?.[link.hash] ?? null)
  return request === null ? readArgs(caveat.args) : argsFrom(request)
}

export function argsFrom({ number, deadline, signature, confirmation }: ActionRequest): Args {
  return { number, deadline, signatures: concatBytes(signature ?? '0x', confirmation ?? '0x') }
}

/** What is left for the confirmer's signature. */
export function confirmationOf({ terms: { requestKey } }: Pick<PreparedTerms, 'terms'>, { signatures }: Args): Hex {
  return requestKey === null ? signatures : sliceBytes(signatures, SIGNATURE)
}

/** `null` where the bytes end before the deadline does. */
export function readArgs(args: Hex): Args | null {
  if (byteLength(args) < HEAD) return null
  return {
    number: bytesToUint(sliceBytes(args, 0, 8)),
    deadline: bytesToUint(sliceBytes(args, 8, HEAD)),
    signatures: sliceBytes(args, HEAD),
  }
}

/** What is signed: these calls, by this delegation, under this number. */
export function digestOf(
  { place: { chainId, enforcer, hash } }: Pick<PreparedTerms, 'place'>,
  { calls }: Pick<Facts, 'calls'>,
  { number, deadline }: Pick<Args, 'number' | 'deadline'>,
): Hex {
  return requestDigest({ chainId, enforcer, delegation: hash, ...encodeCalls(calls), number, deadline })
}

/** Key of whether a confirmer has code. */
export function accountKey(account: Address): string {
  return counterKey(account, `0x${'00'.repeat(32)}`)
}

/** Key of what a confirmer with code says of these bytes as its signature. */
export function signatureKey(account: Address, digest: Hex, signature: Hex): string {
  return counterKey(account, keccak256(concatBytes(digest, signature)))
}

/** Key of the word that holds a number's bit: under the request key, or the confirmer where the terms name none. */
export function numberKey(
  { place: { enforcer, hash }, terms }: Pick<PreparedTerms, 'place' | 'terms'>,
  number: bigint,
): string | null {
  const signer = terms.requestKey ?? terms.confirmer
  return signer === null ? null : counterKey(enforcer, numberSlot(hash, signer, number))
}

function usedAt(terms: PreparedTerms, state: State, number: bigint): boolean | null {
  const stored = state.counters[numberKey(terms, number) ?? '']
  return stored?.kind === 'word' ? isNumberUsed(stored.word, number) : null
}

/** `null` where the state does not say. */
function isConfirmed(confirmer: Address, digest: Hex, signature: Hex, state: State): boolean | null {
  const account = state.counters[accountKey(confirmer)]
  if (account?.kind !== 'account') return null
  if (!account.code) {
    const recovery = recoverSigner(digest, signature)
    return recovery.status === 'signed' && recovery.signer === confirmer
  }
  const answer = state.counters[signatureKey(confirmer, digest, signature)]
  return answer?.kind === 'signature' ? answer.accepted : null
}
