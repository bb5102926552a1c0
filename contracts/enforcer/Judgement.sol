// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {memoryAt, put, zeros} from "./Words.sol";

// Words of a judgement, by their distance from its start.

/// @dev How many budgets there are.
uint256 constant BUDGETS = 0;
/// @dev Rule (8 bits) ‖ number of its charges (8) ‖ their place in calldata; zero where nothing is measured.
uint256 constant MEASURED_AT = 32;
/// @dev Whether a charge was above its threshold.
uint256 constant CONFIRM = 64;
/// @dev Of fixed windows, unix seconds.
uint256 constant ORIGIN = 96;
/// @dev Places in calldata: budgets, their thresholds (zero: none), rules, end of the terms.
uint256 constant BUDGETS_AT = 128;
uint256 constant THRESHOLDS_AT = 160;
uint256 constant RULES_AT = 192;
uint256 constant END = 224;
/// @dev How many rules there are.
uint256 constant RULES = 256;
/// @dev A bit ‖ most calls (24 bits) ‖ period (32); in the end the calls to store. Zero where they are not counted.
uint256 constant CALLS = 288;
/// @dev Rule of the first execution (8 bits) ‖ how many there are (8), as events have them.
uint256 constant FIRST = 320;
/// @dev Place of the rules of a batch's executions, as `bytes`; zero where all are the same.
uint256 constant RECORD = 352;

// The execution that is looked at.

/// @dev Target, selector and length as a rule has them.
uint256 constant HEAD = 384;
/// @dev Native value, wei.
uint256 constant VALUE = 416;
/// @dev Where its calldata starts.
uint256 constant DATA = 448;
/// @dev Its number in the batch, how many there are, and where the one after it starts.
uint256 constant NUMBER = 480;
uint256 constant COUNT = 512;
uint256 constant NEXT = 544;
/// @dev One more than the first rule of the right shape, whose failure is to be thrown; zero while rules are tried.
uint256 constant FITTING = 576;

/// @dev Behind these, for each budget: place of its counter, null until it is looked at.
uint256 constant COUNTERS = 608;

// Words of a counter, by their distance from its place.

/// @dev The word as stored.
uint256 constant STORED = 0;
/// @dev Its spent part, aged.
uint256 constant SPENT = 32;
/// @dev What the cap leaves, in units of 2^shift.
uint256 constant LEFT = 64;
/// @dev Base units.
uint256 constant CAP = 96;
uint256 constant SHIFT = 128;
/// @dev Whether anything was charged.
uint256 constant CHARGED = 160;
uint256 constant COUNTER_SIZE = 192;

/// @title Judgement
/// @notice What one redemption would change, in memory until all of it is admitted.
/// @dev At a place that is known when this is compiled. Measured and not taken: structs, which are passed on and are cleared wherever
/// one is declared or returned, 600 to 800 gas more a redemption and hop; the same words behind a pointer, 320 more.
abstract contract Judgement {
    /// @dev Where the judgement starts: the free memory when it is opened.
    function _place() internal pure virtual returns (uint256);

    function _openJudgement(uint256 budgets) internal pure {
        unchecked {
            // Cannot fail: that nothing was allocated before is how this contract is written. Cleared, although nothing was ever
            // written there: to rely on that would save 80 gas.
            assert(zeros(COUNTERS / 32 + budgets) == _place());
        }
    }

    function _get(uint256 word) internal pure returns (uint256) {
        unchecked {
            return memoryAt(_place() + word);
        }
    }

    function _set(uint256 word, uint256 value) internal pure {
        unchecked {
            put(_place() + word, value);
        }
    }
}
