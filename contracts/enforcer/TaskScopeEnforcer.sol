// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SpendCounter} from "./SpendCounter.sol";

/// @title TaskScopeEnforcer
/// @notice Carries a whole task scope in one caveat of a delegation: rules, budgets, calls, times, group, requests, confirmation.
///
/// Terms, version 1: packed, big-endian, without gaps.
///
/// | Bytes | Header (44) |
/// |---|---|
/// | 1 | version, 1 |
/// | 1 | flags: 1 request key, 2 confirmer, 4 calls |
/// | 5 | not before, unix seconds, inclusive; origin of fixed windows |
/// | 5 | expiry, unix seconds, exclusive |
/// | 1 | most executions in one redemption; 0: single mode only |
/// | 1, 1, 1 | redeemers (0: whoever the delegation names), budgets, rules |
/// | 8, 20 | group, guardian (zero: none) |
///
/// | Bytes | Then |
/// |---|---|
/// | 20 | request key, with flag 1 |
/// | 20 | confirmer, with flag 2 |
/// | 3, 4 | most calls, period in seconds (0: for ever), with flag 4 |
/// | 20 each | redeemers |
/// | 20 each | budgets: rolling (1 bit) and shift (7), period 4 (0: lifetime), cap 15, base units, at most 2^112 - 1 |
/// | 15 each | thresholds of the budgets, base units, above which the confirmer signs, with flag 2 |
///
/// | Bytes | Then each rule |
/// |---|---|
/// | 20, 4, 2 | target, selector, calldata length; the last two zero: empty calldata |
/// | 1 | flags: 1 calldata may be longer, 2 value, 4 allowance, 8 measured |
/// | 1, 1, 2, 1 | conditions, charges, bytes that follow, zero |
/// | 12 | most native value, wei, with flag 2; else none may be sent |
/// | 20, 1 | asset to approve, word that holds the amount, with flag 4 |
/// | 4 + n each | conditions: operation 1, word 1, width or count 1, size 1, operands of that size |
/// | 3 + n each | charges, ordered by budget: budget 1, source 1, weight size 1, weight (absent: 1) |
/// | 20, 20 | asset (zero: native) and account whose balance is measured, with flag 8 |
contract TaskScopeEnforcer {
    using SpendCounter for uint256;

    /// @notice Not to be called by anyone but the manager.
    error NotManager(address caller);
    error UnknownVersion(uint256 version);
    error MalformedTerms();
    error MalformedExecution();
    error MalformedArgs();
    /// @notice Neither single nor batch in default mode, or batch where the terms allow single only.
    error UnsupportedMode(bytes32 mode);
    /// @notice The manager, the delegator and this contract are no targets, whatever the terms say.
    error ForbiddenTarget(uint256 item, address target);
    error TooEarly(uint256 notBefore, uint256 time);
    error Expired(uint256 expiry, uint256 time);
    error GroupEnded(address delegator, bytes8 group, address guardian);
    error RedeemerNotAllowed(address redeemer);
    error TooManyExecutions(uint256 limit, uint256 requested);
    error CallsExceeded(uint256 limit, uint256 used, uint256 requested);
    /// @param item Number of the execution in the batch.
    /// @param rule The first rule for this target, selector and length; `NO_RULE` where there is none.
    /// @param index Of the condition, or of the budget.
    /// @param limit Operand of the condition, most native value, or cap in base units.
    /// @param used Of the budget, base units; zero for others.
    /// @param requested Word that the condition looked at, native value, or charge in base units.
    error NotAdmitted(uint256 item, uint256 rule, Reason reason, uint256 index, uint256 limit, uint256 used, uint256 requested);
    error RequestExpired(uint256 deadline, uint256 time);
    error RequestUsed(uint256 number);
    error NotSignedBy(address key, bytes32 digest);
    error NotConfirmed(address confirmer, bytes32 digest);
    /// @notice A measured rule does not share a redemption with any other action.
    error MeasuredAlone();
    error Reentered(bytes32 delegationHash);
    error NotYours(address caller);

    enum Reason {
        NoRule,
        Value,
        Condition,
        Allowance,
        Budget
    }

    /// @notice A redemption passed.
    /// @param action keccak256(mode ‖ execution).
    /// @param first Rule of the first execution (8 bits) ‖ executions (8) ‖ first budget charged (16; 65,535: none) ‖ spent of it
    /// (112) ‖ left of it (112), base units.
    event Redeemed(bytes32 indexed delegationHash, bytes32 action, uint256 first);
    /// @notice What does not fit `Redeemed`: the rule of each execution of a batch; the other budgets charged.
    /// @param budgets Number (32 bits) ‖ spent (112) ‖ left (112).
    event RedeemedMore(bytes32 indexed delegationHash, bytes rules, uint256[] budgets);
    /// @notice What a measured rule turned out to have spent.
    event Measured(bytes32 indexed delegationHash, uint256 decrease, uint256[] budgets);
    event Ended(address indexed delegator, bytes8 indexed group, address indexed guardian, address by);
    event RequestBurned(bytes32 indexed delegationHash, address indexed key, uint256 number);

    /// @notice The only caller of the hooks.
    address public immutable manager;

    uint256 private constant NO_RULE = 255;

    bytes32 private constant SINGLE = bytes32(0);
    bytes32 private constant BATCH = bytes32(uint256(1) << 248);

    uint256 private constant HEADER = 44;
    uint256 private constant WITH_KEY = 1;
    uint256 private constant WITH_CONFIRMER = 2;
    uint256 private constant WITH_CALLS = 4;

    uint256 private constant LONGER = 1;
    uint256 private constant WITH_VALUE = 2;
    uint256 private constant WITH_ALLOWANCE = 4;
    uint256 private constant MEASURED = 8;

    uint256 private constant EQUAL = 1;
    uint256 private constant NOT_EQUAL = 2;
    uint256 private constant AT_MOST = 3;
    uint256 private constant AT_LEAST = 4;
    uint256 private constant SIGNED_AT_MOST = 5;
    uint256 private constant SIGNED_AT_LEAST = 6;
    uint256 private constant ONE_OF = 7;
    uint256 private constant BITS = 8;
    uint256 private constant LENGTH_AT_MOST = 9;
    uint256 private constant HASH = 10;

    uint256 private constant BY_BALANCE = 0xfd;
    uint256 private constant BY_COUNT = 0xfe;
    uint256 private constant BY_VALUE = 0xff;

    /// @dev `approve(address,uint256)`, calldata length 68: as a rule's header has them.
    uint256 private constant APPROVE = 0x095ea7b30044;

    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant REQUEST_TYPE =
        keccak256("Request(bytes32 delegation,bytes32 mode,bytes execution,uint256 number,uint256 deadline)");

    /// @dev What one redemption would change; `p` names mean places in calldata.
    struct Judgement {
        uint256 hash;
        uint256 origin;
        uint256 pBudgets;
        uint256 pThresholds;
        uint256 pRules;
        uint256 pEnd;
        uint256 rules;
        /// Where the counters' places in memory are: one for each budget, null until it is charged.
        uint256 counters;
        uint256 budgets;
    }

    /// @dev Of a counter in memory: the word as stored; its spent part, aged; the sum of that, and the cap, in units; the cap
    /// in base units; the shift between the two.
    uint256 private constant STORED = 0;
    uint256 private constant SPENT = 32;
    uint256 private constant USED = 64;
    uint256 private constant CAP_UNITS = 96;
    uint256 private constant CAP = 128;
    uint256 private constant SHIFT = 160;
    uint256 private constant COUNTER_SIZE = 192;

    /// @dev One execution. `head`: target, selector and length as a rule's header has them; `p`: where its calldata starts.
    struct Item {
        uint256 head;
        uint256 value;
        uint256 p;
        uint256 number;
        /// The first rule of the right shape, whose failure is thrown when no rule admits.
        uint256 fitting;
        bool explain;
    }

    constructor(address manager_) {
        manager = manager_;
    }

    function beforeHook(
        bytes calldata terms,
        bytes calldata args,
        bytes32 mode,
        bytes calldata execution,
        bytes32 delegationHash,
        address delegator,
        address redeemer
    ) external {
        if (msg.sender != manager) revert NotManager(msg.sender);
        args;
        uint256 p = _place(terms);
        uint256 head = _word(p);
        if (terms.length < HEADER) revert MalformedTerms();
        _checkHead(head, _word(p + 12) << 32 >> 32, delegator);
        unchecked {
            uint256 end = p + terms.length;
            p += HEADER;
            if (head & (WITH_KEY | WITH_CONFIRMER) << 240 != 0) p += 20 * (((head >> 240) & 1) + ((head >> 241) & 1));
            uint256 calls;
            if (head & WITH_CALLS << 240 != 0) {
                calls = _word(p) >> 200;
                p += 7;
            }
            uint256 n = _byte(head, 13);
            if (n != 0) p = _checkRedeemer(p, n, redeemer);
            n = _byte(head, 14);
            uint256 pBudgets = p;
            p += 20 * n;
            uint256 pThresholds = p;
            if (head & WITH_CONFIRMER << 240 != 0) p += 15 * n;
            _run(
                Judgement(uint256(delegationHash), (head >> 200) & 0xffffffffff, pBudgets, pThresholds, p, end, _byte(head, 15), _zeros(n), n),
                mode,
                execution,
                delegator,
                head,
                calls
            );
        }
    }

    function _run(Judgement memory j, bytes32 mode, bytes calldata execution, address delegator, uint256 head, uint256 calls) private {
        unchecked {
            uint256 first;
            if (mode == SINGLE) {
                first = _single(j, execution, delegator) << 248 | 1 << 240;
                if (calls != 0) calls = _countCalls(j, calls, 1);
            } else {
                if (mode != BATCH) revert UnsupportedMode(mode);
                bytes memory rules;
                (rules, first) = _batch(j, execution, delegator, _byte(head, 12));
                if (calls != 0) calls = _countCalls(j, calls, first);
                first = uint256(uint8(rules[0])) << 248 | rules.length << 240;
            }
            emit Redeemed(bytes32(j.hash), _action(mode, execution), first | _commit(j, calls));
        }
    }

    /// @dev The three other hooks: nothing to do.
    fallback() external {
        if (msg.sender != manager) revert NotManager(msg.sender);
    }

    function _checkHead(uint256 head, uint256 group, address delegator) private view {
        if (_byte(head, 0) != 1) revert UnknownVersion(_byte(head, 0));
        uint256 notBefore = (head >> 200) & 0xffffffffff;
        if (block.timestamp < notBefore) revert TooEarly(notBefore, block.timestamp);
        uint256 expiry = (head >> 160) & 0xffffffffff;
        if (block.timestamp >= expiry) revert Expired(expiry, block.timestamp);
        if (_load(_groupSlot(delegator, group)) != 0) {
            revert GroupEnded(delegator, bytes8(uint64(group >> 160)), address(uint160(group)));
        }
    }

    function _single(Judgement memory j, bytes calldata execution, address delegator) private view returns (uint256) {
        unchecked {
            if (execution.length < 52) revert MalformedExecution();
            uint256 p = _place(execution);
            Item memory item = Item(_head(_word(p) >> 96, execution.length - 52, p + 52, delegator, 0), _word(p + 20), p + 52, 0, 0, false);
            return _admit(j, item);
        }
    }

    function _head(uint256 target, uint256 length, uint256 p, address delegator, uint256 number) private view returns (uint256) {
        unchecked {
            if (_isForbidden(target, delegator)) revert ForbiddenTarget(number, address(uint160(target)));
            if (length > 0xffff) revert MalformedExecution();
            return target << 48 | (length < 4 ? 0 : _word(p) >> 224 << 16) | length;
        }
    }

    function _isForbidden(uint256 target, address delegator) private view returns (bool forbidden) {
        address manager_ = manager;
        assembly ("memory-safe") {
            forbidden := or(or(eq(target, delegator), eq(target, manager_)), eq(target, address()))
        }
    }

    /// @dev Only the canonical encoding of `Execution[]`: nothing overlaps, nothing is left over, nothing is out of order.
    function _batch(Judgement memory j, bytes calldata execution, address delegator, uint256 most)
        private
        view
        returns (bytes memory rules, uint256 actions)
    {
        unchecked {
            uint256 start = _place(execution);
            uint256 n = _word(start + 32);
            if (n > most) revert TooManyExecutions(most, n);
            if (execution.length < 64 + 32 * n || _word(start) != 32 || n == 0) revert MalformedExecution();
            start += 64;
            rules = new bytes(n);
            uint256 offset = 32 * n;
            Item memory item;
            for (uint256 i; i < n; ++i) {
                uint256 p = start + offset;
                if ((_word(start + 32 * i) ^ offset) | (_word(p) >> 160) | (_word(p + 64) ^ 96) != 0) revert MalformedExecution();
                uint256 length = _word(p + 96);
                item.head = _head(_word(p), length, p + 128, delegator, i);
                item.value = _word(p + 32);
                item.p = p + 128;
                item.number = i;
                offset += 128 + ((length + 31) & ~uint256(31));
                uint256 rule = _admit(j, item);
                assembly ("memory-safe") {
                    mstore8(add(add(rules, 32), i), rule)
                }
            }
            if (offset + 64 != execution.length) revert MalformedExecution();
            actions = n;
        }
    }

    /// @dev The number of the first rule that admits the execution, whose budgets are charged with it.
    function _admit(Judgement memory j, Item memory item) private view returns (uint256) {
        unchecked {
            uint256 p = j.pRules;
            uint256 n = j.rules;
            uint256 end = j.pEnd;
            uint256 fitting = NO_RULE;
            for (uint256 rule; rule < n; ++rule) {
                uint256 head = _word(p);
                uint256 next = p + 32 + ((head >> 8) & 0xffff);
                if (next > end) revert MalformedTerms();
                if (_fits(item.head, head)) {
                    if (_passes(j, item, p, next, head)) return rule;
                    if (fitting == NO_RULE) fitting = rule;
                }
                p = next;
            }
            if (fitting == NO_RULE) revert NotAdmitted(item.number, NO_RULE, Reason.NoRule, 0, 0, 0, item.head >> 48);
            item.fitting = fitting;
            item.explain = true;
            return _admit(j, item);
        }
    }

    /// @dev Target, selector and length in one comparison; where a rule admits longer calldata, target and selector.
    function _fits(uint256 asked, uint256 head) private pure returns (bool) {
        unchecked {
            uint256 difference = asked ^ head >> 48;
            if (difference == 0) return true;
            return (head >> 40) & LONGER != 0 && difference >> 16 == 0 && asked & 0xffff >= (head >> 48) & 0xffff;
        }
    }

    function _passes(Judgement memory j, Item memory item, uint256 p, uint256 end, uint256 head) private view returns (bool) {
        unchecked {
            p += 32;
            if ((head >> 40) & WITH_VALUE != 0) {
                if (item.value > _word(p) >> 160) return _fail(item, Reason.Value, 0, _word(p) >> 160, 0, item.value);
                p += 12;
            } else if (item.value != 0) {
                return _fail(item, Reason.Value, 0, 0, 0, item.value);
            }
            uint256 data = item.p + 4;
            for (uint256 n = _byte(head, 27); n != 0; --n) {
                uint256 descriptor = _word(p);
                uint256 size = _byte(descriptor, 3);
                uint256 operand = _word(p + 4) >> (256 - (size << 3));
                uint256 word = _word(data + ((descriptor >> 235) & 0x1fe0));
                uint256 operation = _byte(descriptor, 0);
                p += 4 + size;
                if (operation == AT_MOST) {
                    if (word <= operand) continue;
                } else if (operation == ONE_OF) {
                    uint256 count = _byte(descriptor, 2);
                    if (_isOneOf(p - size, count, size, word, item.number)) {
                        p += (count - 1) * size;
                        continue;
                    }
                } else if (operation == EQUAL) {
                    if (word == operand) continue;
                } else {
                    revert MalformedTerms();
                }
                return _fail(item, Reason.Condition, (_byte(head, 27)) - n, operand, 0, word);
            }
            for (uint256 n = _byte(head, 28); n != 0; --n) {
                uint256 descriptor = _word(p);
                uint256 source = _byte(descriptor, 1);
                uint256 charge = source < BY_BALANCE ? _word(data + (source << 5)) : source == BY_VALUE ? item.value : 1;
                uint256 size = _byte(descriptor, 2);
                p += 3;
                if (size != 0) {
                    uint256 weight = _word(p) >> (256 - (size << 3));
                    charge = charge > type(uint128).max / weight ? type(uint128).max : charge * weight;
                    p += size;
                }
                uint256 counter = _counter(j, _byte(descriptor, 0));
                uint256 shift = _at(counter + SHIFT);
                uint256 units = charge + (1 << shift) - 1 >> shift;
                uint256 used = _at(counter + USED) + units;
                if (charge > _at(counter + CAP) || used > _at(counter + CAP_UNITS)) {
                    return _fail(item, Reason.Budget, _byte(descriptor, 0), _at(counter + CAP), _at(counter + USED) << shift, charge);
                }
                _put(counter + USED, used);
                _put(counter + SPENT, _at(counter + SPENT) + units);
            }
            if (p != end) revert MalformedTerms();
            return true;
        }
    }

    /// @dev Place of a counter in memory; loaded and aged once.
    function _counter(Judgement memory j, uint256 b) private view returns (uint256 counter) {
        unchecked {
            if (b >= j.budgets) revert MalformedTerms();
            uint256 place = j.counters + (b << 5);
            counter = _at(place);
            if (counter != 0) return counter;
            counter = _allocate(COUNTER_SIZE);
            _put(place, counter);
            uint256 budget = _word(j.pBudgets + 20 * b);
            SpendCounter.Kind kind = _kind(budget);
            uint256 stored = _load(j.hash + b);
            _put(counter + STORED, stored);
            stored = stored.age(kind, (budget >> 216) & 0xffffffff, j.origin);
            _put(counter + SPENT, stored);
            _put(counter + USED, stored.sum(kind));
            uint256 cap = (budget >> 96) & (2 ** 120 - 1);
            uint256 shift = (_byte(budget, 0)) & 0x7f;
            _put(counter + CAP, cap);
            _put(counter + SHIFT, shift);
            _put(counter + CAP_UNITS, cap >> shift);
        }
    }

    function _allocate(uint256 size) private pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := mload(64)
            mstore(64, add(place, size))
        }
    }

    function _zeros(uint256 n) private pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := mload(64)
            calldatacopy(place, calldatasize(), shl(5, n))
            mstore(64, add(place, shl(5, n)))
        }
    }

    /// @dev The i-th byte, from the left.
    function _byte(uint256 word, uint256 i) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := byte(i, word)
        }
    }

    /// @dev Zero where the divisor is: what asks for it does not care.
    function _mod(uint256 left, uint256 right) private pure returns (uint256 rest) {
        assembly ("memory-safe") {
            rest := mod(left, right)
        }
    }

    function _at(uint256 place) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(place)
        }
    }

    function _put(uint256 place, uint256 word) private pure {
        assembly ("memory-safe") {
            mstore(place, word)
        }
    }

    function _kind(uint256 budget) private pure returns (SpendCounter.Kind) {
        if (budget >> 255 != 0) return SpendCounter.Kind.Rolling;
        return (budget >> 216) & 0xffffffff == 0 ? SpendCounter.Kind.Lifetime : SpendCounter.Kind.Fixed;
    }

    function _countCalls(Judgement memory j, uint256 calls, uint256 actions) private view returns (uint256) {
        unchecked {
            uint256 period = calls & 0xffffffff;
            uint256 most = (calls >> 32) & 0xffffff;
            uint256 stored = _at(_counter(j, 0) + STORED);
            uint256 last = (stored >> 24) & 0xffffffffff;
            uint256 used = stored & 0xffffff;
            uint256 origin = j.origin;
            if (period != 0 && SpendCounter.window(block.timestamp, period, origin) != SpendCounter.window(last, period, origin)) used = 0;
            if (used + actions > most) revert CallsExceeded(most, used, actions);
            return used + actions;
        }
    }

    function _commit(Judgement memory j, uint256 calls) private returns (uint256) {
        unchecked {
            uint256 counter = _counter(j, 0);
            _store(j.hash, _at(counter + SPENT) << 64 | block.timestamp << 24 | calls);
            uint256 used = _at(counter + USED) << _at(counter + SHIFT);
            return used << 112 | (_at(counter + CAP) - used);
        }
    }

    /// @dev Tries first the entry that a batch over the whole list would meet: ten payments to ten payees look ten times.
    function _isOneOf(uint256 p, uint256 count, uint256 size, uint256 word, uint256 hint) private pure returns (bool) {
        unchecked {
            uint256 shift = 256 - (size << 3);
            if (_word(p + size * _mod(hint, count)) >> shift == word) return true;
            for (uint256 end = p + count * size; p < end; p += size) {
                if (_word(p) >> shift == word) return true;
            }
            return false;
        }
    }

    function _checkRedeemer(uint256 p, uint256 n, address redeemer) private pure returns (uint256) {
        unchecked {
            for (uint256 k; k < n; ++k) {
                if (_word(p + 20 * k) >> 96 == uint160(redeemer)) return p + 20 * n;
            }
            revert RedeemerNotAllowed(redeemer);
        }
    }

    function _fail(Item memory item, Reason reason, uint256 index, uint256 limit, uint256 used, uint256 requested)
        private
        pure
        returns (bool)
    {
        if (item.explain) revert NotAdmitted(item.number, item.fitting, reason, index, limit, used, requested);
        return false;
    }

    function _action(bytes32 mode, bytes calldata execution) private pure returns (bytes32 action) {
        assembly ("memory-safe") {
            let free := mload(64)
            mstore(free, mode)
            calldatacopy(add(free, 32), execution.offset, execution.length)
            action := keccak256(free, add(32, execution.length))
        }
    }

    function _groupSlot(address delegator, uint256 group) private pure returns (uint256 slot) {
        assembly ("memory-safe") {
            mstore(0, delegator)
            mstore(32, group)
            slot := keccak256(0, 64)
        }
    }

    function _place(bytes calldata data) private pure returns (uint256 p) {
        assembly ("memory-safe") {
            p := data.offset
        }
    }

    function _word(uint256 p) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(p)
        }
    }

    function _load(uint256 slot) private view returns (uint256 word) {
        assembly ("memory-safe") {
            word := sload(slot)
        }
    }

    function _store(uint256 slot, uint256 word) private {
        assembly ("memory-safe") {
            sstore(slot, word)
        }
    }
}
