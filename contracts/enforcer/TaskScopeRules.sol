// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {holds, isOneOf} from "./Conditions.sol";
import {Executions} from "./Executions.sol";
import {delegation} from "./HookCall.sol";
import {
    BUDGETS,
    CAP,
    CHARGED,
    CONFIRM,
    COUNT,
    COUNTERS,
    DATA,
    END,
    FITTING,
    HEAD,
    LEFT,
    MEASURED_AT,
    NUMBER,
    RULES,
    RULES_AT,
    SPENT,
    THRESHOLDS_AT,
    VALUE
} from "./Judgement.sol";
import {TaskScopeCounters} from "./TaskScopeCounters.sol";
import {
    AT_MOST,
    BITS,
    BY_BALANCE,
    BY_COUNT,
    BY_VALUE,
    EQUAL,
    LONGER,
    MEASURED,
    ONE_OF,
    RULE_HEADER,
    WITH_ALLOWANCE,
    WITH_VALUE,
    weightAt
} from "./TaskScopeTerms.sol";
import {allocate, byteOf, leading, memoryAt, modOf, put, quotient, shifted, wordAt} from "./Words.sol";

/// @title TaskScopeRules
/// @notice Looks for the rule that admits an execution, and charges its budgets in memory.
abstract contract TaskScopeRules is Executions, TaskScopeCounters {
    uint256 private constant NO_RULE = 255;

    /// @dev The number of the first rule that admits the execution, whose budgets are charged with it.
    function _admit() internal view returns (uint256 rule) {
        unchecked {
            uint256 p = _get(RULES_AT);
            uint256 number = _get(NUMBER);
            uint256 fitting;
            while (true) {
                if (rule == _get(RULES)) {
                    if (fitting == 0) revert NotAdmitted(delegation(), number, NO_RULE, Reason.NoRule, 0, 0, 0, _get(HEAD) >> 48);
                    // Once more: nothing was charged, so the same rule fails in the same way, and says how.
                    _set(FITTING, fitting);
                    p = _get(RULES_AT);
                    rule = 0;
                }
                uint256 head = wordAt(p);
                uint256 next = p + RULE_HEADER + (shifted(head, 8) & 0xffff);
                if (next > _get(END)) revert MalformedTerms(delegation());
                // Nested rather than joined: `&&` and `||` cost twice what they save here.
                if (_get(HEAD) != shifted(head, 48)) {
                    if (!_fitsLonger(_get(HEAD), head)) {
                        p = next;
                        ++rule;
                        continue;
                    }
                }
                if (_passes(p, next, head)) {
                    if (head & WITH_ALLOWANCE << 40 != 0) _set(NUMBER, number + 2);
                    break;
                }
                // Where there were three to read; a single execution is no batch to read from.
                if (head & WITH_ALLOWANCE << 40 != 0 && _get(COUNT) > 2) _readAgain(number);
                if (fitting == 0) fitting = rule + 1;
                p = next;
                ++rule;
            }
        }
    }

    /// @dev The same target and selector, and calldata as long as the rule says or, where that may be, longer.
    function _fitsLonger(uint256 asked, uint256 head) private pure returns (bool) {
        unchecked {
            return (head >> 40) & LONGER != 0 && (asked ^ head >> 48) >> 16 == 0 && asked & 0xffff >= (head >> 48) & 0xffff;
        }
    }

    /// @dev Whether a rule of the right shape admits the execution: approvals, value, conditions, budgets.
    ///
    /// Leaves early. Functions that leave at their end only are inlined by the optimizer, and cost 290 gas more an execution.
    function _passes(uint256 p, uint256 end, uint256 head) private view returns (bool) {
        unchecked {
            p += RULE_HEADER;
            uint256 most;
            // Any flag but that for longer calldata, or the byte that is zero.
            if (head & 0xfe00000000ff != 0) {
                if (head & 0xf000000000ff != 0) revert MalformedTerms(delegation());
                if (head & WITH_VALUE << 40 != 0) {
                    most = wordAt(p) >> 160;
                    p += 12;
                }
                if (head & WITH_ALLOWANCE << 40 != 0) {
                    if (!_isApproved(p, head)) return false;
                    p += 27;
                }
            }
            if (_get(VALUE) > most) return _fail(Reason.Value, 0, most, 0, _get(VALUE));
            p = _meets(p, head);
            if (p == 0) return false;
            // Most rules charge one budget with one argument: the others take the longer way.
            uint256 charge = wordAt(p);
            if ((byteOf(head, 28) ^ 1) | (head & MEASURED << 40) | byteOf(charge, 2) | _get(THRESHOLDS_AT) != 0) {
                return _chargeAll(p, end, head);
            }
            if (p + 3 != end) revert MalformedTerms(delegation());
            uint256 b = byteOf(charge, 0);
            charge = byteOf(charge, 1);
            charge = charge < BY_BALANCE ? wordAt(_get(DATA) + 4 + (charge << 5)) : _amount(charge);
            if (b >= _get(BUDGETS)) revert MalformedTerms(delegation());
            uint256 counter = _get(COUNTERS + (b << 5));
            if (counter == 0) counter = _loadCounter(b);
            if (_charge(counter, charge)) return true;
            return _failBudget(b, counter, charge);
        }
    }

    /// @dev The place after the conditions; zero where one of them does not hold.
    function _meets(uint256 p, uint256 head) private pure returns (uint256) {
        unchecked {
            uint256 data = _get(DATA) + 4;
            for (uint256 n = byteOf(head, 27); n != 0; --n) {
                uint256 descriptor = wordAt(p);
                uint256 word = wordAt(data + ((descriptor >> 235) & 0x1fe0));
                uint256 size = byteOf(descriptor, 3);
                uint256 operation = byteOf(descriptor, 0);
                p += 4;
                if (operation == ONE_OF) {
                    uint256 count = byteOf(descriptor, 2);
                    // First the entry that a batch over the whole list would meet: ten payments to ten payees look ten times.
                    if (leading(wordAt(p + size * modOf(_get(NUMBER), count)), size) != word) {
                        if (!isOneOf(p, count, size, word)) return _failCondition(head, n, leading(wordAt(p), size), word);
                    }
                    p += count * size;
                } else {
                    uint256 operand = leading(wordAt(p), size);
                    p += size;
                    if (operation == AT_MOST) {
                        if (word > operand) return _failCondition(head, n, operand, word);
                    } else if (operation == EQUAL) {
                        if (word != operand) return _failCondition(head, n, operand, word);
                    } else {
                        if (!holds(data, _get(HEAD) & 0xffff, descriptor, operand, word, p)) return _failCondition(head, n, operand, word);
                        if (operation == BITS) p += size;
                    }
                }
            }
            return p;
        }
    }

    /// @param n How many conditions are left, with this one.
    function _failCondition(uint256 head, uint256 n, uint256 operand, uint256 word) private pure returns (uint256) {
        unchecked {
            _fail(Reason.Condition, byteOf(head, 27) - n, operand, 0, word);
            return 0;
        }
    }

    function _amount(uint256 source) private pure returns (uint256) {
        unchecked {
            if (source < BY_BALANCE) return wordAt(_get(DATA) + 4 + (source << 5));
            return source == BY_VALUE ? _get(VALUE) : source == BY_COUNT ? 1 : 0;
        }
    }

    /// @dev All charges of a rule, or none. What one call charges to one budget is one charge: thresholds and refusals speak of the
    /// sum.
    function _chargeAll(uint256 p, uint256 end, uint256 head) private view returns (bool) {
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
                uint256 charge = _amount(byteOf(wordAt(p), 1));
                // Above every cap rather than overflowing, with any weight.
                sum += charge > quotient(type(uint128).max, weight) ? type(uint128).max : charge * weight;
                p = next;
                if (charges != 1 && byteOf(wordAt(p), 0) == b) continue;
                uint256 counter = _counter(b);
                put(last, counter);
                put(last + 32, memoryAt(counter + LEFT));
                put(last + 64, memoryAt(counter + SPENT));
                put(last + 96, memoryAt(counter + CHARGED));
                if (!_charge(counter, sum)) {
                    _undo(kept, last);
                    return _failBudget(b, counter, sum);
                }
                last += 128;
                if (_get(THRESHOLDS_AT) != 0 && sum > wordAt(_get(THRESHOLDS_AT) + 15 * b) >> 136) confirm = 1;
                sum = 0;
            }
            if (p + (measured == 0 ? 0 : 40) != end) revert MalformedTerms(delegation());
            _set(CONFIRM, _get(CONFIRM) | confirm);
            _set(MEASURED_AT, _get(MEASURED_AT) | measured);
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
    /// so, the execution that is looked at becomes the call, and what follows goes on after the third.
    function _isApproved(uint256 p, uint256 head) private view returns (bool) {
        unchecked {
            uint256 call = wordAt(p);
            uint256 spender = call >> 96;
            uint256 asked = wordAt(_get(DATA) + 4);
            if (_get(HEAD) != head >> 48 || _get(VALUE) != 0 || _get(COUNT) - _get(NUMBER) < 3 || asked != spender) {
                return _fail(Reason.Allowance, 0, spender, 0, asked);
            }
            uint256 amount = wordAt(_get(DATA) + 36);
            uint256 number = _get(NUMBER);
            _set(NUMBER, number + 1);
            _readNext();
            (uint256 callHead, uint256 value, uint256 data) = (_get(HEAD), _get(VALUE), _get(DATA));
            asked = wordAt(data + 4 + (byteOf(call, 26) << 5));
            if (asked != amount || callHead != call >> 48 && !_fitsLonger(callHead, call >> 48 << 48 | head & 0xffffffffffff)) {
                _set(NUMBER, number);
                return _fail(Reason.Allowance, 1, amount, 0, asked);
            }
            _set(NUMBER, number + 2);
            _readNext();
            asked = wordAt(_get(DATA) + 36);
            if (_get(HEAD) != head >> 48 || _get(VALUE) != 0 || wordAt(_get(DATA) + 4) != spender || asked != 0) {
                _set(NUMBER, number);
                return _fail(Reason.Allowance, 2, 0, 0, asked);
            }
            _set(HEAD, callHead);
            _set(VALUE, value);
            _set(DATA, data);
            _set(NUMBER, number + 1);
            return true;
        }
    }

    function _failBudget(uint256 b, uint256 counter, uint256 charge) private pure returns (bool) {
        return _fail(Reason.Budget, b, memoryAt(counter + CAP), _used(counter), charge);
    }

    function _fail(Reason reason, uint256 index, uint256 limit, uint256 used, uint256 requested) private pure returns (bool) {
        unchecked {
            uint256 fitting = _get(FITTING);
            if (fitting != 0) revert NotAdmitted(delegation(), _get(NUMBER), fitting - 1, reason, index, limit, used, requested);
            return false;
        }
    }
}
