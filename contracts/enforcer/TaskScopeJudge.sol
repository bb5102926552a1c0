// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {DELEGATOR, MODE, REDEEMER, TERMS, delegation, lengthOf, startOf} from "./HookCall.sol";
import {
    BUDGETS,
    BUDGETS_AT,
    CALLS,
    COUNT,
    END,
    FIRST,
    MEASURED_AT,
    NUMBER,
    ORIGIN,
    RECORD,
    RULES,
    RULES_AT,
    THRESHOLDS_AT
} from "./Judgement.sol";
import {TaskScopeRules} from "./TaskScopeRules.sol";
import {HEADER, VERSION_BITS, WITH_CALLS, WITH_CONFIRMER, WITH_KEY, WITH_MEASURED} from "./TaskScopeTerms.sol";
import {allocate, byteOf, memoryAt, put, putByte, wordAt} from "./Words.sol";

/// @title TaskScopeJudge
/// @notice Decides whether the terms admit a redemption, and what that charges. Writes nothing.
abstract contract TaskScopeJudge is TaskScopeRules {
    uint256 private constant SINGLE = 0;
    uint256 private constant BATCH = 1 << 248;

    /// @dev Judges what the hook was called with, or refuses. What it would change stands in the judgement.
    function _judge() internal view {
        unchecked {
            uint256 p = startOf(TERMS);
            uint256 head = wordAt(p);
            if (lengthOf(TERMS) < HEADER) revert MalformedTerms(delegation());
            uint256 budgets = byteOf(head, 14);
            _openJudgement(budgets);
            _checkHead(head, wordAt(p + 12) << 32 >> 32);
            _set(BUDGETS, budgets);
            _set(ORIGIN, (head >> 200) & 0xffffffffff);
            _set(END, p + lengthOf(TERMS));
            _set(RULES, byteOf(head, 15));
            p += HEADER;
            if (head & (WITH_KEY | WITH_CONFIRMER) << 240 != 0) p += 20 * (((head >> 240) & 1) + ((head >> 241) & 1));
            if (head & WITH_CALLS << 240 != 0) {
                // Not zero, even where the terms are so malformed that no call is allowed.
                _set(CALLS, wordAt(p) >> 200 | 1 << 56);
                p += 7;
            }
            if (byteOf(head, 13) != 0) p = _checkRedeemer(p, byteOf(head, 13));
            _set(BUDGETS_AT, p);
            p += 20 * budgets;
            if (head & WITH_CONFIRMER << 240 != 0) {
                _set(THRESHOLDS_AT, p);
                p += 15 * budgets;
            }
            // Nothing above was checked to lie in the terms: the rules' ends are, and they come last.
            _set(RULES_AT, p);
            uint256 actions;
            if (wordAt(MODE) == SINGLE) {
                _readSingle();
                _set(FIRST, _admit() << 248 | 1 << 240);
                actions = 1;
            } else {
                if (wordAt(MODE) != BATCH) revert UnsupportedMode(delegation(), bytes32(wordAt(MODE)));
                if (byteOf(head, 12) == 0) revert UnsupportedMode(delegation(), bytes32(wordAt(MODE)));
                actions = _judgeBatch(byteOf(head, 12));
            }
            if (_get(MEASURED_AT) != 0) _checkMeasured(actions);
            if (_get(CALLS) != 0) _countCalls(actions);
        }
    }

    /// @param group Group (8 bytes) ‖ guardian (20).
    function _checkHead(uint256 head, uint256 group) private view {
        if (head >> 244 != VERSION_BITS) revert UnknownVersion(delegation(), byteOf(head, 0), byteOf(head, 1));
        uint256 notBefore = (head >> 200) & 0xffffffffff;
        if (block.timestamp < notBefore) revert TooEarly(delegation(), notBefore, block.timestamp);
        uint256 expiry = (head >> 160) & 0xffffffffff;
        if (block.timestamp >= expiry) revert Expired(delegation(), expiry, block.timestamp);
        if (_load(_groupSlot(wordAt(DELEGATOR), group)) != 0) {
            revert GroupEnded(delegation(), address(uint160(wordAt(DELEGATOR))), bytes8(uint64(group >> 160)), address(uint160(group)));
        }
    }

    function _checkRedeemer(uint256 p, uint256 n) private pure returns (uint256) {
        unchecked {
            uint256 redeemer = wordAt(REDEEMER);
            for (uint256 k; k < n; ++k) {
                if (wordAt(p + 20 * k) >> 96 == redeemer) return p + 20 * n;
            }
            revert RedeemerNotAllowed(delegation(), address(uint160(redeemer)));
        }
    }

    /// @dev What the account loses in one redemption cannot be told apart by action, nor be confirmed before it is known. The flag
    /// in the header is what makes the hooks look for what is open.
    function _checkMeasured(uint256 actions) private pure {
        unchecked {
            uint256 flags = byteOf(wordAt(startOf(TERMS)), 1);
            if (flags & WITH_MEASURED == 0) revert MalformedTerms(delegation());
            if (actions != 1 || flags & WITH_CONFIRMER != 0) revert MeasuredAlone(delegation());
            _set(MEASURED_AT, _get(MEASURED_AT) | (_get(FIRST) >> 248 << 248));
        }
    }

    /// @return actions Executions, each triple with approvals counted once.
    function _judgeBatch(uint256 most) private view returns (uint256 actions) {
        unchecked {
            uint256 n = _openBatch(most);
            // Not cleared: every byte is put.
            uint256 record = allocate(96 + n & ~uint256(31));
            put(record, n);
            uint256 differ;
            // Left by a `break`: `do … while` would look at a flag of its own each time, for 25 gas.
            for (uint256 i;;) {
                _readNext();
                uint256 rule = _admit();
                ++actions;
                // Three executions are one action where they are an allowance: the last of them is where it stands now.
                for (uint256 last = _get(NUMBER); i < last; ++i) putByte(record + 32 + i, rule);
                putByte(record + 32 + i, rule);
                differ |= rule ^ byteOf(memoryAt(record + 32), 0);
                if (++i == n) break;
                _set(NUMBER, i);
            }
            _closeBatch();
            _set(FIRST, byteOf(memoryAt(record + 32), 0) << 248 | n << 240);
            if (differ != 0) _set(RECORD, record);
        }
    }

    /// @param group Group (8 bytes) ‖ guardian (20).
    function _groupSlot(uint256 delegator, uint256 group) internal pure returns (uint256 slot) {
        assembly ("memory-safe") {
            mstore(0, delegator)
            mstore(32, group)
            slot := keccak256(0, 64)
        }
    }
}
