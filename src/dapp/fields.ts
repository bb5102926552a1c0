import type { PermissionType } from './types.ts'

/**
 * How a member goes over the wire: `amount` base units in hexadecimal, more than zero; `amount0` zero too; `seconds` a number;
 * with `?` it may be absent or null.
 */
export type Form = 'amount' | 'amount0?' | 'amount?' | 'seconds' | 'seconds?' | 'address' | 'text?' | 'flag'

const common = { startTime: 'seconds?', justification: 'text?' } as const
const token = { tokenAddress: 'address' } as const
const stream = { initialAmount: 'amount0?', maxAmount: 'amount?', amountPerSecond: 'amount', ...common } as const
const periodic = { periodAmount: 'amount', periodDuration: 'seconds', ...common } as const
const allowance = { allowanceAmount: 'amount', ...common } as const

/** Members of a permission's `data`, by its type. */
export const FIELDS: Readonly<Record<PermissionType, Readonly<Record<string, Form>>>> = {
  'native-token-stream': stream,
  'native-token-periodic': periodic,
  'native-token-allowance': allowance,
  'erc20-token-stream': { ...token, ...stream },
  'erc20-token-periodic': { ...token, ...periodic },
  'erc20-token-allowance': { ...token, ...allowance },
  'token-approval-revocation': {
    erc20Approve: 'flag',
    erc721Approve: 'flag',
    erc721SetApprovalForAll: 'flag',
    permit2Approve: 'flag',
    permit2Lockdown: 'flag',
    permit2InvalidateNonces: 'flag',
    justification: 'text?',
  },
  'erc20-token-revocation': { justification: 'text?' },
}

/** Read where a wallet lists it, never asked for: its successor is `token-approval-revocation`. */
export const RETIRED_TYPE: PermissionType = 'erc20-token-revocation'

export function isPermissionType(type: string): type is PermissionType {
  return Object.hasOwn(FIELDS, type)
}

/** Longest reason for a permission, characters. */
export const MAX_TEXT = 500
/** Addresses of one rule. */
export const MAX_ADDRESSES = 256
