import { encodeCaveat } from '../../src/caveats/caveat.ts'
import type { KnownCaveat } from '../../src/caveats/codec.ts'
import type { Caveat } from '../../src/caveats/types.ts'
import type { Draft } from '../../src/compile/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { baseEnvironment } from './environment.ts'
import { AGENT, PAYEES, PRINCIPAL, TARGET, USDC } from './scope.ts'

/** Drafts by hand, for tests of what judges delegations whoever made them. */

export const environment = await baseEnvironment()

export const times = { kind: 'timestamp', after: 0n, before: 2_000_000_000n } as const
export const nonce: KnownCaveat = { kind: 'nonce', nonce: 0n }
export const noValue: KnownCaveat = { kind: 'valueLte', max: 0n }
export const spend = { kind: 'erc20TransferAmount', token: USDC, limit: 5n } as const
export const once: KnownCaveat = { kind: 'limitedCalls', limit: 1n }
export const empty: KnownCaveat = { kind: 'exactCalldata', data: '0x' }
export const native: KnownCaveat = { kind: 'nativeTransferAmount', limit: 5n }
export const redeemer: KnownCaveat = { kind: 'redeemer', redeemers: [AGENT] }
export const targets = (...list: Address[]): KnownCaveat => ({ kind: 'allowedTargets', targets: list })
export const methods = (...list: Hex[]): KnownCaveat => ({ kind: 'allowedMethods', selectors: list })
export const pin = (start: bigint, value: Hex): KnownCaveat => ({ kind: 'allowedCalldata', start, value })
export const word = (hex: string): Hex => `0x${hex.slice(2).padStart(64, '0')}`

export function draft(caveats: readonly (KnownCaveat | Caveat)[], more: Partial<Draft> = {}): Draft {
  const encoded = caveats.map((caveat) => ('enforcer' in caveat ? caveat : encodeCaveat(environment, caveat)))
  return { delegate: AGENT, delegator: PRINCIPAL, parent: null, salt: `0x${'5'.repeat(64)}`, caveats: encoded, ...more }
}

export const bound = [times, nonce]
export const safe: readonly KnownCaveat[] = [...bound, spend, noValue]
export const call: readonly KnownCaveat[] = [...bound, targets(TARGET), methods('0x12345678'), noValue]
export const other: Partial<Draft> = { salt: `0x${'6'.repeat(64)}` }
export const child = (caveats: readonly KnownCaveat[]) => draft(caveats, { parent: 0, delegator: AGENT, ...other })
export const balance = (token: Address, recipient: Address): KnownCaveat => ({
  kind: 'erc20BalanceChange',
  direction: 'decrease',
  token,
  recipient,
  amount: 1n,
})
export const specific: KnownCaveat = {
  kind: 'specificActionBatch',
  token: USDC,
  recipient: PAYEES[0],
  amount: 5n,
  first: { target: TARGET, value: 0n, data: '0x12345678' },
}
export const period = (amount: bigint): KnownCaveat => ({
  kind: 'erc20PeriodTransfer',
  token: USDC,
  amount,
  duration: 9n,
  start: 1n,
})
