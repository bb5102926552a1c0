import { max } from '../../primitives/integer.ts'
import { spentOf } from '../counters.ts'
import { TRANSFER_SELECTOR } from '../facts.ts'
import { type Finding, finding } from '../finding.ts'
import type { Check, Look } from './check.ts'

/** ERC20TransferAmountEnforcer: a `transfer` of this token, all amounts together up to `limit`, inclusive. */
export const erc20TransferAmount: Check<'erc20TransferAmount'> = ({ token, limit }, look) =>
  tokenShape(token, look) ?? spending(limit, look.facts.tokenAmount ?? 0n, 'token', look)

/** NativeTokenTransferAmountEnforcer: wei, whatever the call data does. */
export const nativeTransferAmount: Check<'nativeTransferAmount'> = ({ limit }, look) =>
  spending(limit, look.facts.value, 'value', look)

/** What both ERC-20 enforcers ask of a call, in their order: length, contract, function. */
export function tokenShape(token: string, { facts }: Look): Finding | null {
  if (facts.size !== 68) return finding('calldata_not_allowed')
  if (facts.to !== token) return finding('target_not_allowed')
  return facts.data.startsWith(TRANSFER_SELECTOR) ? null : finding('method_not_allowed')
}

function spending(limit: bigint, amount: bigint, measured: 'token' | 'value', look: Look): Finding | null {
  const spent = spentOf(look.caveat, look.state)
  if (spent === null) return finding('state_missing')
  const used = spent + amount * BigInt(look.caveat.earlier)
  // The contract's addition panics above 2^256 - 1, which no limit exceeds: the same refusal.
  if (used + amount <= limit) return null
  const remaining = max(limit - used, 0n)
  return finding('budget_exceeded', { limit, used, requested: amount, remaining, measured })
}
