// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {SpendCounter} from "./SpendCounter.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";
import {MOST_CAP} from "./TaskScopeTerms.sol";
import {allocate, byteOf, memoryAt, put, wordAt} from "./Words.sol";

/// @title TaskScopeCounters
/// @notice The budgets and calls of one delegation: loaded once into memory, charged there, and written by whoever stores.
/// @dev Budget b of a delegation stands in the slot `delegation hash + b`; the calls are beside the first.
abstract contract TaskScopeCounters is TaskScopeRefusals {
    using SpendCounter for uint256;

    /// @dev What one redemption would change, in memory. Names that begin with `p` mean places in calldata.
    struct Judgement {
        uint256 hash;
        /// Where the counters' places in memory are: one for each budget, null until it is looked at.
        uint256 counters;
        uint256 budgets;
        /// Rule (8 bits) ‖ number of its charges (8) ‖ their place; zero where nothing is measured.
        uint256 measured;
        /// Whether a charge was above its threshold.
        uint256 confirm;
        uint256 origin;
        uint256 pBudgets;
        uint256 pThresholds;
        uint256 pRules;
        uint256 pEnd;
        uint256 rules;
    }

    /// @dev Of a counter in memory: the word as stored; its spent part, aged; what the cap leaves, and the cap, in units; the cap
    /// in base units; the shift between the two; whether anything was charged.
    uint256 internal constant STORED = 0;
    uint256 internal constant SPENT = 32;
    uint256 internal constant LEFT = 64;
    uint256 internal constant CAP_UNITS = 96;
    uint256 internal constant CAP = 128;
    uint256 internal constant SHIFT = 160;
    uint256 internal constant CHARGED = 192;
    uint256 internal constant COUNTER_SIZE = 224;

    /// @dev Place of a counter in memory; loaded and aged once.
    function _counter(Judgement memory j, uint256 b) internal view returns (uint256 counter) {
        unchecked {
            if (b >= j.budgets) revert MalformedTerms(_delegation());
            counter = memoryAt(j.counters + (b << 5));
            if (counter == 0) counter = _loadCounter(j, b);
        }
    }

    function _loadCounter(Judgement memory j, uint256 b) internal view returns (uint256 counter) {
        unchecked {
            counter = allocate(COUNTER_SIZE);
            put(j.counters + (b << 5), counter);
            uint256 budget = wordAt(j.pBudgets + 20 * b);
            SpendCounter.Kind kind = _kind(budget);
            uint256 stored = _load(j.hash + b);
            put(counter + STORED, stored);
            stored = stored.age(kind, _period(budget), j.origin);
            put(counter + SPENT, stored);
            uint256 used = stored.sum(kind);
            uint256 cap = _cap(budget);
            uint256 shift = _shift(budget);
            put(counter + CAP, cap);
            put(counter + SHIFT, shift);
            put(counter + CAP_UNITS, cap >> shift);
            put(counter + LEFT, used < cap >> shift ? (cap >> shift) - used : 0);
            put(counter + CHARGED, 0);
            if (cap > MOST_CAP) revert MalformedTerms(_delegation());
            if (kind == SpendCounter.Kind.Rolling) {
                if (cap >> shift > SpendCounter.MOST_UNITS) revert MalformedTerms(_delegation());
            }
        }
    }

    /// @dev Calls to store: those of this window and these.
    /// @param calls Most (24 bits) ‖ period (32).
    function _countCalls(Judgement memory j, uint256 calls, uint256 actions) internal view returns (uint256 used) {
        unchecked {
            uint256 stored = j.budgets == 0 ? _load(j.hash) : memoryAt(_counter(j, 0) + STORED);
            uint256 most = (calls >> 32) & 0xffffff;
            used = _callsUsed(stored, calls & 0xffffffff, j.origin);
            if (used + actions > most) revert CallsExceeded(_delegation(), most, used, actions);
            used += actions;
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
            uint256 used = memoryAt(counter + CAP_UNITS) - memoryAt(counter + LEFT) << memoryAt(counter + SHIFT);
            return used << 112 | memoryAt(counter + CAP) - used;
        }
    }

    /// @dev Base units.
    function _used(uint256 counter) internal pure returns (uint256) {
        unchecked {
            return memoryAt(counter + CAP_UNITS) - memoryAt(counter + LEFT) << memoryAt(counter + SHIFT);
        }
    }

    /// @param used At most the cap.
    function _packReport(uint256 used, uint256 cap) internal pure returns (uint256) {
        unchecked {
            return used << 112 | cap - used;
        }
    }

    function _kind(uint256 budget) internal pure returns (SpendCounter.Kind) {
        if (budget >> 255 != 0) return SpendCounter.Kind.Rolling;
        return _period(budget) == 0 ? SpendCounter.Kind.Lifetime : SpendCounter.Kind.Fixed;
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
