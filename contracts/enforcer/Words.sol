// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

// Words of calldata and memory by their place. The compiler inlines these: packed terms are read without copies or bounds that
// whoever calls has already checked.

/// @dev Thirty-two bytes of calldata; zeros beyond its end.
function wordAt(uint256 p) pure returns (uint256 word) {
    assembly ("memory-safe") {
        word := calldataload(p)
    }
}

function placeOf(bytes calldata data) pure returns (uint256 p) {
    assembly ("memory-safe") {
        p := data.offset
    }
}

/// @dev The i-th byte, from the left.
function byteOf(uint256 word, uint256 i) pure returns (uint256 value) {
    assembly ("memory-safe") {
        value := byte(i, word)
    }
}

/// @dev The first `size` bytes, as a number; zero where there are none. Sizes above 32 give zero.
function leading(uint256 word, uint256 size) pure returns (uint256 value) {
    unchecked {
        return word >> (256 - (size << 3));
    }
}

/// @dev Zero where the divisor is: what asks for it does not care, or knows that it is not.
function modOf(uint256 left, uint256 right) pure returns (uint256 rest) {
    assembly ("memory-safe") {
        rest := mod(left, right)
    }
}

/// @dev Zero where the divisor is: for divisors that are known not to be.
function quotient(uint256 left, uint256 right) pure returns (uint256 result) {
    assembly ("memory-safe") {
        result := div(left, right)
    }
}

function memoryAt(uint256 place) pure returns (uint256 word) {
    assembly ("memory-safe") {
        word := mload(place)
    }
}

function put(uint256 place, uint256 word) pure {
    assembly ("memory-safe") {
        mstore(place, word)
    }
}

function putByte(uint256 place, uint256 value) pure {
    assembly ("memory-safe") {
        mstore8(place, value)
    }
}

/// @dev `word >> bits`, of which the compiler would make a call.
function shifted(uint256 word, uint256 bits) pure returns (uint256 value) {
    assembly ("memory-safe") {
        value := shr(bits, word)
    }
}

/// @dev Not cleared: every word has to be put before it is read.
function allocate(uint256 size) pure returns (uint256 place) {
    assembly ("memory-safe") {
        place := mload(64)
        mstore(64, add(place, size))
    }
}

function zeros(uint256 n) pure returns (uint256 place) {
    assembly ("memory-safe") {
        place := mload(64)
        calldatacopy(place, calldatasize(), shl(5, n))
        mstore(64, add(place, shl(5, n)))
    }
}

/// @dev `left - right`, or zero where that would be less.
function excess(uint256 left, uint256 right) pure returns (uint256 result) {
    assembly ("memory-safe") {
        result := mul(sub(left, right), gt(left, right))
    }
}

/// @dev keccak256 of calldata, without a copy that stays.
function hashAt(uint256 p, uint256 length) pure returns (uint256 hash) {
    assembly ("memory-safe") {
        let free := mload(64)
        calldatacopy(free, p, length)
        hash := keccak256(free, length)
    }
}

// keccak256(abi.encode(…)) of words, without the memory that this leaves behind.

function hash3(uint256 a, uint256 b, uint256 c) pure returns (uint256 hash) {
    assembly ("memory-safe") {
        let free := mload(64)
        mstore(free, a)
        mstore(add(free, 32), b)
        mstore(add(free, 64), c)
        hash := keccak256(free, 96)
    }
}

function hash5(uint256 a, uint256 b, uint256 c, uint256 d, uint256 e) pure returns (uint256 hash) {
    assembly ("memory-safe") {
        let free := mload(64)
        mstore(free, a)
        mstore(add(free, 32), b)
        mstore(add(free, 64), c)
        mstore(add(free, 96), d)
        mstore(add(free, 128), e)
        hash := keccak256(free, 160)
    }
}

function hash6(uint256 a, uint256 b, uint256 c, uint256 d, uint256 e, uint256 f) pure returns (uint256 hash) {
    assembly ("memory-safe") {
        let free := mload(64)
        mstore(free, a)
        mstore(add(free, 32), b)
        mstore(add(free, 64), c)
        mstore(add(free, 96), d)
        mstore(add(free, 128), e)
        mstore(add(free, 160), f)
        hash := keccak256(free, 192)
    }
}
