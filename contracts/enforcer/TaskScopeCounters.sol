// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {delegation} from "./HookCall.sol";
import {
    BUDGETS,
    BUDGETS_AT,
    CALLS,
    CAP,
    CHARGED,
    COUNTERS,
    COUNTER_SIZE,
    Judgement,
    LEFT,
    ORIGIN,
    SHIFT,
    SPENT,
    STORED
} from "./Judgement.sol";
import {SpendCounter} from "./SpendCounter.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";
import {MOST_CAP} from "./TaskScopeTerms.sol";
import {allocate, byteOf, excess, memoryAt, put, wordAt} from "./Words.sol";

/// @title TaskScopeCounters
/// @notice The budgets and calls of one delegation: loaded once into memory, charged there, and written by whoever stores.
/// @dev Budget b of a delegation stands in the slot `delegation hash + b`; the calls are beside the first.
abstract contract TaskScopeCounters is Judgement, TaskScopeRefusals {
    using SpendCounter for uint256;

    /// @dev Place of a counter in memory; loaded and aged once.
    function _counter(uint256 b) internal view returns (uint256 counter) {
        unchecked {
            if (b >= _get(BUDGETS)) revert MalformedTerms(delegation());
            counter = _get(COUNTERS + (b << 5));
            if (counter == 0) counter = _loadCounter(b);
        }
    }

    function _loadCounter(uint256 b) internal view returns (uint256 counter) {
        unchecked {
            counter = allocate(COUNTER_SIZE);
            _set(COUNTERS + (b << 5), counter);
            uint256 budget = wordAt(_get(BUDGETS_AT) + 20 * b);
            (uint256 cap, uint256 shift) = (_cap(budget), _shift(budget));
            uint256 units = cap >> shift;
            if (cap > MOST_CAP) revert MalformedTerms(delegation());
            if (_isRolling(budget)) {
                if (units > SpendCounter.MOST_UNITS) revert MalformedTerms(delegation());
            }
            uint256 stored = _load(uint256(delegation()) + b);
            (uint256 spent, uint256 used) = stored.read(_isRolling(budget), _period(budget), _get(ORIGIN));
            put(counter + STORED, stored);
            put(counter + SPENT, spent);
            put(counter + LEFT, excess(units, used));
            put(counter + CAP, cap);
            put(counter + SHIFT, shift);
            put(counter + CHARGED, 0);
        }
    }

    /// @dev Calls to store: those of this window and these.
    function _countCalls(uint256 actions) internal view {
        unchecked {
            uint256 calls = _get(CALLS);
            uint256 stored = _get(BUDGETS) == 0 ? _load(uint256(delegation())) : memoryAt(_counter(0) + STORED);
            uint256 most = (calls >> 32) & 0xffffff;
            uint256 used = _callsUsed(stored, calls & 0xffffffff, _get(ORIGIN));
            if (used + actions > most) revert CallsExceeded(delegation(), most, used, actions);
            _set(CALLS, used + actions);
        }
    }

    /// @dev Calls that count in this window.
    function _callsUsed(uint256 stored, uint256 period, uint256 origin) internal view returns (uint256) {
        if (period != 0) {
            if (!SpendCounter.isInWindow((stored >> 24) & 0xffffffffff, period, origin)) return 0;
        }
        return stored & 0xffffff;
    }

    /// @dev Charges one budget, or returns false and changes nothing.
    function _charge(uint256 counter, uint256 charge) internal pure returns (bool) {
        unchecked {
            uint256 shift = memoryAt(counter + SHIFT);
            uint256 rest = (1 << shift) - 1;
            // Rounds up, and never wraps: what is above the cap is above it in units too.
            uint256 units = (charge >> shift) + ((charge & rest) + rest >> shift);
            uint256 left = memoryAt(counter + LEFT);
            if (units > left) return false;
            put(counter + LEFT, left - units);
            put(counter + SPENT, memoryAt(counter + SPENT) + units);
            put(counter + CHARGED, 1);
            return true;
        }
    }

    /// @dev Spent (112 bits) ‖ left (112), base units, as events have them.
    function _report(uint256 counter) internal pure returns (uint256) {
        unchecked {
            return _packReport(_used(counter), memoryAt(counter + CAP));
        }
    }

    /// @dev Base units.
    function _used(uint256 counter) internal pure returns (uint256) {
        unchecked {
            (uint256 shift, uint256 cap) = (memoryAt(counter + SHIFT), memoryAt(counter + CAP));
            return (cap >> shift) - memoryAt(counter + LEFT) << shift;
        }
    }

    /// @param used At most the cap.
    function _packReport(uint256 used, uint256 cap) internal pure returns (uint256) {
        unchecked {
            return used << 112 | cap - used;
        }
    }

    function _isRolling(uint256 budget) internal pure returns (bool) {
        return budget >> 255 != 0;
    }

    function _shift(uint256 budget) internal pure returns (uint256) {
        return byteOf(budget, 0) & 0x7f;
    }

    /// @dev Seconds.
    function _period(uint256 budget) internal pure returns (uint256) {
        return (budget >> 216) & 0xffffffff;
    }

    /// @dev Base units.
    function _cap(uint256 budget) internal pure returns (uint256) {
        return (budget >> 96) & (2 ** 120 - 1);
    }

    /// @dev A word of the enforcer's storage.
    function _load(uint256 slot) internal view virtual returns (uint256 word);
}
