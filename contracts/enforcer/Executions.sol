// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {DELEGATOR, EXECUTION, delegation, lengthOf, startOf} from "./HookCall.sol";
import {COUNT, DATA, HEAD, Judgement, NEXT, NUMBER, VALUE} from "./Judgement.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";
import {leading, wordAt} from "./Words.sol";

/// @title Executions
/// @notice Reads what is to be executed into the judgement: one execution, or a batch of them in the only encoding that is taken.
abstract contract Executions is Judgement, TaskScopeRefusals {
    /// @dev The only caller of the hooks. Not a function of its own: that would cost 88 gas a redemption and hop.
    address internal immutable manager;
    address internal immutable self;

    constructor(address manager_, address self_) {
        manager = manager_;
        self = self_;
    }

    /// @dev Packed: target 20, value 32, calldata.
    function _readSingle() internal view {
        unchecked {
            // Less than 52 bytes wrap, and are too many.
            uint256 length = lengthOf(EXECUTION) - 52;
            if (length > 0xffff) revert MalformedExecution(delegation());
            uint256 p = startOf(EXECUTION);
            uint256 target = wordAt(p) >> 96;
            if (_isForbidden(target)) revert ForbiddenTarget(delegation(), 0, address(uint160(target)));
            _set(HEAD, _head(target, p + 52, length));
            _set(VALUE, wordAt(p + 20));
            _set(DATA, p + 52);
            _set(COUNT, 1);
        }
    }

    /// @dev Starts a batch. Where its tuples stand is looked at one by one, and by {_closeBatch} that nothing is left over.
    function _openBatch(uint256 most) internal pure returns (uint256 count) {
        unchecked {
            uint256 p = startOf(EXECUTION);
            count = wordAt(p + 32);
            if (count > most) revert TooManyExecutions(delegation(), most, count);
            if (lengthOf(EXECUTION) < 64 + 32 * count) revert MalformedExecution(delegation());
            if (wordAt(p) != 32) revert MalformedExecution(delegation());
            if (count == 0) revert MalformedExecution(delegation());
            _set(COUNT, count);
            _set(NEXT, 32 * count);
        }
    }

    /// @dev Reads the execution of the batch that comes next, which has the number that the judgement says. Only the canonical
    /// encoding of `Execution[]`: nothing overlaps, nothing is out of order, and what fills the last word is zero.
    function _readNext() internal view {
        unchecked {
            uint256 start = _offsets();
            uint256 offset = _get(NEXT);
            uint256 p = start + offset;
            uint256 target = wordAt(p);
            uint256 length = wordAt(p + 96);
            if (
                (wordAt(start + (_get(NUMBER) << 5)) ^ offset) | (target >> 160) | (wordAt(p + 64) ^ 96) | (length >> 16)
                    | leading(wordAt(p + 128 + length), (0 - length) & 31) != 0
            ) revert MalformedExecution(delegation());
            if (_isForbidden(target)) revert ForbiddenTarget(delegation(), _get(NUMBER), address(uint160(target)));
            _set(HEAD, _head(target, p + 128, length));
            _set(VALUE, wordAt(p + 32));
            _set(DATA, p + 128);
            _set(NEXT, offset + 128 + ((length + 31) & ~uint256(31)));
        }
    }

    function _closeBatch() internal pure {
        unchecked {
            if (_get(NEXT) + 64 != lengthOf(EXECUTION)) revert MalformedExecution(delegation());
        }
    }

    /// @dev Reads an execution of the batch again from which a rule has moved on.
    function _readAgain(uint256 number) internal view {
        unchecked {
            _set(NUMBER, number);
            _set(NEXT, wordAt(_offsets() + (number << 5)));
            _readNext();
        }
    }

    /// @dev Where a batch's offsets start, and what they count from.
    function _offsets() private pure returns (uint256) {
        unchecked {
            return startOf(EXECUTION) + 64;
        }
    }

    /// @dev Without a branch: what is shorter than a selector has the selector zero.
    function _head(uint256 target, uint256 p, uint256 length) private pure returns (uint256 head) {
        assembly ("memory-safe") {
            head := or(or(shl(48, target), shl(16, mul(gt(length, 3), shr(224, calldataload(p))))), length)
        }
    }

    function _isForbidden(uint256 target) private view returns (bool forbidden) {
        (address manager_, address self_) = (manager, self);
        uint256 delegator = wordAt(DELEGATOR);
        assembly ("memory-safe") {
            forbidden := or(or(eq(target, delegator), eq(target, manager_)), eq(target, self_))
        }
    }
}
