import { MAX_UINT256 } from '../../primitives/bounds.ts'
import type { Address } from '../../primitives/hex.ts'
import type { Permission, PermissionRule } from '../types.ts'
import type { Amount, Asset } from './words.ts'

/** The most that can leave the principal's account, if the agent turns hostile. */
export type Exposure = {
  /** `null`: nothing of value moves. */
  asset: Asset | null
  /** In each period of so many seconds; of a stream in a day; `null`: there are no periods. */
  perPeriod: { amount: Amount; seconds: number } | null
  /** From `now` to expiry, or for life where there is none. What was spent before is not taken off. `unknown`: not read. */
  untilExpiry: Amount | 'unknown'
}

export type Members = {
  startTime?: number
  tokenAddress?: Address
  initialAmount?: bigint
  maxAmount?: bigint
  amountPerSecond?: bigint
  periodAmount?: bigint
  periodDuration?: number
  allowanceAmount?: bigint
}

/** All members that one of the types has. */
export function membersOf({ data }: Permission): Members {
  return data as Members
}

export function expiryOf(rules: readonly PermissionRule[]): number | null {
  return rules.find((rule) => rule.type === 'expiry')?.data.timestamp ?? null
}

export function addressesOf(rules: readonly PermissionRule[], type: 'redeemer' | 'payee'): readonly Address[] {
  return rules.flatMap((rule) => (rule.type === type ? rule.data.addresses : []))
}

const DAY = 86_400

/**
 * One function for every place that says what can be lost.
 *
 * @param now - Unix seconds.
 */
export function exposureOf(permission: Permission | null, rules: readonly PermissionRule[], now: number): Exposure {
  if (permission === null) return { asset: null, perPeriod: null, untilExpiry: 'unknown' }
  const { tokenAddress: asset = 'native', startTime = now, ...members } = membersOf(permission)
  const { initialAmount = 0n, maxAmount = MAX_UINT256, amountPerSecond } = members
  const { periodAmount, periodDuration: seconds = 0, allowanceAmount } = members
  const expiry = expiryOf(rules)
  const from = Math.max(now, startTime)
  // The last second in which it holds: expiry is exclusive.
  const last = expiry === null ? Number.POSITIVE_INFINITY : expiry - 1
  const over = last < from
  if (allowanceAmount !== undefined) {
    return { asset, perPeriod: null, untilExpiry: over ? 0n : bounded(allowanceAmount) }
  }
  if (amountPerSecond !== undefined) {
    const whole =
      last === Number.POSITIVE_INFINITY
        ? MAX_UINT256
        : initialAmount + amountPerSecond * BigInt(Math.max(0, last - startTime))
    const amount = bounded(amountPerSecond * BigInt(DAY))
    return {
      asset,
      perPeriod: { amount, seconds: DAY },
      untilExpiry: over ? 0n : bounded(whole < maxAmount ? whole : maxAmount),
    }
  }
  if (periodAmount !== undefined) {
    const nth = (at: number) => Math.floor((at - startTime) / seconds)
    const whole =
      last === Number.POSITIVE_INFINITY ? MAX_UINT256 : periodAmount * BigInt(over ? 0 : nth(last) - nth(from) + 1)
    return { asset, perPeriod: { amount: bounded(periodAmount), seconds }, untilExpiry: bounded(whole) }
  }
  return { asset: null, perPeriod: null, untilExpiry: 0n }
}

function bounded(amount: bigint): Amount {
  return amount >= MAX_UINT256 ? 'unlimited' : amount
}
