import type { Environment } from '../caveats/types.ts'
import type { AccountCode } from '../delegation/index.ts'
import type { ReceiptEvidence, TransactionEvidence } from '../outcome/evidence.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { PublicJwk } from '../receipt/keys.ts'
import type { Statement } from '../receipt/statement.ts'
import type { State } from '../verdict/types.ts'
import type { Memory } from './memory.ts'
import type { LoadedTrust } from './trust.ts'

/**
 * What one check found. `proven`: shown by signatures, hashes, recomputation or the chain. `attested`: the issuer says so and
 * nothing speaks against it. `refuted`: shown to be false. `unavailable`: what would settle it is not here.
 */
export type Status = 'proven' | 'attested' | 'refuted' | 'unavailable'

export type CheckName =
  /** The file, the token and the statement have the form of a receipt. */
  | 'form'
  /** The issuer is one that the verifier was told to trust, with this key. */
  | 'issuer'
  | 'signature'
  /** Every blob is the one that was committed to; `at` is its id. */
  | 'evidence'
  /** The grant is whole, is the one named, and its delegations are what its scope compiles to. */
  | 'grant'
  /** Delegation hashes and context are recomputed; the chain runs from the principal to the agent. */
  | 'delegation'
  /** Each delegator signed; `at` is the delegation hash. */
  | 'delegation_signature'
  /** What was asked is what is said to have been asked. */
  | 'action'
  /** The asker signed it. */
  | 'request'
  /** It was taken in, with this number. */
  | 'ticket'
  | 'verdict'
  | 'state'
  | 'outcome'
  | 'revocation'
  /** The place among the issuer's receipts. */
  | 'links'

/** Why. Stable. */
export type CheckCode =
  | 'ok'
  // form
  | 'malformed'
  | 'kind_not_supported'
  // issuer and signature
  | 'issuer_unknown'
  | 'issuer_key_mismatch'
  | 'signature_wrong'
  // evidence
  | 'evidence_missing'
  | 'evidence_changed'
  | 'evidence_not_committed'
  | 'evidence_unreadable'
  // grant and delegations
  | 'environment_missing'
  | 'grant_refused'
  | 'grant_mismatch'
  | 'delegation_mismatch'
  | 'chain_broken'
  | 'roots_mismatch'
  | 'signature_malformed'
  | 'signer_unsettled'
  | 'signature_refused'
  | 'no_code'
  // action and request
  | 'action_mismatch'
  | 'request_unsigned'
  | 'request_other_signer'
  | 'request_late'
  // ticket
  | 'ticket_attested'
  // verdict and state
  | 'verdict_mismatch'
  | 'verdict_without_state'
  | 'evaluation_not_supported'
  | 'verdict_local'
  | 'verdict_simulated'
  | 'state_attested'
  | 'state_contradicted'
  | 'facts_other_chain'
  | 'facts_missing'
  | 'block_not_canonical'
  // outcome and revocation
  | 'outcome_attested'
  | 'outcome_open'
  | 'outcome_contradicted'
  | 'redemption_mismatch'
  | 'account_unknown'
  | 'revocation_attested'
  | 'revocation_local'
  | 'revocation_contradicted'
  | 'revocation_mismatch'
  // links
  | 'links_attested'
  | 'links_broken'

export type Check = {
  check: CheckName
  status: Status
  code: CheckCode
  /** For people. Made of our words and of values that the schema bounds. */
  detail: string
  /** Which one, where there are several. */
  at?: string
  /** Code of the error behind it. */
  cause?: string
}

/**
 * `valid`: no check refuted it and none was unavailable (what is attested is still the issuer's word: read the checks).
 * `invalid`: at least one refuted it. `insufficient`: none did, but something that would settle it is not here.
 */
export type Result = 'valid' | 'invalid' | 'insufficient'

export type Verification = {
  result: Result
  checks: readonly Check[]
  /** SHA-256 of what was signed. Absent where there was no token to read. */
  id?: string
  /** Present only when the issuer's signature is proven: nothing else has said anything. */
  statement?: Statement
}

/** Who is believed. Never read from a receipt. */
export type Trust = { issuers: readonly { iss: string; keys: readonly PublicJwk[] }[] }

/**
 * What a reader of the chain brings; `null` is "the chain does not have it", absent is "could not look". Collect it from a
 * node that the verifier trusts, and not from the issuer's.
 */
export type ChainFacts = {
  chainId: number
  /** Canonical hash by block number (decimal). */
  blocks?: Readonly<Record<string, Hex | null>>
  /** State by number (decimal) of the block it was read at. */
  states?: Readonly<Record<string, State>>
  transactions?: Readonly<Record<Hex, { transaction: TransactionEvidence; receipt: ReceiptEvidence } | null>>
  /** Number of the newest block. */
  head?: bigint
  codes?: Readonly<Record<Address, AccountCode>>
  /** By delegation hash: did the delegator's contract accept the signature (ERC-1271)? */
  contractSignatures?: Readonly<Record<Hex, boolean>>
}

export type VerifyOptions = {
  trust: Trust | LoadedTrust
  /** Deployments that the verifier knows, one a chain. Without the receipt's nothing can be evaluated again. */
  environment?: Environment | readonly Environment[]
  facts?: ChainFacts
  /** The receipt before this one, verified by the caller. */
  previous?: { id: string; statement: Statement }
  /** For many receipts of the same grants: `createMemory()`. */
  memory?: Memory
}
