// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Executions} from "./Executions.sol";
import {BUDGETS, CALLS, CONFIRM, FIRST, MEASURED_AT, RECORD} from "./Judgement.sol";
import {SpendCounter} from "./SpendCounter.sol";
import {TaskScopeEnforcer} from "./TaskScopeEnforcer.sol";
import {TaskScopeRequests} from "./TaskScopeRequests.sol";
import {WITH_KEY, budgetsAt} from "./TaskScopeTerms.sol";
import {TermsInfo, TermsInfoLib} from "./TermsInfo.sol";
import {allocate, memoryAt, placeOf, wordAt} from "./Words.sol";

/// @title TaskScopeReader
/// @notice Answers questions about terms and delegations of one enforcer, with the enforcer's own code and storage. Changes nothing.
contract TaskScopeReader is TaskScopeRequests {
    using SpendCounter for uint256;

    TaskScopeEnforcer public immutable enforcer;

    /// @notice What of a budget counts now, base units; what is left of its cap.
    struct Left {
        uint256 spent;
        uint256 left;
    }

    /// @notice What a redemption would do. That it would be refused is the revert, with the enforcer's own error.
    struct Preview {
        /// The rule of each execution; the three executions of an allowance have the same.
        uint8[] rules;
        /// Of every budget, after the redemption, without what is measured.
        Left[] budgets;
        /// Calls counted in this window with this redemption; zero where they are not counted.
        uint256 calls;
        bool needsRequest;
        bool needsConfirmation;
        /// Whether a balance decides as well, after the execution.
        bool measured;
    }

    constructor(TaskScopeEnforcer enforcer_, address manager_) Executions(manager_, address(enforcer_)) {
        enforcer = enforcer_;
    }

    /// @notice The terms, decoded. Refuses all that are not canonical.
    function getTermsInfo(bytes calldata terms) external pure returns (TermsInfo memory) {
        return TermsInfoLib.read(terms);
    }

    /// @notice Whether the enforcer would pass an execution now: reverts as it would.
    /// @param args Empty: what needs a signature is said, not refused.
    function preview(
        bytes calldata terms,
        bytes calldata args,
        bytes32 mode,
        bytes calldata execution,
        bytes32 delegationHash,
        address delegator,
        address redeemer
    ) external view returns (Preview memory result) {
        // What was allocated before the judgement is below its place.
        unchecked {
            allocate(_place() - memoryAt(64));
        }
        _judge();
        TermsInfoLib.read(terms);
        result.rules = _rules();
        result.calls = _get(CALLS);
        result.needsRequest = uint8(terms[1]) & WITH_KEY != 0;
        result.needsConfirmation = _get(CONFIRM) != 0;
        result.measured = _get(MEASURED_AT) != 0;
        result.budgets = _budgets();
        if (args.length != 0 && (result.needsRequest || result.needsConfirmation)) {
            (uint256 number, address signer) = _checkRequest(terms, args, mode, execution, delegationHash, result.needsConfirmation);
            if (isRequestUsed(delegationHash, signer, number)) revert RequestUsed(delegationHash, number);
        }
    }

    /// @notice What is left now of every budget and of the calls.
    /// @return budgets In the order of the terms.
    /// @return calls Left in this window; the largest number where they are not counted.
    function left(bytes calldata terms, bytes32 delegationHash) external view returns (Left[] memory budgets, uint256 calls) {
        TermsInfo memory info = TermsInfoLib.read(terms);
        uint256 p = budgetsAt(wordAt(placeOf(terms)), placeOf(terms));
        budgets = new Left[](info.budgets.length);
        for (uint256 b; b < budgets.length; ++b) {
            uint256 budget = wordAt(p + 20 * b);
            (, uint256 used) = _load(uint256(delegationHash) + b).read(_isRolling(budget), _period(budget), info.notBefore);
            used <<= _shift(budget);
            // More than the cap only where other terms counted here.
            budgets[b] = Left(used, used < _cap(budget) ? _cap(budget) - used : 0);
        }
        calls = type(uint256).max;
        if (info.mostCalls != 0) {
            uint256 used = _callsUsed(_load(uint256(delegationHash)), info.callsPeriod, info.notBefore);
            calls = used < info.mostCalls ? info.mostCalls - used : 0;
        }
    }

    /// @notice What the request key and the confirmer sign: EIP-712, domain `TaskScopeEnforcer` 1 on this chain and the enforcer.
    function requestDigest(bytes32 delegationHash, bytes32 mode, bytes calldata execution, uint64 number, uint40 deadline)
        external
        view
        returns (bytes32)
    {
        return _requestDigest(delegationHash, mode, execution, number, deadline);
    }

    /// @notice Whether a request number of this delegation was redeemed, or burned by `key`.
    function isRequestUsed(bytes32 delegationHash, address key, uint256 number) public view returns (bool) {
        return (_load(_numberSlot(delegationHash, key, number)) >> (number & 0xff)) & 1 != 0;
    }

    function isGroupEnded(address delegator, bytes8 group, address guardian) external view returns (bool) {
        return _load(_groupSlot(uint160(delegator), uint256(uint64(group)) << 160 | uint160(guardian))) != 0;
    }

    /// @dev Above what a preview allocates before it judges.
    function _place() internal pure override returns (uint256) {
        return 0x1000;
    }

    function _rules() private pure returns (uint8[] memory rules) {
        (uint256 first, uint256 record) = (_get(FIRST), _get(RECORD));
        rules = new uint8[]((first >> 240) & 0xff);
        for (uint256 i; i < rules.length; ++i) rules[i] = uint8(record == 0 ? first >> 248 : memoryAt(record + 32 + i) >> 248);
    }

    function _budgets() private view returns (Left[] memory budgets) {
        budgets = new Left[](_get(BUDGETS));
        for (uint256 b; b < budgets.length; ++b) budgets[b] = _left(_report(_counter(b)));
    }

    function _left(uint256 report) private pure returns (Left memory) {
        return Left(report >> 112, report & (2 ** 112 - 1));
    }

    function _load(uint256 slot) internal view override returns (uint256) {
        return enforcer.load(slot);
    }
}
