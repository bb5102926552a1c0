import { z } from 'zod'
import type { Address, Hex } from '../primitives/hex.ts'
import { AddressText } from './forms.ts'
import { LAST_EXPIRY } from './periods.ts'

/**
 * Permission requests of ERC-7715 (text of January 2026) that speak of one token, as they go over the wire: chain id and
 * amounts in hexadecimal, times as numbers. The standard defines the envelope and the rule `expiry`; types of permissions and
 * the rules `redeemer` and `payee` are those of the one wallet that has them.
 */
export type PermissionRequest = {
  chainId: Hex
  /** The principal. */
  from: Address
  /** The delegate. */
  to: Address
  permission: { type: PermissionType; isAdjustmentAllowed: boolean; data: PermissionData }
  rules: readonly PermissionRule[]
}

export type PermissionType = `${'native' | 'erc20'}-token-${'periodic' | 'allowance'}`

export type PermissionData = {
  tokenAddress?: Address
  /** Base units in each period. */
  periodAmount?: Hex
  /** Seconds. */
  periodDuration?: number
  /** Base units in all. */
  allowanceAmount?: Hex
  /** Unix seconds, inclusive, where the first period begins. Absent: whenever the wallet grants it. */
  startTime?: number
  /** What the wallet shows as the reason. */
  justification?: string
}

export type PermissionRule =
  /** Unix seconds, exclusive. */
  | { type: 'expiry'; data: { timestamp: number } }
  | { type: 'redeemer' | 'payee'; data: { addresses: readonly Address[] } }

/** Permissions that a wallet may offer and a scope cannot say. */
export const OTHER_PERMISSIONS: Readonly<Record<string, string>> = {
  'native-token-stream': 'a budget that grows by the second',
  'erc20-token-stream': 'a budget that grows by the second',
  'erc20-token-revocation': 'the end of allowances',
  'token-approval-revocation': 'the end of allowances',
}

export const RULE_TYPES = ['expiry', 'redeemer', 'payee'] as const

/** One way to write an amount: no leading zero, lower case, not zero. */
const Amount = z.string().regex(/^0x[1-9a-f][0-9a-f]{0,63}$/)
const Seconds = z.int().min(1).max(Number(LAST_EXPIRY))
const Addresses = z.strictObject({ addresses: z.array(AddressText).min(1).max(256) })

const token = { tokenAddress: AddressText }
const common = { startTime: Seconds.nullish(), justification: z.string().min(1).max(500).nullish() }
const periodic = { periodAmount: Amount, periodDuration: Seconds, ...common }
const allowance = { allowanceAmount: Amount, ...common }

function permission<const type extends PermissionType, shape extends z.ZodRawShape>(type: type, shape: shape) {
  return z.strictObject({ type: z.literal(type), isAdjustmentAllowed: z.boolean(), data: z.strictObject(shape) })
}

export const Permission = z.discriminatedUnion('type', [
  permission('native-token-periodic', periodic),
  permission('native-token-allowance', allowance),
  permission('erc20-token-periodic', { ...token, ...periodic }),
  permission('erc20-token-allowance', { ...token, ...allowance }),
])

export const PermissionRequestDocument = z.strictObject({
  chainId: z.string().regex(/^0x[1-9a-f][0-9a-f]{0,13}$/),
  from: AddressText.nullish(),
  to: AddressText,
  permission: Permission,
  rules: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('expiry'), data: z.strictObject({ timestamp: Seconds }) }),
        z.strictObject({ type: z.literal('redeemer'), data: Addresses }),
        z.strictObject({ type: z.literal('payee'), data: Addresses }),
      ]),
    )
    .max(RULE_TYPES.length)
    .nullish(),
})
