import type { Address, Hex } from '../primitives/hex.ts'

/** A transaction as a node gives it, read strictly. Lower case. */
export type TransactionEvidence = {
  hash: Hex
  from: Address
  /** `null` creates a contract. */
  to: Address | null
  input: Hex
  nonce: bigint
  value: bigint
  blockHash: Hex
  blockNumber: bigint
}

export type ReceiptEvidence = {
  transactionHash: Hex
  from: Address
  to: Address | null
  blockHash: Hex
  blockNumber: bigint
  status: 'success' | 'reverted'
  gasUsed: bigint
  logs: readonly LogEvidence[]
}

export type LogEvidence = {
  address: Address
  topics: readonly Hex[]
  data: Hex
  logIndex: number
}
