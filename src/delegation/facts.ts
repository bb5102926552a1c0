import type { Environment } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Recovery } from './signature.ts'

/**
 * Code at an address. `delegated7702`: exactly `0xef0100` and this environment's EIP-7702 implementation, whose check of a
 * signature is known. Delegated to any other implementation is `contract`: only that code can say what it accepts.
 */
export type AccountCode = 'none' | 'delegated7702' | 'contract'

/** What is known of the chain at one block. What is absent was not read, and makes its rows `unavailable`. */
export type ChainFacts = {
  environment: Environment
  /** Timestamp of the block, unix seconds. */
  now?: bigint
  paused?: boolean
  codes?: Readonly<Record<Address, AccountCode>>
  /** By delegation hash: did the delegator's contract accept the signature (ERC-1271)? */
  contractSignatures?: Readonly<Record<Hex, boolean>>
  /** By delegation hash. */
  disabled?: Readonly<Record<Hex, boolean>>
  /** NonceEnforcer's current nonce, by delegator. */
  nonces?: Readonly<Record<Address, bigint>>
  /** By delegation hash: has the group ended that a caveat of it names? */
  endedGroups?: Readonly<Record<Hex, boolean>>
  /** Instead of `recoverSigner`, for a caller that has recovered these signatures already (1.25 ms each). */
  recover?: (digest: Hex, signature: Hex) => Recovery
}

/** Why a row is not a pass. Stable. */
export type CheckCode =
  // the chain as a whole
  | 'empty'
  | 'too_many_links'
  | 'too_many_caveats'
  | 'too_large'
  | 'malformed'
  | 'root_first'
  | 'not_a_root'
  | 'broken_authority'
  | 'not_the_delegate'
  | 'duplicate'
  | 'open_delegate'
  // signatures and accounts
  | 'bad_signature'
  | 'other_signer'
  | 'signature_refused'
  | 'no_code'
  // ended, or not begun
  | 'paused'
  | 'revoked'
  | 'group_revoked'
  | 'expired'
  | 'not_yet_valid'
  // could not be settled
  | 'not_read'
  | 'unknown_caveat'

export type CheckName =
  | 'form'
  | 'order'
  | 'root'
  | 'authority'
  | 'adjacency'
  | 'unique'
  | 'delegate'
  | 'signature'
  | 'code'
  | 'caveats'
  | 'time'
  | 'nonce'
  | 'group'
  | 'enabled'
  | 'paused'

/** One question and its answer. `link` counts from the leaf; `null` where the question is about the whole chain. */
export type CheckRow = { check: CheckName; link: number | null; detail: string } & (
  | { result: 'pass' }
  | { result: 'fail'; code: CheckCode }
  | { result: 'unavailable'; code: 'not_read' | 'unknown_caveat' }
)

/** `valid`: every row passed. `invalid`: one failed. `unavailable`: none failed, but one could not be settled. */
export type CheckStatus = 'valid' | 'invalid' | 'unavailable'

export function statusOf(rows: readonly CheckRow[]): CheckStatus {
  if (rows.some((row) => row.result === 'fail')) return 'invalid'
  return rows.length > 0 && rows.every((row) => row.result === 'pass') ? 'valid' : 'unavailable'
}
