// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Fixture, Parts} from "./Fixture.t.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";

/// @notice Laws of the counters, held against a ledger that keeps every spend and adds up every interval.
///
/// a spend
/// ├── rolling: over the cap with what was spent in the last period → refused; what is older by 15 % and a second never counts
/// ├── fixed: over the cap with what was spent in this window → refused; the window before never counts
/// └── lifetime: over the cap with all that was ever spent → refused
contract SpendCounterTest is Fixture {
    uint256 private constant STEPS = 24;

    uint256[] private times;
    uint256[] private amounts;

    function _terms(bytes memory budget) private view returns (bytes memory) {
        Parts memory t = _base();
        t.notBefore = uint40(START - 100 days);
        t.expiry = type(uint40).max;
        t.budgets = _list(budget);
        t.rules = _list(_transferRule(type(uint128).max));
        return _pack(t);
    }

    /// @dev Everything spent after `since`, and not after now.
    function _spentSince(uint256 since) private view returns (uint256 sum) {
        for (uint256 i; i < times.length; ++i) if (times[i] >= since) sum += amounts[i];
    }

    function testFuzz_rollingNeverGoesOverTheCapInAnyInterval(uint256 seed, uint32 period, uint112 cap) public {
        // Law 1: no interval as long as the period holds more than the cap. Law 2: what is refused would be over the cap within
        // 115 % of the period and a second, with amounts rounded by at most 0.1 % of the cap in all.
        period = uint32(period % (40 days) + 1);
        if (cap == 0) cap = 1;
        bytes memory terms = _terms(_rolling(period, cap));
        vm.assertTrue(_isCanonical(terms));
        uint256 time = START;
        for (uint256 i; i < STEPS; ++i) {
            // Sometimes no time at all passes, sometimes exactly the period.
            uint256 kind = _random(seed, 3 * i, 9);
            time += kind == 0 ? 0 : kind == 1 ? period : kind == 2 ? period - 1 : _random(seed, 3 * i + 1, period / 4 + 1);
            vm.warp(time);
            uint256 amount = _random(seed, 3 * i + 2, cap / 3 + 1);
            bool passed = _try(terms, _pay(ALICE, amount)).length == 0;
            if (passed) {
                times.push(time);
                amounts.push(amount);
                vm.assertTrue(_spentSince(time - period) <= cap);
            } else {
                uint256 late = uint256(period) * 15 / 100 + 1;
                vm.assertTrue((_spentSince(time - period - late) + amount) * 1000 > uint256(cap) * 999);
            }
        }
        vm.assertTrue(times.length > 3);
        // Whatever the fuzzer did not reach: more than the cap never passes.
        vm.assertTrue(_try(terms, _pay(ALICE, uint256(cap) + 1)).length != 0);
    }

    function testFuzz_fixedNeverGoesOverTheCapInAWindowAndAlwaysUpToIt(uint256 seed, uint32 period, uint112 cap) public {
        period = uint32(period % (40 days) + 1);
        if (cap == 0) cap = 1;
        bytes memory terms = _terms(_fixed(period, cap));
        uint256 time = START;
        for (uint256 i; i < STEPS; ++i) {
            time += _random(seed, 2 * i, period / 3 + 1);
            vm.warp(time);
            uint256 amount = _random(seed, 2 * i + 1, cap / 3 + 1);
            uint256 origin = START - 100 days;
            uint256 spent = _spentSince(time - (time - origin) % period);
            vm.assertTrue((_try(terms, _pay(ALICE, amount)).length == 0) == (spent + amount <= cap));
            if (spent + amount <= cap) {
                times.push(time);
                amounts.push(amount);
            }
        }
    }

    function testFuzz_lifetimeNeverForgets(uint256 seed, uint112 cap, uint32 gap) public {
        bytes memory terms = _terms(_fixed(0, cap == 0 ? cap = 1 : cap));
        uint256 time = START;
        for (uint256 i; i < 12; ++i) {
            vm.warp(time += gap);
            uint256 amount = _random(seed, i, cap / 3);
            uint256 spent = _spentSince(0);
            vm.assertTrue((_try(terms, _pay(ALICE, amount)).length == 0) == (spent + amount <= cap));
            if (spent + amount <= cap) {
                times.push(time);
                amounts.push(amount);
            }
        }
    }

    function test_worstFiveSecondsOfARollingDayHoldTheCapOnce() public {
        bytes memory terms = _terms(_rolling(DAY, 100));
        uint256 moved;
        // Around every boundary of a seventh of a day, and of the day itself.
        for (uint256 t = START - START % DAY + DAY; t < START + 3 * DAY; t += DAY / 7) {
            uint256 before = moved;
            for (uint256 second; second < 5; ++second) {
                vm.warp(t - 2 + second);
                if (_try(terms, _pay(ALICE, 100)).length == 0) moved += 100;
            }
            vm.assertTrue(moved - before <= 100);
        }
        vm.assertTrue(moved >= 200);
    }

    function test_worstFiveSecondsOfAFixedDayHoldItTwice() public {
        bytes memory terms = _terms(_fixed(DAY, 100));
        uint256 boundary = START - 100 days + 101 * uint256(DAY);
        vm.warp(boundary - 2);
        _passes(terms, _pay(ALICE, 100));
        vm.warp(boundary);
        _passes(terms, _pay(ALICE, 100));
        _refuses(terms, _pay(ALICE, 1), _notAdmitted(0, TaskScopeRefusals.Reason.Budget, 0, 100, 100, 1));
    }

    function test_holdsAtTheLastTimesAndLargestBounds() public {
        bytes memory terms = _terms(_rolling(type(uint32).max, 2 ** 112 - 1));
        vm.warp(type(uint40).max - 1);
        _passes(terms, _pay(ALICE, 2 ** 111));
        bytes memory reason = _try(terms, _pay(ALICE, 2 ** 111));
        vm.assertTrue(_selectorOf(reason) == TaskScopeRefusals.NotAdmitted.selector);
        terms = _terms(_fixed(type(uint32).max, 2 ** 112 - 1));
        reason = _try(terms, "", SINGLE, _pay(ALICE, 2 ** 112), keccak256("another"));
        vm.assertEq(reason, _by(keccak256("another"), _notAdmitted(0, TaskScopeRefusals.Reason.Budget, 0, 2 ** 112 - 1, 0, 2 ** 112)));
    }

    function testFuzz_countersOfOneDelegationNeverTouchAnothers(uint256 seed) public {
        bytes memory terms = _terms(_rolling(DAY, 200));
        bytes32[3] memory hashes = [keccak256("1"), keccak256("2"), keccak256("3")];
        uint256[3] memory spent;
        for (uint256 i; i < 24; ++i) {
            uint256 which = _random(seed, 2 * i, 2);
            uint256 amount = _random(seed, 2 * i + 1, 60);
            bool passed = _try(terms, "", SINGLE, _pay(BOB, amount), hashes[which]).length == 0;
            vm.assertTrue(passed == (spent[which] + amount <= 200));
            if (passed) spent[which] += amount;
        }
    }
}
