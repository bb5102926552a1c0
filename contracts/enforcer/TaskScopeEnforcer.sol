// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Executions} from "./Executions.sol";
import {ARGS, EXECUTION, MODE, TERMS, bytesAt, delegation, lengthOf, startOf} from "./HookCall.sol";
import {ICaveatEnforcer} from "./ICaveatEnforcer.sol";
import {BUDGETS, CALLS, CHARGED, CONFIRM, COUNTERS, FIRST, MEASURED_AT, RECORD, SPENT} from "./Judgement.sol";
import {SpendCounter} from "./SpendCounter.sol";
import {TaskScopeRequests} from "./TaskScopeRequests.sol";
import {BY_BALANCE, WITH_KEY, WITH_MEASURED, budgetsAt, weightAt} from "./TaskScopeTerms.sol";
import {byteOf, memoryAt, quotient, wordAt} from "./Words.sol";

/// @title TaskScopeEnforcer
/// @notice Carries a whole task scope in one caveat of a delegation: rules, budgets, calls, times, group, requests, confirmation.
/// @dev The terms are described byte by byte in TaskScopeTerms.sol, the args in TaskScopeRequests.sol; TaskScopeReader answers
/// questions. Holds for terms that the reader takes; others are refused or bind whoever signed them in ways that nobody described.
/// No owner, no upgrade. Calls out only to a confirmer that is a contract and to an asset that is measured, both without state.
/// Not in reach: what a target does with an admitted call; a token that lies about balances; a second caveat of this enforcer in
/// the same delegation, which would share the counters of the first: the compiler never makes one.
contract TaskScopeEnforcer is TaskScopeRequests {
    using SpendCounter for uint256;

    /// @notice Only a delegator or the guardian ends a group.
    error NotYours(address caller);

    /// @notice A redemption passed that needed no signature of a request.
    /// @param action keccak256(mode ‖ execution).
    /// @param first Rule of the first execution (8 bits) ‖ executions (8) ‖ first budget charged (16; 65,535: none) ‖ spent of it
    /// (112) ‖ left of it (112), base units.
    event Redeemed(bytes32 indexed delegationHash, bytes32 action, uint256 first);
    /// @notice A redemption passed that carried a signed request.
    /// @param number Of the request.
    event RequestRedeemed(bytes32 indexed delegationHash, bytes32 action, uint256 first, uint256 number);
    /// @notice What does not fit those: the rule of each execution where they differ; every budget charged where there are several.
    /// @param budgets Number (32 bits) ‖ spent (112) ‖ left (112).
    event RedeemedMore(bytes32 indexed delegationHash, bytes rules, uint256[] budgets);
    /// @notice What a measured rule turned out to have moved, for each budget that it charges so.
    /// @param decrease Base units of the asset that left the account.
    /// @param budget Number (32 bits) ‖ spent (112) ‖ left (112).
    event Measured(bytes32 indexed delegationHash, uint256 rule, uint256 decrease, uint256 budget);
    event GroupClosed(address indexed delegator, bytes8 indexed group, address indexed guardian, address by);
    event RequestBurned(bytes32 indexed delegationHash, address indexed key, uint256 number);

    uint256 private constant NO_BUDGET = 0xffff << 224;
    bytes4 private constant BEFORE_HOOK = ICaveatEnforcer.beforeHook.selector;
    bytes4 private constant AFTER_HOOK = ICaveatEnforcer.afterHook.selector;

    constructor(address manager_) Executions(manager_, address(this)) {}

    /// @dev The four hooks of {ICaveatEnforcer}. Nobody but the manager passes, and it encodes their arguments itself: nothing of
    /// that is checked again. Typed functions check it, for some 800 gas each; every function beside this costs 22 gas a hook.
    /// Payable, because refusing value that the manager never sends costs 16 more.
    fallback() external payable {
        if (msg.sender != manager) revert NotManager(delegation(), msg.sender);
        if (msg.sig == BEFORE_HOOK) _before();
        else if (msg.sig == AFTER_HOOK && byteOf(wordAt(startOf(TERMS)), 1) & WITH_MEASURED != 0) _settle();
    }

    /// @notice Ends every grant of a group, for ever. By the delegator or the guardian whom the terms name.
    function endGroup(address delegator, bytes8 group, address guardian) external {
        if (msg.sender != delegator && msg.sender != guardian) revert NotYours(msg.sender);
        _store(_groupSlot(uint160(delegator), uint256(uint64(group)) << 160 | uint160(guardian)), 1);
        emit GroupClosed(delegator, group, guardian, msg.sender);
    }

    /// @notice Uses a number up without an action: a signed request that leaked can then never be redeemed. By the request key, or
    /// by the confirmer where the terms name no key.
    function burnRequest(bytes32 delegationHash, uint64 number) external {
        _useNumber(delegationHash, msg.sender, number);
        emit RequestBurned(delegationHash, msg.sender, number);
    }

    /// @notice A word of storage. Counters stand at the delegation's hash plus the budget's number; the rest is answered by the reader.
    function load(uint256 slot) external view returns (uint256) {
        return _load(slot);
    }

    /// @dev Where Solidity's free memory starts.
    function _place() internal pure override returns (uint256) {
        return 0x80;
    }

    /// @dev Judges an execution before it happens, counts it, and says so.
    function _before() private {
        unchecked {
            _judge();
            uint256 first = _get(FIRST) | _commit();
            uint256 flags = byteOf(wordAt(startOf(TERMS)), 1);
            if (flags & WITH_KEY | _get(CONFIRM) == 0) {
                emit Redeemed(delegation(), _action(), first);
            } else {
                emit RequestRedeemed(delegation(), _action(), first, _useRequest(_get(CONFIRM) != 0));
            }
            if (flags & WITH_MEASURED != 0) _measure(_get(MEASURED_AT));
        }
    }

    /// @dev Stores every counter that was charged. Returns the first of them as the event has it.
    function _commit() private returns (uint256 first) {
        unchecked {
            uint256 hash = uint256(delegation());
            uint256 n = _get(BUDGETS);
            uint256 charged;
            if (n == 0) {
                if (_get(CALLS) != 0) _store(hash, block.timestamp << 24 | _get(CALLS));
            } else {
                // The first also carries the calls.
                uint256 counter = _get(COUNTERS);
                if (counter != 0) {
                    charged = memoryAt(counter + CHARGED);
                    if (charged | _get(CALLS) != 0) _store(hash, memoryAt(counter + SPENT) << 64 | block.timestamp << 24 | _get(CALLS));
                    if (charged != 0) first = _report(counter);
                }
                for (uint256 b = 1; b < n; ++b) {
                    counter = _get(COUNTERS + (b << 5));
                    if (counter == 0) continue;
                    if (memoryAt(counter + CHARGED) == 0) continue;
                    _store(hash + b, memoryAt(counter + SPENT) << 64 | block.timestamp << 24);
                    if (charged++ == 0) first = b << 224 | _report(counter);
                }
            }
            if (charged == 0) first = NO_BUDGET;
            if (charged >> 1 | _get(RECORD) != 0) _reportMore(charged);
        }
    }

    function _reportMore(uint256 charged) private {
        unchecked {
            bytes memory rules;
            uint256 record = _get(RECORD);
            if (record != 0) {
                assembly ("memory-safe") {
                    rules := record
                }
            }
            emit RedeemedMore(delegation(), rules, _reports(charged));
        }
    }

    function _reports(uint256 charged) private pure returns (uint256[] memory reports) {
        unchecked {
            reports = new uint256[](charged);
            uint256 next;
            for (uint256 b; b < _get(BUDGETS); ++b) {
                uint256 counter = _get(COUNTERS + (b << 5));
                if (counter != 0 && memoryAt(counter + CHARGED) != 0) reports[next++] = b << 224 | _report(counter);
            }
        }
    }

    function _useRequest(bool confirm) private returns (uint256 number) {
        address signer;
        (number, signer) = _checkRequest(bytesAt(TERMS), bytesAt(ARGS), bytes32(wordAt(MODE)), bytesAt(EXECUTION), delegation(), confirm);
        _useNumber(delegation(), signer, number);
    }

    function _useNumber(bytes32 delegationHash, address signer, uint256 number) private {
        uint256 slot = _numberSlot(delegationHash, signer, number);
        uint256 used = _load(slot);
        uint256 bit = 1 << (number & 0xff);
        if (used & bit != 0) revert RequestUsed(delegationHash, number);
        _store(slot, used | bit);
    }

    /// @dev Keeps what the account holds until the after hook, in transient storage under the delegation's hash.
    ///
    /// Nothing of the same delegation passes meanwhile, measured or not: its after hook would settle what is still under way.
    /// @param measured Rule (8 bits) ‖ number of charges (8) ‖ place of the charges; zero where nothing is measured.
    function _measure(uint256 measured) private {
        bytes32 hash = delegation();
        uint256 open;
        assembly ("memory-safe") {
            open := tload(hash)
        }
        if (open != 0) revert Reentered(hash);
        if (measured == 0) return;
        uint256 held = _held(uint240(measured), byteOf(measured, 1));
        uint256 note = measured - startOf(TERMS);
        assembly ("memory-safe") {
            tstore(hash, note)
            tstore(not(hash), held)
        }
    }

    /// @dev In the after hook: charges what the account has lost meanwhile. The manager gives the hooks the same terms and hash.
    function _settle() private {
        uint256 terms = startOf(TERMS);
        uint256 hash = uint256(delegation());
        uint256 note;
        uint256 held;
        assembly ("memory-safe") {
            note := tload(hash)
            held := tload(not(hash))
        }
        if (note == 0) return;
        assembly ("memory-safe") {
            tstore(hash, 0)
        }
        unchecked {
            uint256 p = terms + uint240(note);
            uint256 left = _held(p, byteOf(note, 1));
            uint256 decrease = left < held ? held - left : 0;
            uint256 head = wordAt(terms);
            uint256 pBudgets = budgetsAt(head, terms);
            for (uint256 n = byteOf(note, 1); n != 0; --n) {
                (uint256 next, uint256 weight) = weightAt(p);
                if (byteOf(wordAt(p), 1) == BY_BALANCE) {
                    // Above every cap rather than overflowing.
                    uint256 charge = decrease > quotient(type(uint128).max, weight) ? type(uint128).max : decrease * weight;
                    uint256 b = byteOf(wordAt(p), 0);
                    uint256 report = _chargeStored(hash + b, wordAt(pBudgets + 20 * b), (head >> 200) & 0xffffffffff, charge, b, byteOf(note, 0));
                    emit Measured(bytes32(hash), byteOf(note, 0), decrease, b << 224 | report);
                }
                p = next;
            }
        }
    }

    /// @dev Charges a counter in storage, whose bounds the before hook checked. The calls counted beside it stay.
    function _chargeStored(uint256 slot, uint256 budget, uint256 origin, uint256 charge, uint256 b, uint256 rule)
        private
        returns (uint256 report)
    {
        unchecked {
            uint256 stored = _load(slot);
            (uint256 spent, uint256 used) = stored.read(_isRolling(budget), _period(budget), origin);
            (uint256 cap, uint256 shift) = (_cap(budget), _shift(budget));
            uint256 units = charge + (1 << shift) - 1 >> shift;
            if (charge > cap || used + units > cap >> shift) revert NotAdmitted(delegation(), 0, rule, Reason.Budget, b, cap, used << shift, charge);
            _store(slot, (spent + units) << 64 | block.timestamp << 24 | stored & 0xffffff);
            return _packReport(used + units << shift, cap);
        }
    }

    /// @dev What the measured account holds of the measured asset; both stand behind the charges.
    function _held(uint256 p, uint256 charges) private view returns (uint256) {
        for (; charges != 0; --charges) (p,) = weightAt(p);
        address asset = address(uint160(wordAt(p) >> 96));
        address account = address(uint160(wordAt(p + 20) >> 96));
        return asset == address(0) ? account.balance : IERC20(asset).balanceOf(account);
    }

    /// @dev keccak256(mode ‖ execution).
    function _action() private pure returns (bytes32 action) {
        (uint256 mode, uint256 p, uint256 length) = (wordAt(MODE), startOf(EXECUTION), lengthOf(EXECUTION));
        assembly ("memory-safe") {
            let free := mload(64)
            mstore(free, mode)
            calldatacopy(add(free, 32), p, length)
            action := keccak256(free, add(32, length))
        }
    }

    function _load(uint256 slot) internal view override returns (uint256 word) {
        assembly ("memory-safe") {
            word := sload(slot)
        }
    }

    function _store(uint256 slot, uint256 word) private {
        assembly ("memory-safe") {
            sstore(slot, word)
        }
    }
}
