import type { Address, Hex } from '../primitives/hex.ts'
import type { Source } from './forms.ts'

/**
 * The normal form of a scope: what `parse` returns, what is hashed, stored and compiled. Plain values only (sources are
 * in `provenance`), addresses in lower case, absent members absent. `parse(normal form)` is the same normal form.
 */
export type Scope = {
  version: 1
  task: { id: string; purpose: string }
  chainId: number
  principal: Address
  delegate: Address
  request?: { key: Address; redeemers: readonly Address[] | 'anyone' }
  /** An action passes if one rule admits it; inside a rule all must hold. Never empty. */
  rules: readonly Rule[]
  budgets: Readonly<Record<string, Budget>>
  calls?: { max: number; per?: string; window?: Window }
  /** Inclusive instant, UTC. */
  notBefore?: string
  /** Exclusive instant, UTC. */
  expiry: string
  redelegation: { maxDepth: number }
  revocation: { group: string; guardian?: Address; maxLatencySeconds: number }
  /** A call that charges a budget more than its threshold, in units of the budget, waits for the confirmer. */
  escalation?: {
    above: Readonly<Record<string, string>>
    confirmer: Address | 'principal'
    timeout: string
    onTimeout: 'deny'
  }
  evidence: { receipts: readonly ReceiptKind[]; retain: string }
  /** Symbol and decimals of every ERC-20 named above. The native coin has 18 and is not listed. */
  assets: Readonly<Record<Address, AssetInfo>>
  /** JSON pointer into this object → source. Never `agent`. */
  provenance: Readonly<Record<string, Exclude<Source, 'agent'>>>
}

/**
 * How a period is counted. `rolling`: in no interval of that length more than the limit. `fixed`: windows of that length
 * follow one another, from `notBefore` on, and where a scope has none from unix time 0 (so a day is a UTC day); twice the
 * limit can go within seconds around the boundary of two windows.
 */
export type Window = 'fixed' | 'rolling'
export type ReceiptKind = 'grant' | 'ticket' | 'decision' | 'outcome' | 'escalation' | 'revocation'
export type Asset = Address | 'native'
export type AssetInfo = { symbol: string; decimals: number }

export type Rule = TransferRule | CallRule

export type TransferRule = {
  id: string
  class: 'transfer'
  asset: Asset
  to: readonly Address[] | 'anyone'
  /** Display units. */
  max?: string
  budget?: string
}

export type CallRule = {
  id: string
  class: 'call'
  target: Address
  function: string
  args: Readonly<Record<string, Condition>>
  allowance?: { asset: Address; amount: string }
  spends: readonly Spend[]
  /** Wei. */
  value: { lte: string }
  acknowledge: readonly string[]
}

/** What a call moves, in the budget that counts it: what an argument declares, or what the principal turns out to have lost. */
export type Spend = { asset: Asset; budget: string } & (
  | { amount: string; measured?: never }
  | { measured: true; amount?: never }
)

export type AbiValue = string | boolean

export type Condition =
  | { eq: AbiValue }
  | { neq: AbiValue }
  | { lte: string }
  | { gte: string }
  | { in: readonly AbiValue[] }
  | { mask: string; equals: string }
  | { length: { lte: string } }
  | { hash: Hex }

export type Budget = {
  assets: Readonly<Record<Asset, string>>
  /** Budget units: display units of an asset times its weight. */
  max: string
  per?: string
  /** Present exactly when `per` is. */
  window?: Window
}
