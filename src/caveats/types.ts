import type { Address, Hex } from '../primitives/hex.ts'
import type { TaskScopeTerms } from './taskScope/types.ts'

/** One enforcer and its terms, as the chain sees it. `args` is outside the delegation hash: anyone may change it. */
export type Caveat = { enforcer: Address; terms: Hex; args: Hex }

/** Every enforcer that Ambit reads, by contract name: all that Delegation Framework 1.3.0 deploys, and its own. */
export type EnforcerName =
  | 'AllowedCalldataEnforcer'
  | 'AllowedMethodsEnforcer'
  | 'AllowedTargetsEnforcer'
  | 'ApprovalRevocationEnforcer'
  | 'ArgsEqualityCheckEnforcer'
  | 'BlockNumberEnforcer'
  | 'DeployedEnforcer'
  | 'ERC1155BalanceChangeEnforcer'
  | 'ERC20BalanceChangeEnforcer'
  | 'ERC20PeriodTransferEnforcer'
  | 'ERC20StreamingEnforcer'
  | 'ERC20TransferAmountEnforcer'
  | 'ERC721BalanceChangeEnforcer'
  | 'ERC721TransferEnforcer'
  | 'ExactCalldataBatchEnforcer'
  | 'ExactCalldataEnforcer'
  | 'ExactExecutionBatchEnforcer'
  | 'ExactExecutionEnforcer'
  | 'IdEnforcer'
  | 'LimitedCallsEnforcer'
  | 'LogicalOrWrapperEnforcer'
  | 'MultiTokenPeriodEnforcer'
  | 'NativeBalanceChangeEnforcer'
  | 'NativeTokenPaymentEnforcer'
  | 'NativeTokenPeriodTransferEnforcer'
  | 'NativeTokenStreamingEnforcer'
  | 'NativeTokenTransferAmountEnforcer'
  | 'NonceEnforcer'
  | 'OwnershipTransferEnforcer'
  | 'RedeemerEnforcer'
  | 'SpecificActionERC20TransferBatchEnforcer'
  | 'TaskScopeEnforcer'
  | 'TimestampEnforcer'
  | 'ValueLteEnforcer'

/** Addresses of one deployment of the framework on one chain. All lower case. */
export type Environment = {
  chainId: number
  framework: '1.3.0'
  manager: Address
  entryPoint: Address
  simpleFactory: Address
  implementations: { hybrid: Address; multiSig: Address; stateless7702: Address }
  /** Every enforcer deployed, also those Ambit does not read: none of them may be a target. */
  enforcers: Readonly<Record<string, Address>>
}

/** One call, as terms write it. `value` in wei. */
export type Execution = { target: Address; value: bigint; data: Hex }

/** Whether a balance may fall by at most an amount, or must rise by at least it. */
export type BalanceDirection = 'decrease' | 'increase'

/** A way to take an approval back, in the order of the contract's flags. */
export type RevocationMethod =
  | 'erc20Approve'
  | 'erc721Approve'
  | 'setApprovalForAll'
  | 'permit2Approve'
  | 'permit2Lockdown'
  | 'permit2InvalidateNonces'

/** One allowance of a multi-token period; the zero address is the native coin. */
export type TokenPeriod = { token: Address; amount: bigint; duration: bigint; start: bigint }

/** A caveat inside another one. Its `args` are in the signed terms, but the contract takes them from elsewhere. */
export type InnerCaveat = { meaning: DecodedCaveat; args: Hex }

/**
 * What a caveat means. Decoding is total: what cannot be read is `unknown` with the reason, and an unknown caveat never
 * allows anything. Amounts are base units, times unix seconds.
 */
export type DecodedCaveat =
  | { kind: 'allowedCalldata'; start: bigint; value: Hex }
  | { kind: 'allowedMethods'; selectors: readonly Hex[] }
  | { kind: 'allowedTargets'; targets: readonly Address[] }
  | { kind: 'approvalRevocation'; methods: readonly RevocationMethod[] }
  | { kind: 'argsEqualityCheck'; args: Hex }
  /** Valid while `after < block number < before`; 0 is no bound on that side. */
  | { kind: 'blockNumber'; after: bigint; before: bigint }
  | { kind: 'deployed'; address: Address; salt: Hex; bytecode: Hex }
  | {
      kind: 'erc1155BalanceChange'
      direction: BalanceDirection
      token: Address
      recipient: Address
      tokenId: bigint
      amount: bigint
    }
  | { kind: 'erc20BalanceChange'; direction: BalanceDirection; token: Address; recipient: Address; amount: bigint }
  | { kind: 'erc20PeriodTransfer'; token: Address; amount: bigint; duration: bigint; start: bigint }
  | { kind: 'erc20Streaming'; token: Address; initial: bigint; max: bigint; perSecond: bigint; start: bigint }
  | { kind: 'erc20TransferAmount'; token: Address; limit: bigint }
  | { kind: 'erc721BalanceChange'; direction: BalanceDirection; token: Address; recipient: Address; amount: bigint }
  | { kind: 'erc721Transfer'; token: Address; tokenId: bigint }
  /** Only the calldata of each execution is compared, never its target or value. */
  | { kind: 'exactCalldataBatch'; executions: readonly Execution[] }
  | { kind: 'exactCalldata'; data: Hex }
  | { kind: 'exactExecutionBatch'; executions: readonly Execution[] }
  | { kind: 'exactExecution'; target: Address; value: bigint; data: Hex }
  | { kind: 'id'; id: bigint }
  | { kind: 'limitedCalls'; limit: bigint }
  /** The redeemer picks one group; every caveat of that group must hold. */
  | { kind: 'logicalOr'; groups: readonly (readonly InnerCaveat[])[] }
  | { kind: 'multiTokenPeriod'; periods: readonly TokenPeriod[] }
  | { kind: 'nativeBalanceChange'; direction: BalanceDirection; recipient: Address; amount: bigint }
  | { kind: 'nativePayment'; recipient: Address; amount: bigint }
  | { kind: 'nativePeriodTransfer'; amount: bigint; duration: bigint; start: bigint }
  | { kind: 'nativeStreaming'; initial: bigint; max: bigint; perSecond: bigint; start: bigint }
  | { kind: 'nativeTransferAmount'; limit: bigint }
  | { kind: 'nonce'; nonce: bigint }
  | { kind: 'ownershipTransfer'; target: Address }
  | { kind: 'redeemer'; redeemers: readonly Address[] }
  /** Exactly two calls: `first`, then `transfer(recipient, amount)` of `token`. Once. */
  | { kind: 'specificActionBatch'; token: Address; recipient: Address; amount: bigint; first: Execution }
  /** A whole task scope in one caveat. */
  | ({ kind: 'taskScope' } & TaskScopeTerms)
  /** Valid while `after < now < before`; 0 is no bound on that side. */
  | { kind: 'timestamp'; after: bigint; before: bigint }
  | { kind: 'valueLte'; max: bigint }
  | { kind: 'unknown'; enforcer: Address; terms: Hex; reason: 'unknown_enforcer' | 'malformed_terms' }

export type CaveatKind = DecodedCaveat['kind']
