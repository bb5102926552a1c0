import type { ReasonCode } from '../../src/verdict/types.ts'

/**
 * Which reasons a revert of the framework can mean: read off the contracts, not off our evaluator. Where two are listed,
 * which of them is right depends on what the call is (a target of a payment is a recipient).
 */
export const REVERTS: Readonly<Record<string, readonly ReasonCode[]>> = {
  'CaveatEnforcer:invalid-call-type': ['batch_not_allowed'],
  'AllowedCalldataEnforcer:invalid-calldata-length': ['calldata_not_allowed'],
  'AllowedCalldataEnforcer:invalid-calldata': ['argument_not_allowed', 'recipient_not_allowed'],
  'AllowedMethodsEnforcer:invalid-execution-data-length': ['method_not_allowed'],
  'AllowedMethodsEnforcer:method-not-allowed': ['method_not_allowed'],
  'AllowedTargetsEnforcer:target-address-not-allowed': ['target_not_allowed', 'recipient_not_allowed'],
  'ERC20PeriodTransferEnforcer:invalid-execution-length': ['calldata_not_allowed'],
  'ERC20PeriodTransferEnforcer:invalid-contract': ['target_not_allowed'],
  'ERC20PeriodTransferEnforcer:invalid-method': ['method_not_allowed'],
  'ERC20PeriodTransferEnforcer:transfer-not-started': ['period_not_started'],
  'ERC20PeriodTransferEnforcer:transfer-amount-exceeded': ['period_budget_exceeded'],
  'ERC20TransferAmountEnforcer:invalid-execution-length': ['calldata_not_allowed'],
  'ERC20TransferAmountEnforcer:invalid-contract': ['target_not_allowed'],
  'ERC20TransferAmountEnforcer:invalid-method': ['method_not_allowed'],
  'ERC20TransferAmountEnforcer:allowance-exceeded': ['budget_exceeded'],
  'ExactCalldataEnforcer:invalid-calldata': ['calldata_not_allowed'],
  'LimitedCallsEnforcer:limit-exceeded': ['calls_exceeded'],
  'NativeTokenPeriodTransferEnforcer:transfer-not-started': ['period_not_started'],
  'NativeTokenPeriodTransferEnforcer:transfer-amount-exceeded': ['period_budget_exceeded'],
  'NativeTokenTransferAmountEnforcer:allowance-exceeded': ['budget_exceeded'],
  'NonceEnforcer:invalid-nonce': ['group_revoked'],
  'RedeemerEnforcer:unauthorized-redeemer': ['redeemer_not_allowed'],
  'TimestampEnforcer:early-delegation': ['not_yet_valid'],
  'TimestampEnforcer:expired-delegation': ['expired'],
  'ValueLteEnforcer:value-too-high': ['value_not_allowed', 'action_maximum_exceeded'],
  // Overflow of a counter's addition, or of a pin's start and length.
  'panic:17': ['budget_exceeded', 'calls_exceeded', 'caveat_unsatisfiable'],
  // Division by a stored period of no length.
  'panic:18': ['caveat_unsatisfiable'],
}

/** Errors of the manager itself, which name neither hop nor hash. */
export const MANAGER_ERRORS: Readonly<Record<string, ReasonCode>> = {
  /** EnforcedPause() */
  '0xd93c0665': 'paused',
  /** InvalidDelegate() */
  '0xb5863604': 'redeemer_not_allowed',
  /** CannotUseADisabledDelegation() */
  '0x05baa052': 'revoked',
}
