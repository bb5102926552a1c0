// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {wordAt} from "./Words.sol";

// What the manager calls a hook with, by where it stands in calldata. The reader's preview has the same arguments, so that it is
// judged by the same code. What is read only to refuse, or once in a batch, is read from here: passed on, it would cost every
// redemption that passes.

uint256 constant TERMS = 4;
uint256 constant ARGS = 36;
uint256 constant MODE = 68;
uint256 constant EXECUTION = 100;
uint256 constant DELEGATION_HASH = 132;
uint256 constant DELEGATOR = 164;
uint256 constant REDEEMER = 196;

/// @dev A dynamic argument.
function bytesAt(uint256 argument) pure returns (bytes calldata data) {
    assembly ("memory-safe") {
        let p := add(4, calldataload(argument))
        data.offset := add(p, 32)
        data.length := calldataload(p)
    }
}

/// @dev Where the bytes of a dynamic argument start.
function startOf(uint256 argument) pure returns (uint256 p) {
    assembly ("memory-safe") {
        p := add(36, calldataload(argument))
    }
}

function lengthOf(uint256 argument) pure returns (uint256 length) {
    assembly ("memory-safe") {
        length := calldataload(add(4, calldataload(argument)))
    }
}

/// @dev Of the delegation whose caveat is being looked at.
function delegation() pure returns (bytes32) {
    return bytes32(wordAt(DELEGATION_HASH));
}
