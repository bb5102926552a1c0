// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title TaskScopeRefusals
/// @notice Every way in which a redemption is refused, with what it takes to explain it.
/// @dev The first argument is always the hash of the delegation that refuses: links of a chain may have equal terms. It is read
/// from the call's own data only when something is refused, which costs who passes nothing.
abstract contract TaskScopeRefusals {
    enum Reason {
        NoRule,
        Value,
        Condition,
        Allowance,
        Budget
    }

    /// @notice Not to be called by anyone but the manager.
    error NotManager(bytes32 delegation, address caller);

    // --- Terms ---

    /// @notice Another version, or a flag that this one does not know.
    error UnknownVersion(bytes32 delegation, uint256 version, uint256 flags);
    /// @notice Terms that the reader would not take either.
    error MalformedTerms(bytes32 delegation);

    // --- Whatever is executed ---

    error TooEarly(bytes32 delegation, uint256 notBefore, uint256 time);
    error Expired(bytes32 delegation, uint256 expiry, uint256 time);
    error GroupEnded(bytes32 delegation, address delegator, bytes8 group, address guardian);
    error RedeemerNotAllowed(bytes32 delegation, address redeemer);
    /// @notice Neither single nor batch in default mode, or batch where the terms allow single only.
    error UnsupportedMode(bytes32 delegation, bytes32 mode);

    // --- What is executed ---

    /// @notice Not the one encoding that the mode has for executions.
    error MalformedExecution(bytes32 delegation);
    error TooManyExecutions(bytes32 delegation, uint256 limit, uint256 requested);
    /// @notice The manager, the delegator and the enforcer are no targets, whatever the terms say.
    /// @param item Number of the execution in the batch.
    error ForbiddenTarget(bytes32 delegation, uint256 item, address target);
    /// @param item Number of the execution in the batch.
    /// @param rule The first rule for this target, selector and length; 255 where there is none.
    /// @param index Of the condition, of the budget, or of the three executions of an allowance.
    /// @param limit Operand of the condition, most native value, or cap in base units.
    /// @param used Of the budget, base units; zero for others.
    /// @param requested Word that the condition looked at, native value, or charge in base units; with `NoRule` the target.
    error NotAdmitted(
        bytes32 delegation,
        uint256 item,
        uint256 rule,
        Reason reason,
        uint256 index,
        uint256 limit,
        uint256 used,
        uint256 requested
    );
    /// @param used Calls counted in this window.
    error CallsExceeded(bytes32 delegation, uint256 limit, uint256 used, uint256 requested);
    /// @notice A measured rule does not share a redemption with any other action.
    error MeasuredAlone(bytes32 delegation);
    /// @notice A measured redemption of this delegation is under way.
    error Reentered(bytes32 delegation);

    // --- Who asks ---

    /// @notice A request is missing, cut short or too long.
    /// @param signer Whose signature is asked for: the request key's, or the confirmer's where the terms name no key.
    error MalformedArgs(bytes32 delegation, address signer);
    /// @param deadline Unix seconds, inclusive.
    error RequestExpired(bytes32 delegation, uint256 deadline, uint256 time);
    /// @notice Redeemed before, or burned.
    error RequestUsed(bytes32 delegation, uint256 number);
    /// @notice The request does not carry the signature of the agent's key.
    error NotRequested(bytes32 delegation, address key, bytes32 digest);
    /// @notice A charge is above its threshold, and the request does not carry the confirmer's signature.
    error NotConfirmed(bytes32 delegation, address confirmer, bytes32 digest);
}
