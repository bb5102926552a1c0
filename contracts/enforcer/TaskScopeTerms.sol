// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {byteOf, leading, wordAt} from "./Words.sol";

// Terms of the TaskScopeEnforcer, version 1: packed, big-endian, without gaps.
//
// | Bytes | Header (44) |
// |---|---|
// | 1 | version, 1 |
// | 1 | flags: 1 request key, 2 confirmer, 4 calls, 8 some rule is measured |
// | 5 | not before, unix seconds, inclusive; origin of fixed windows |
// | 5 | expiry, unix seconds, exclusive |
// | 1 | most executions in one redemption; 0: single mode only |
// | 1, 1, 1 | redeemers (0: whoever the delegation names), budgets, rules (at most 254) |
// | 8, 20 | group, guardian (zero: none) |
//
// | Bytes | Then |
// |---|---|
// | 20 | request key, with flag 1 |
// | 20 | confirmer, with flag 2 |
// | 3, 4 | most calls, not zero; period in seconds (0: for ever), with flag 4 |
// | 20 each | redeemers |
// | 20 each | budgets: rolling (1 bit) and shift (7), period 4 (0: lifetime), cap 15, base units, 1 to 2^112 - 1 |
// | 15 each | thresholds of the budgets, base units, above which the confirmer signs (the cap: never), with flag 2 |
//
// | Bytes | Then each rule |
// |---|---|
// | 20, 4, 2 | target, selector, calldata length; the last two zero: empty calldata |
// | 1 | flags: 1 calldata may be longer, 2 value, 4 allowance, 8 measured |
// | 1, 1, 2, 1 | conditions, charges, bytes that follow, zero |
// | 12 | most native value, wei, with flag 2; else none may be sent |
// | 20, 4, 2, 1 | with flag 4: target, selector, length of the call between the approvals, word that holds its amount |
// | 4 + n each | conditions: operation 1, word 1, width or count 1, size 1, operands of that size: the least for all, but HASH 32, ONE_OF 1 |
// | 3 + n each | charges, ordered by budget: budget 1, source 1, weight size 1, weight (absent: 1) |
// | 20, 20 | asset (zero: native) and account whose balance is measured, with flag 8 |
//
// Words are numbered from the first after the selector, 0 to 252; each has to lie in the calldata that the rule asks for.
//
// | Operation | Holds while the word |
// |---|---|
// | 1 EQUAL, 2 NOT_EQUAL, 3 AT_MOST, 4 AT_LEAST | is so, unsigned |
// | 5 SIGNED_AT_MOST, 6 SIGNED_AT_LEAST | is so, as a two's complement number; negative operands take 32 bytes |
// | 7 ONE_OF | is one of `count` operands |
// | 8 BITS | masked with the first operand, is the second |
// | 9 LENGTH_AT_MOST, 10 HASH | is the offset of a `bytes` or `string` whose length, or keccak256, is so |
//
// The width of 2, 4, 5, 6 and 8 is that of the argument's type in bytes, at most 31, with bit 7 for types that stand on the left
// (bytesN), or 0 for a whole word: bits outside it refuse the call. The others compare whole words. Sources of a charge: a word,
// 253 what the measured account loses, 254 one, 255 the native value.
//
// With flag 4 a rule's first 26 bytes are those of the `approve`, and it admits three executions of a batch at once:
// approve(target, amount), the call with that amount, approve(target, 0). Flag 1 then speaks of the call.

/// @dev Version 1, and the flags that it knows: what the first twelve bits have to be.
uint256 constant VERSION_BITS = 1 << 4;

uint256 constant HEADER = 44;
uint256 constant WITH_KEY = 1;
uint256 constant WITH_CONFIRMER = 2;
uint256 constant WITH_CALLS = 4;
uint256 constant WITH_MEASURED = 8;

uint256 constant RULE_HEADER = 32;
uint256 constant LONGER = 1;
uint256 constant WITH_VALUE = 2;
uint256 constant WITH_ALLOWANCE = 4;
uint256 constant MEASURED = 8;

uint256 constant EQUAL = 1;
uint256 constant NOT_EQUAL = 2;
uint256 constant AT_MOST = 3;
uint256 constant AT_LEAST = 4;
uint256 constant SIGNED_AT_MOST = 5;
uint256 constant SIGNED_AT_LEAST = 6;
uint256 constant ONE_OF = 7;
uint256 constant BITS = 8;
uint256 constant LENGTH_AT_MOST = 9;
uint256 constant HASH = 10;

uint256 constant BY_BALANCE = 0xfd;
uint256 constant BY_COUNT = 0xfe;
uint256 constant BY_VALUE = 0xff;

/// @dev Largest cap and threshold, base units: spent and left of a budget fit in one word of an event.
uint256 constant MOST_CAP = 2 ** 112 - 1;

/// @dev Place of the next charge, and the weight of this one.
function weightAt(uint256 p) pure returns (uint256 next, uint256 weight) {
    unchecked {
        uint256 size = byteOf(wordAt(p), 2);
        return (p + 3 + size, size == 0 ? 1 : leading(wordAt(p + 3), size));
    }
}

/// @dev Where the budgets start. `head` is the first word of the terms, `p` their place.
function budgetsAt(uint256 head, uint256 p) pure returns (uint256) {
    unchecked {
        p += HEADER + 20 * (((head >> 240) & 1) + ((head >> 241) & 1) + byteOf(head, 13));
        return head & WITH_CALLS << 240 == 0 ? p : p + 7;
    }
}
