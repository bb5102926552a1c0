// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {holds, isOneOf} from "./Conditions.sol";
import {TaskScopeCounters} from "./TaskScopeCounters.sol";
import {
    AT_MOST,
    BITS,
    BY_BALANCE,
    BY_COUNT,
    BY_VALUE,
    EQUAL,
    HEADER,
    LONGER,
    MEASURED,
    ONE_OF,
    RULE_HEADER,
    VERSION_BITS,
    WITH_ALLOWANCE,
    WITH_CALLS,
    WITH_CONFIRMER,
    WITH_KEY,
    WITH_MEASURED,
    WITH_VALUE,
    weightAt
} from "./TaskScopeTerms.sol";
import {allocate, byteOf, leading, memoryAt, modOf, placeOf, put, putByte, quotient, shifted, wordAt, zeros} from "./Words.sol";

/// @title TaskScopeJudge
/// @notice Decides whether the terms admit an execution, and what that charges. Writes nothing.
abstract contract TaskScopeJudge is TaskScopeCounters {
    bytes32 internal constant SINGLE = bytes32(0);
    bytes32 internal constant BATCH = bytes32(uint256(1) << 248);
    uint256 private constant NO_RULE = 255;

    /// @dev Places of the judgement's members that are read without the struct: functions that return one would clear it first.
    uint256 internal constant COUNTERS = 32;
    uint256 internal constant BUDGETS = 64;
    uint256 internal constant MEASURED_AT = 96;
    uint256 internal constant CONFIRM = 128;

    /// @dev One execution. `head`: target, selector and length as a rule has them; `p`: where its calldata starts.
    struct Item {
        uint256 head;
        uint256 value;
        uint256 p;
        uint256 number;
        /// Of the batch: how many, where the tuples start, offset of the one after this.
        uint256 count;
        uint256 start;
        uint256 next;
        uint256 delegator;
        /// The first rule of the right shape, whose failure is thrown when no rule admits.
        uint256 fitting;
        bool explain;
    }

    /// @dev The only caller of the hooks. Not a function of its own: that would cost 88 gas a redemption and hop.
    address internal immutable manager;
    address internal immutable self;

    constructor(address manager_, address self_) {
        manager = manager_;
        self = self_;
    }

    /// @return place Of the judgement in memory.
    /// @return first Rule of the first execution (8 bits) and how many there are (8), as events have them.
    /// @return calls To store beside the first counter; zero where they are not counted.
    /// @return rules The rule of each execution of a batch; empty where all are the same.
    function _judge(
        bytes calldata terms,
        bytes32 mode,
        bytes calldata execution,
        bytes32 delegationHash,
        address delegator,
        address redeemer
    ) internal view returns (uint256 place, uint256 first, uint256 calls, bytes memory rules) {
        uint256 p = placeOf(terms);
        uint256 head = wordAt(p);
        if (terms.length < HEADER) revert MalformedTerms(_delegation());
        _checkHead(head, wordAt(p + 12) << 32 >> 32, delegator);
        unchecked {
            uint256 end = p + terms.length;
            p += HEADER;
            if (head & (WITH_KEY | WITH_CONFIRMER) << 240 != 0) p += 20 * (((head >> 240) & 1) + ((head >> 241) & 1));
            if (head & WITH_CALLS << 240 != 0) {
                // Not zero, even where the terms are so malformed that no call is allowed.
                calls = wordAt(p) >> 200 | 1 << 56;
                p += 7;
            }
            uint256 n = byteOf(head, 13);
            if (n != 0) p = _checkRedeemer(p, n, redeemer);
            n = byteOf(head, 14);
            uint256 pBudgets = p;
            p += 20 * n;
            uint256 pThresholds;
            if (head & WITH_CONFIRMER << 240 != 0) {
                pThresholds = p;
                p += 15 * n;
            }
            // Nothing above was checked to lie in the terms: the rules' ends are, and they come last.
            Judgement memory j = Judgement(
                uint256(delegationHash), 0, n, 0, 0, (head >> 200) & 0xffffffffff, pBudgets, pThresholds, p, end, byteOf(head, 15)
            );
            // After the judgement, whose place is then a plain number.
            j.counters = zeros(n);
            assembly ("memory-safe") {
                place := j
            }
            uint256 actions;
            if (mode == SINGLE) {
                first = _single(j, execution, delegator) << 248 | 1 << 240;
                actions = 1;
            } else {
                uint256 most = byteOf(head, 12);
                if (mode != BATCH) revert UnsupportedMode(_delegation(), mode);
                if (most == 0) revert UnsupportedMode(_delegation(), mode);
                (first, actions, rules) = _batch(j, execution, delegator, most);
            }
            if (j.measured != 0) _checkMeasured(head, actions);
            if (calls != 0) calls = _countCalls(j, calls, actions);
        }
    }

    function _checkHead(uint256 head, uint256 group, address delegator) private view {
        if (head >> 244 != VERSION_BITS) revert UnknownVersion(_delegation(), byteOf(head, 0), byteOf(head, 1));
        uint256 notBefore = (head >> 200) & 0xffffffffff;
        if (block.timestamp < notBefore) revert TooEarly(_delegation(), notBefore, block.timestamp);
        uint256 expiry = (head >> 160) & 0xffffffffff;
        if (block.timestamp >= expiry) revert Expired(_delegation(), expiry, block.timestamp);
        if (_load(_groupSlot(delegator, group)) != 0) {
            revert GroupEnded(_delegation(), delegator, bytes8(uint64(group >> 160)), address(uint160(group)));
        }
    }

    function _checkRedeemer(uint256 p, uint256 n, address redeemer) private pure returns (uint256) {
        unchecked {
            for (uint256 k; k < n; ++k) {
                if (wordAt(p + 20 * k) >> 96 == uint160(redeemer)) return p + 20 * n;
            }
            revert RedeemerNotAllowed(_delegation(), redeemer);
        }
    }

    /// @dev What the account loses in one redemption cannot be told apart by action, nor be confirmed before it is known. The flag
    /// in the header is what makes the hooks look for what is open.
    function _checkMeasured(uint256 head, uint256 actions) private pure {
        if (head & WITH_MEASURED << 240 == 0) revert MalformedTerms(_delegation());
        if (actions != 1 || head & WITH_CONFIRMER << 240 != 0) revert MeasuredAlone(_delegation());
    }

    function _single(Judgement memory j, bytes calldata execution, address delegator) private view returns (uint256 rule) {
        unchecked {
            if (execution.length < 52) revert MalformedExecution(_delegation());
            uint256 p = placeOf(execution);
            uint256 length = execution.length - 52;
            if (length > 0xffff) revert MalformedExecution(_delegation());
            uint256 target = wordAt(p) >> 96;
            if (_isForbidden(target, uint160(delegator))) revert ForbiddenTarget(_delegation(), 0, address(uint160(target)));
            Item memory item = Item(_head(target, p + 52, length), wordAt(p + 20), p + 52, 0, 1, 0, 0, 0, 0, false);
            rule = _admit(j, item);
        }
    }

    /// @dev Without a branch: what is shorter than a selector has the selector zero.
    function _head(uint256 target, uint256 p, uint256 length) private pure returns (uint256 head) {
        assembly ("memory-safe") {
            head := or(or(shl(48, target), shl(16, mul(gt(length, 3), shr(224, calldataload(p))))), length)
        }
    }

    function _isForbidden(uint256 target, uint256 delegator) private view returns (bool forbidden) {
        (address manager_, address self_) = (manager, self);
        assembly ("memory-safe") {
            forbidden := or(or(eq(target, delegator), eq(target, manager_)), eq(target, self_))
        }
    }

    /// @return first Rule of the first execution and how many there are, as the event has them.
    /// @return actions Executions, each triple with approvals counted once.
    /// @return rules The rule of each execution; empty where all are the same.
    function _batch(Judgement memory j, bytes calldata execution, address delegator, uint256 most)
        private
        view
        returns (uint256 first, uint256 actions, bytes memory rules)
    {
        unchecked {
            uint256 start = placeOf(execution);
            uint256 n = wordAt(start + 32);
            if (n > most) revert TooManyExecutions(_delegation(), most, n);
            if (execution.length < 64 + 32 * n) revert MalformedExecution(_delegation());
            if (wordAt(start) != 32) revert MalformedExecution(_delegation());
            if (n == 0) revert MalformedExecution(_delegation());
            start += 64;
            // Not cleared: every byte is put.
            uint256 record = allocate(96 + n & ~uint256(31));
            put(record, n);
            Item memory item = Item(0, 0, 0, 0, n, start, 32 * n, uint160(delegator), 0, false);
            uint256 differ;
            uint256 i;
            do {
                item.number = i;
                _read(item);
                uint256 rule = _admit(j, item);
                if (i == 0) first = rule;
                differ |= first ^ rule;
                ++actions;
                do {
                    putByte(record + 32 + i, rule);
                } while (++i <= item.number);
            } while (i < n);
            if (item.next + 64 != execution.length) revert MalformedExecution(_delegation());
            first = first << 248 | n << 240;
            if (differ != 0) {
                assembly ("memory-safe") {
                    rules := record
                }
            }
        }
    }

    /// @dev Reads the execution at `item.next`, and moves that on. Only the canonical encoding of `Execution[]`: nothing overlaps,
    /// nothing is left over, nothing is out of order, and what fills the last word is zero.
    function _read(Item memory item) private view {
        unchecked {
            uint256 offset = item.next;
            uint256 p = item.start + offset;
            uint256 target = wordAt(p);
            uint256 length = wordAt(p + 96);
            if (
                (wordAt(item.start + (item.number << 5)) ^ offset) | (target >> 160) | (wordAt(p + 64) ^ 96) | (length >> 16)
                    | leading(wordAt(p + 128 + length), (0 - length) & 31) != 0
            ) revert MalformedExecution(_delegation());
            if (_isForbidden(target, item.delegator)) revert ForbiddenTarget(_delegation(), item.number, address(uint160(target)));
            item.head = _head(target, p + 128, length);
            item.value = wordAt(p + 32);
            item.p = p + 128;
            item.next = offset + 128 + ((length + 31) & ~uint256(31));
        }
    }

    /// @dev The number of the first rule that admits the execution, whose budgets are charged with it.
    function _admit(Judgement memory j, Item memory item) private view returns (uint256) {
        unchecked {
            uint256 p = j.pRules;
            uint256 n = j.rules;
            uint256 number = item.number;
            uint256 fitting = NO_RULE;
            for (uint256 rule; rule < n; ++rule) {
                uint256 head = wordAt(p);
                uint256 next = p + RULE_HEADER + (shifted(head, 8) & 0xffff);
                if (next > j.pEnd) revert MalformedTerms(_delegation());
                // Nested rather than joined: `&&` and `||` cost twice what they save here.
                if (item.head != shifted(head, 48)) {
                    if (!_fitsLonger(item.head, head)) {
                        p = next;
                        continue;
                    }
                }
                if (_passes(j, item, p, next, head)) {
                    if (head & (MEASURED | WITH_ALLOWANCE) << 40 != 0) {
                        if (head & MEASURED << 40 != 0) j.measured |= rule << 248;
                        if (head & WITH_ALLOWANCE << 40 != 0) ++item.number;
                    }
                    return rule;
                }
                if (item.number != number) _rewind(item, number);
                if (fitting == NO_RULE) fitting = rule;
                p = next;
            }
            if (fitting == NO_RULE) revert NotAdmitted(_delegation(), number, NO_RULE, Reason.NoRule, 0, 0, 0, item.head >> 48);
            // Once more: nothing was charged, so the same rule fails in the same way, and says how.
            item.fitting = fitting;
            item.explain = true;
            return _admit(j, item);
        }
    }

    /// @dev Reads the execution again that a rule with approvals has moved on from.
    function _rewind(Item memory item, uint256 number) private view {
        item.number = number;
        item.next = wordAt(item.start + (number << 5));
        _read(item);
    }

    /// @dev The same target and selector, and calldata as long as the rule says or, where that may be, longer.
    function _fitsLonger(uint256 asked, uint256 head) private pure returns (bool) {
        unchecked {
            return (head >> 40) & LONGER != 0 && (asked ^ head >> 48) >> 16 == 0 && asked & 0xffff >= (head >> 48) & 0xffff;
        }
    }

    /// @dev Whether a rule of the right shape admits the execution: approvals, value, conditions, budgets.
    function _passes(Judgement memory j, Item memory item, uint256 p, uint256 end, uint256 head) private view returns (bool) {
        unchecked {
            p += RULE_HEADER;
            uint256 most;
            // Any flag but that for longer calldata, or the byte that is zero.
            if (head & 0xfe00000000ff != 0) {
                if (head & 0xf000000000ff != 0) revert MalformedTerms(_delegation());
                if (head & WITH_VALUE << 40 != 0) {
                    most = wordAt(p) >> 160;
                    p += 12;
                }
                if (head & WITH_ALLOWANCE << 40 != 0) {
                    if (!_isApproved(item, p, head)) return false;
                    p += 27;
                }
            }
            if (item.value > most) return _fail(item, Reason.Value, 0, most, 0, item.value);
            p = _meets(item, p, head);
            if (p == 0) return false;
            // Most rules charge one budget with one argument: the others take the longer way.
            uint256 charge = wordAt(p);
            if ((byteOf(head, 28) ^ 1) | (head & MEASURED << 40) | byteOf(charge, 2) | j.pThresholds != 0) {
                return _chargeAll(j, item, p, end, head);
            }
            if (p + 3 != end) revert MalformedTerms(_delegation());
            uint256 b = byteOf(charge, 0);
            charge = byteOf(charge, 1);
            charge = charge < BY_BALANCE ? wordAt(item.p + 4 + (charge << 5)) : _amount(item, charge);
            if (b >= j.budgets) revert MalformedTerms(_delegation());
            uint256 counter = memoryAt(j.counters + (b << 5));
            if (counter == 0) counter = _loadCounter(j, b);
            if (_charge(counter, charge)) return true;
            return _failBudget(item, b, counter, charge);
        }
    }

    /// @dev The place after the conditions; zero where one of them does not hold.
    function _meets(Item memory item, uint256 p, uint256 head) private pure returns (uint256) {
        unchecked {
            uint256 data = item.p + 4;
            for (uint256 n = byteOf(head, 27); n != 0; --n) {
                uint256 descriptor = wordAt(p);
                uint256 word = wordAt(data + ((descriptor >> 235) & 0x1fe0));
                uint256 size = byteOf(descriptor, 3);
                uint256 operation = byteOf(descriptor, 0);
                p += 4;
                if (operation == ONE_OF) {
                    uint256 count = byteOf(descriptor, 2);
                    // First the entry that a batch over the whole list would meet: ten payments to ten payees look ten times.
                    if (leading(wordAt(p + size * modOf(item.number, count)), size) != word) {
                        if (!isOneOf(p, count, size, word)) return _failCondition(item, head, n, leading(wordAt(p), size), word);
                    }
                    p += count * size;
                } else {
                    uint256 operand = leading(wordAt(p), size);
                    p += size;
                    if (operation == AT_MOST) {
                        if (word > operand) return _failCondition(item, head, n, operand, word);
                    } else if (operation == EQUAL) {
                        if (word != operand) return _failCondition(item, head, n, operand, word);
                    } else {
                        if (!holds(data, item.head & 0xffff, descriptor, operand, word, p)) return _failCondition(item, head, n, operand, word);
                        if (operation == BITS) p += size;
                    }
                }
            }
            return p;
        }
    }

    /// @param n How many conditions are left, with this one.
    function _failCondition(Item memory item, uint256 head, uint256 n, uint256 operand, uint256 word) private pure returns (uint256) {
        unchecked {
            _fail(item, Reason.Condition, byteOf(head, 27) - n, operand, 0, word);
            return 0;
        }
    }

    function _amount(Item memory item, uint256 source) private pure returns (uint256) {
        unchecked {
            if (source < BY_BALANCE) return wordAt(item.p + 4 + (source << 5));
            return source == BY_VALUE ? item.value : source == BY_COUNT ? 1 : 0;
        }
    }

    /// @dev All charges of a rule, or none. What one call charges to one budget is one charge: thresholds and refusals speak of the
    /// sum.
    function _chargeAll(Judgement memory j, Item memory item, uint256 p, uint256 end, uint256 head) private view returns (bool) {
        unchecked {
            uint256 charges = byteOf(head, 28);
            uint256 measured = head & MEASURED << 40 == 0 ? 0 : charges << 240 | p;
            uint256 kept = allocate(charges << 7);
            uint256 last = kept;
            uint256 confirm;
            uint256 sum;
            for (; charges != 0; --charges) {
                uint256 b = byteOf(wordAt(p), 0);
                (uint256 next, uint256 weight) = weightAt(p);
                uint256 charge = _amount(item, byteOf(wordAt(p), 1));
                // Above every cap rather than overflowing, with any weight.
                sum += charge > quotient(type(uint128).max, weight) ? type(uint128).max : charge * weight;
                p = next;
                if (charges != 1 && byteOf(wordAt(p), 0) == b) continue;
                uint256 counter = _counter(j, b);
                put(last, counter);
                put(last + 32, memoryAt(counter + LEFT));
                put(last + 64, memoryAt(counter + SPENT));
                put(last + 96, memoryAt(counter + CHARGED));
                if (!_charge(counter, sum)) {
                    _undo(kept, last);
                    return _failBudget(item, b, counter, sum);
                }
                last += 128;
                if (j.pThresholds != 0 && sum > wordAt(j.pThresholds + 15 * b) >> 136) confirm = 1;
                sum = 0;
            }
            if (p + (measured == 0 ? 0 : 40) != end) revert MalformedTerms(_delegation());
            j.confirm |= confirm;
            j.measured |= measured;
            return true;
        }
    }

    /// @dev Takes back what a rule charged before one of its budgets refused.
    function _undo(uint256 kept, uint256 last) private pure {
        unchecked {
            while (last > kept) {
                last -= 128;
                uint256 counter = memoryAt(last);
                put(counter + LEFT, memoryAt(last + 32));
                put(counter + SPENT, memoryAt(last + 64));
                put(counter + CHARGED, memoryAt(last + 96));
            }
        }
    }

    /// @dev approve(target, amount), the call, approve(target, 0): an allowance never outlives the redemption. Where they stand
    /// so, `item` becomes the call, and what follows goes on after the third.
    function _isApproved(Item memory item, uint256 p, uint256 head) private view returns (bool) {
        unchecked {
            uint256 call = wordAt(p);
            uint256 spender = call >> 96;
            uint256 asked = wordAt(item.p + 4);
            if (item.head != head >> 48 || item.value != 0 || item.count - item.number < 3 || asked != spender) {
                return _fail(item, Reason.Allowance, 0, spender, 0, asked);
            }
            uint256 amount = wordAt(item.p + 36);
            Item memory second = Item(0, 0, 0, item.number + 1, item.count, item.start, item.next, item.delegator, 0, false);
            _read(second);
            asked = wordAt(second.p + 4 + (byteOf(call, 26) << 5));
            if (asked != amount || second.head != call >> 48 && !_fitsLonger(second.head, call >> 48 << 48 | head & 0xffffffffffff)) {
                return _fail(item, Reason.Allowance, 1, amount, 0, asked);
            }
            Item memory third = Item(0, 0, 0, item.number + 2, item.count, item.start, second.next, item.delegator, 0, false);
            _read(third);
            asked = wordAt(third.p + 36);
            if (third.head != item.head || third.value != 0 || wordAt(third.p + 4) != spender || asked != 0) {
                return _fail(item, Reason.Allowance, 2, 0, 0, asked);
            }
            (item.head, item.value, item.p) = (second.head, second.value, second.p);
            (item.number, item.next) = (item.number + 1, third.next);
            return true;
        }
    }

    function _failBudget(Item memory item, uint256 b, uint256 counter, uint256 charge) private pure returns (bool) {
        return _fail(item, Reason.Budget, b, memoryAt(counter + CAP), _used(counter), charge);
    }

    function _fail(Item memory item, Reason reason, uint256 index, uint256 limit, uint256 used, uint256 requested)
        private
        pure
        returns (bool)
    {
        if (item.explain) revert NotAdmitted(_delegation(), item.number, item.fitting, reason, index, limit, used, requested);
        return false;
    }

    /// @param group Group (8 bytes) ‖ guardian (20).
    function _groupSlot(address delegator, uint256 group) internal pure returns (uint256 slot) {
        assembly ("memory-safe") {
            mstore(0, delegator)
            mstore(32, group)
            slot := keccak256(0, 64)
        }
    }
}
