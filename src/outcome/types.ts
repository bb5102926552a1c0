import type { Address, Hex } from '../primitives/hex.ts'
import type { Counted } from './counted.ts'

/** A movement of value seen on chain, from a log or from the call itself. Base units. */
export type Effect = {
  asset: Address | 'native'
  from: Address
  to: Address
  amount: bigint
  /** Position of the log in the transaction's receipt; absent for native value. */
  log?: number
}

export type Inclusion = {
  transactionHash: Hex
  blockNumber: bigint
  blockHash: Hex /** Depth reached the policy. */
  final: boolean
}

/** What the chain says of one redemption. Every variant says which question is settled. */
export type Outcome =
  /** Included, the manager ran our very calldata, every link reported, and the effects that the action asked for were seen. */
  | ({
      status: 'executed'
      effects: readonly Effect[]
      gasUsed: bigint
      /** What the enforcers of whole scopes counted, leaf first; absent where none took part. */
      counted?: readonly Counted[]
    } & Inclusion)
  /** Included and failed: nothing moved, nothing was counted. A mined revert does not say why; `reason` is from a re-run. */
  | ({ status: 'reverted'; gasUsed: bigint; reason?: string } & Inclusion)
  /** Included and succeeded, but what the action asked for was not seen: no claim is made. */
  | ({ status: 'ineffective'; missing: string; effects: readonly Effect[]; gasUsed: bigint } & Inclusion)
  /** Sent, not seen in a block: may still land. Never send again without looking. */
  | { status: 'pending'; transactionHash: Hex }
  /** Its nonce was used by another transaction: it can never land. */
  | { status: 'replaced'; transactionHash: Hex; by: Hex | null }
  /**
   * It never ran and never can: at this final block its signed request was out of date with its number unused, or the number
   * was used up without an action. `transactionHash`: of the last bytes that were signed for it, if any were.
   */
  | {
      status: 'not_executed'
      because: 'request_expired' | 'request_burned'
      transactionHash: Hex | null
      blockNumber: bigint
      blockHash: Hex
    }
  /** The chain could not be asked. Never terminal. */
  | { status: 'unknown'; transactionHash: Hex | null; doubt: string }
