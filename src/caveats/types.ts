import type { Address, Hex } from '../primitives/hex.ts'

/** One enforcer and its terms, as the chain sees it. `args` is outside the delegation hash: anyone may change it. */
export type Caveat = { enforcer: Address; terms: Hex; args: Hex }

/** Enforcers of Delegation Framework 1.3.0 that Ambit emits or reads, by contract name. */
export type EnforcerName =
  | 'AllowedCalldataEnforcer'
  | 'AllowedMethodsEnforcer'
  | 'AllowedTargetsEnforcer'
  | 'ERC20PeriodTransferEnforcer'
  | 'ERC20TransferAmountEnforcer'
  | 'ExactCalldataEnforcer'
  | 'LimitedCallsEnforcer'
  | 'NativeTokenPeriodTransferEnforcer'
  | 'NativeTokenTransferAmountEnforcer'
  | 'NonceEnforcer'
  | 'RedeemerEnforcer'
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

/**
 * What a caveat means. Decoding is total: what cannot be read is `unknown` with the reason, and an unknown caveat never
 * allows anything. Amounts are base units, times unix seconds.
 */
export type DecodedCaveat =
  | { kind: 'allowedCalldata'; start: bigint; value: Hex }
  | { kind: 'allowedMethods'; selectors: readonly Hex[] }
  | { kind: 'allowedTargets'; targets: readonly Address[] }
  | { kind: 'erc20PeriodTransfer'; token: Address; amount: bigint; duration: bigint; start: bigint }
  | { kind: 'erc20TransferAmount'; token: Address; limit: bigint }
  | { kind: 'exactCalldata'; data: Hex }
  | { kind: 'limitedCalls'; limit: bigint }
  | { kind: 'nativePeriodTransfer'; amount: bigint; duration: bigint; start: bigint }
  | { kind: 'nativeTransferAmount'; limit: bigint }
  | { kind: 'nonce'; nonce: bigint }
  | { kind: 'redeemer'; redeemers: readonly Address[] }
  /** Valid while `after < now < before`; 0 is no bound on that side. */
  | { kind: 'timestamp'; after: bigint; before: bigint }
  | { kind: 'valueLte'; max: bigint }
  | { kind: 'unknown'; enforcer: Address; terms: Hex; reason: 'unknown_enforcer' | 'malformed_terms' }

export type CaveatKind = DecodedCaveat['kind']
