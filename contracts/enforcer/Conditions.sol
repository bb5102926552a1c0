// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {
    AT_LEAST,
    BITS,
    HASH,
    LENGTH_AT_MOST,
    NOT_EQUAL,
    SIGNED_AT_LEAST,
    SIGNED_AT_MOST
} from "./TaskScopeTerms.sol";
import {byteOf, hashAt, leading, wordAt} from "./Words.sol";

/// @dev Whether `word` is one of the `count` operands at `p`.
function isOneOf(uint256 p, uint256 count, uint256 size, uint256 word) pure returns (bool) {
    unchecked {
        for (uint256 end = p + count * size; p < end; p += size) {
            if (leading(wordAt(p), size) == word) return true;
        }
        return false;
    }
}

/// @dev Conditions that few rules have; operations that there are not never hold.
/// @param data Where the calldata's arguments start, after the selector.
/// @param length Of the calldata.
/// @param p After the first operand.
function holds(uint256 data, uint256 length, uint256 descriptor, uint256 operand, uint256 word, uint256 p) pure returns (bool) {
    unchecked {
        uint256 operation = byteOf(descriptor, 0);
        if (operation < LENGTH_AT_MOST) {
            if (!isClean(word, byteOf(descriptor, 2), operation)) return false;
            if (operation == NOT_EQUAL) return word != operand;
            if (operation == AT_LEAST) return word >= operand;
            if (operation == SIGNED_AT_MOST) return int256(word) <= int256(operand);
            if (operation == SIGNED_AT_LEAST) return int256(word) >= int256(operand);
            return operation == BITS && word & operand == leading(wordAt(p), byteOf(descriptor, 3));
        }
        // A dynamic argument: its word is an offset. It has to lie in the calldata, as its target would read it.
        if (word > length || word + 36 > length) return false;
        uint256 size = wordAt(data + word);
        if (size > length || word + 36 + size > length) return false;
        if (operation == LENGTH_AT_MOST) return size <= operand;
        return operation == HASH && hashAt(data + 32 + word, size) == operand;
    }
}

/// @dev Some targets cut what stands beside an argument's own bytes: a word that seems unequal, or large, would then be neither.
/// @param width Bytes of the argument's type; bit 7 set where it stands on the left.
function isClean(uint256 word, uint256 width, uint256 operation) pure returns (bool) {
    unchecked {
        if (width > 0x80) return word << 8 * (width - 0x80) == 0;
        if (width == 0 || width > 31) return true;
        if (operation != SIGNED_AT_MOST && operation != SIGNED_AT_LEAST) return word >> 8 * width == 0;
        uint256 extended;
        assembly ("memory-safe") {
            extended := signextend(sub(width, 1), word)
        }
        return extended == word;
    }
}
