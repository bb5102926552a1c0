// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title ICaveatEnforcer
/// @notice The hooks by which a DelegationManager 1.3.0 asks an enforcer.
interface ICaveatEnforcer {
    function beforeAllHook(bytes calldata terms, bytes calldata args, bytes32 mode, bytes calldata execution, bytes32 delegationHash, address delegator, address redeemer) external;
    function beforeHook(bytes calldata terms, bytes calldata args, bytes32 mode, bytes calldata execution, bytes32 delegationHash, address delegator, address redeemer) external;
    function afterHook(bytes calldata terms, bytes calldata args, bytes32 mode, bytes calldata execution, bytes32 delegationHash, address delegator, address redeemer) external;
    function afterAllHook(bytes calldata terms, bytes calldata args, bytes32 mode, bytes calldata execution, bytes32 delegationHash, address delegator, address redeemer) external;
}
