import type { Address, Hex } from '../primitives/hex.ts'

/**
 * ERC-7715 (text of January 2026) as a page works with it: chain ids and times as numbers, amounts as bigint. `wire.ts`
 * turns it into what goes to a wallet, and back. Addresses are lower case.
 *
 * The standard defines the envelope and the rule `expiry`; the types of permissions and the rules `redeemer` and `payee` are
 * those of the one wallet that has them.
 */
export type Permission = { isAdjustmentAllowed: boolean } & (
  | { type: 'native-token-stream'; data: Stream }
  | { type: 'native-token-periodic'; data: Periodic }
  | { type: 'native-token-allowance'; data: Allowance }
  | { type: 'erc20-token-stream'; data: Token & Stream }
  | { type: 'erc20-token-periodic'; data: Token & Periodic }
  | { type: 'erc20-token-allowance'; data: Token & Allowance }
  | { type: 'token-approval-revocation'; data: ApprovalRevocation }
  /** Retired: old grants are read, nobody asks for it any more. Any ERC-20 approval may be set to zero. */
  | { type: 'erc20-token-revocation'; data: { justification?: string } }
)
export type PermissionType = Permission['type']

type Common = {
  /** Unix seconds, inclusive. Absent: when the wallet grants it. */
  startTime?: number
  /** What the page says the permission is for. The wallet shows it; it binds nobody. */
  justification?: string
}
type Token = { tokenAddress: Address }
/** Base units. */
export type Stream = Common & { initialAmount?: bigint; maxAmount?: bigint; amountPerSecond: bigint }
/** Base units in each period of so many seconds. */
export type Periodic = Common & { periodAmount: bigint; periodDuration: number }
/** Base units in all. */
export type Allowance = Common & { allowanceAmount: bigint }
/** Ways to take an approval back that are allowed. */
export type ApprovalRevocation = { justification?: string } & Record<
  | 'erc20Approve'
  | 'erc721Approve'
  | 'erc721SetApprovalForAll'
  | 'permit2Approve'
  | 'permit2Lockdown'
  | 'permit2InvalidateNonces',
  boolean
>

export type PermissionRule =
  /** Unix seconds, exclusive. */
  | { type: 'expiry'; data: { timestamp: number } }
  | { type: 'redeemer' | 'payee'; data: { addresses: readonly Address[] } }

export type PermissionRequest = {
  chainId: number
  /** The principal. Absent: the account that the person chooses in the wallet. */
  from?: Address
  /** The delegate. */
  to: Address
  permission: Permission
  rules: readonly PermissionRule[]
}

/** What a wallet answers to one request. Nothing in it is believed before it was compared and verified. */
export type PermissionResponse = PermissionRequest & {
  /** ABI-encoded delegations, leaf first. */
  context: Hex
  /** What deploys the principal's account where it has no code yet. */
  dependencies: readonly { factory: Address; factoryData: Hex }[]
  delegationManager: Address
}

/** What a wallet says it can grant: rules and chains by type of permission. Types that we do not know are kept. */
export type SupportedPermissions = Readonly<
  Record<string, { chainIds: readonly number[]; ruleTypes: readonly string[] }>
>
