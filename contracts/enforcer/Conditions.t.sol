// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Fixture, Parts} from "./Fixture.t.sol";

/// @notice Conditions on the words of a call, each operation next to what it must not take.
///
/// a condition
/// ├── equal, not equal, at most, at least: of whole words, unsigned
/// ├── signed at most, signed at least: as two's complement
/// ├── bits outside the argument's type → does not hold
/// ├── one of, bits under a mask
/// ├── length and hash of a dynamic argument
/// │   └── offset or length beyond the calldata, or that wraps → does not hold
/// └── an operation that there is not → never holds
contract ConditionsTest is Fixture {
    function _judges(bytes memory condition, bytes memory arguments) private returns (bool) {
        Parts memory t = _base();
        t.rules = _list(_rule(BOB, 0x12345678, 36, 1, 1, 0, condition));
        return _try(_pack(t), abi.encodePacked(BOB, uint256(0), bytes4(0x12345678), arguments)).length == 0;
    }

    function testFuzz_unsignedConditions(uint256 word, uint256 operand) public {
        if (word % 3 == 0) word = operand;
        vm.assertTrue(_judges(_condition(1, 0, 0, operand), abi.encode(word)) == (word == operand));
        vm.assertTrue(_judges(_condition(2, 0, 0, operand), abi.encode(word)) == (word != operand));
        vm.assertTrue(_judges(_condition(3, 0, 0, operand), abi.encode(word)) == (word <= operand));
        vm.assertTrue(_judges(_condition(4, 0, 0, operand), abi.encode(word)) == (word >= operand));
    }

    function testFuzz_signedConditions(int256 word, int256 operand) public {
        if (word % 3 == 0) word = operand;
        vm.assertTrue(_judges(_condition(5, 0, 0, uint256(operand)), abi.encode(word)) == (word <= operand));
        vm.assertTrue(_judges(_condition(6, 0, 32, uint256(operand)), abi.encode(word)) == (word >= operand));
    }

    function testFuzz_dirtyBitsOutsideTheTypeAreRefused(uint256 word, uint8 width) public {
        width = width % 31 + 1;
        bool clean = word >> 8 * width == 0;
        vm.assertTrue(_judges(_condition(2, 0, width, type(uint256).max), abi.encode(word)) == clean);
        vm.assertTrue(_judges(_condition(4, 0, width, 0), abi.encode(word)) == clean);
        word >>= 256 - 8 * uint256(width);
        vm.assertTrue(_judges(_condition(4, 0, width, 0), abi.encode(word)));
        // On the left.
        word <<= 256 - 8 * uint256(width);
        vm.assertTrue(_judges(_condition(2, 0, 128 + width, 1), abi.encode(word)));
        vm.assertTrue(!_judges(_condition(2, 0, 128 + width, 0), abi.encode(word | 1)));
        // Signed: all ones or all zeros above.
        vm.assertTrue(_judges(_condition(6, 0, 1, uint256(int256(-128))), abi.encode(int256(int8(uint8(word >> 248))))));
        vm.assertTrue(!_judges(_condition(6, 0, 1, uint256(int256(-128))), abi.encode(uint256(0x80))));
    }

    function testFuzz_bitsAndOneOf(uint256 word, uint256 mask, uint256 value) public {
        value &= mask;
        if (word % 2 == 0) word = word & ~mask | value;
        bytes memory condition = abi.encodePacked(uint8(8), uint8(0), uint8(0), uint8(32), mask, value);
        vm.assertTrue(_judges(condition, abi.encode(word)) == (word & mask == value));
        condition = abi.encodePacked(uint8(7), uint8(0), uint8(3), uint8(32), mask, value, mask ^ value);
        vm.assertTrue(_judges(condition, abi.encode(word)) == (word == mask || word == value || word == mask ^ value));
    }

    function testFuzz_lengthAndHashOfDynamicArguments(bytes calldata data, uint8 place, uint8 flip) public {
        vm.assume(data.length < 1000);
        bytes memory arguments = abi.encode(data);
        vm.assertTrue(_judges(_condition(9, 0, 0, data.length), arguments));
        vm.assertTrue(data.length == 0 || !_judges(_condition(9, 0, 0, data.length - 1), arguments));
        vm.assertTrue(_judges(_condition(10, 0, 0, uint256(keccak256(data))), arguments));
        // Any change of offset, length or bytes; what fills the last word is not the argument's.
        uint256 i = place % (64 + data.length);
        vm.assume(flip != 0);
        arguments[i] = bytes1(uint8(arguments[i]) ^ flip);
        vm.assertTrue(!_judges(_condition(10, 0, 0, uint256(keccak256(data))), arguments));
    }

    function test_offsetsBeyondTheCalldataAreRefused() public {
        uint256[5] memory offsets = [uint256(1), 33, 64, type(uint256).max, type(uint256).max - 35];
        for (uint256 i; i < 5; ++i) vm.assertTrue(!_judges(_condition(9, 0, 0, type(uint256).max), abi.encode(offsets[i], uint256(31))));
        // A length that reaches beyond, and one that wraps.
        vm.assertTrue(!_judges(_condition(9, 0, 0, type(uint256).max), abi.encode(32, 1)));
        vm.assertTrue(!_judges(_condition(9, 0, 0, type(uint256).max), abi.encode(32, type(uint256).max - 67)));
        vm.assertTrue(_judges(_condition(9, 0, 0, 0), abi.encode(32, 0)));
    }

    function testFuzz_operationsThatThereAreNotNeverHold(uint8 operation, uint256 word, uint256 operand) public {
        vm.assume(operation == 0 || operation > 10);
        vm.assertTrue(!_judges(_condition(operation, 0, 0, operand), abi.encode(word, operand, word)));
    }
}
