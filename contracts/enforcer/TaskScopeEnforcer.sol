// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
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
/// | 20, 4, 2, 1 | with flag 4: target, selector, length of the call between the approvals, word that holds its amount |
/// | 4 + n each | conditions: operation 1, word 1, width or count 1, size 1, operands of that size |
/// | 3 + n each | charges, ordered by budget: budget 1, source 1, weight size 1, weight (absent: 1) |
/// | 20, 20 | asset (zero: native) and account whose balance is measured, with flag 8 |
///
/// With flag 4 a rule's first 26 bytes are those of the `approve`, and it admits three executions of a batch at once:
/// approve(target, amount), the call with that amount, approve(target, 0). Flag 1 then speaks of the call.
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
    /// @notice The request does not carry the signature of the agent's key.
    error NotRequested(address key, bytes32 digest);
    /// @notice A charge is above its threshold, and the request does not carry the confirmer's signature.
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

    /// @notice A redemption passed that needed no signature of a request.
    /// @param action keccak256(mode ‖ execution).
    /// @param first Rule of the first execution (8 bits) ‖ executions (8) ‖ first budget charged (16; 65,535: none) ‖ spent of it
    /// (112) ‖ left of it (112), base units.
    event Redeemed(bytes32 indexed delegationHash, bytes32 action, uint256 first);
    /// @notice A redemption passed that carried a signed request.
    /// @param number Of the request.
    event RequestRedeemed(bytes32 indexed delegationHash, bytes32 action, uint256 first, uint256 number);
    /// @notice What does not fit those: the rule of each execution where they differ; every budget charged where there are several.
    /// @param budgets Number (32 bits) ‖ spent (112) ‖ left (112).
    event RedeemedMore(bytes32 indexed delegationHash, bytes rules, uint256[] budgets);
    /// @notice What a measured rule turned out to have moved.
    /// @param decrease Base units of the asset that left the account.
    event Measured(bytes32 indexed delegationHash, uint256 rule, uint256 decrease);
    event GroupClosed(address indexed delegator, bytes8 indexed group, address indexed guardian, address by);
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

    uint256 private constant NO_BUDGET = 0xffff << 224;
    bytes4 private constant AFTER_HOOK = 0xd3eddcc5;

    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant REQUEST_TYPE =
        keccak256("Request(bytes32 delegation,bytes32 mode,bytes execution,uint256 number,uint256 deadline)");

    /// @dev What one redemption would change, in memory; `p` names mean places in calldata.
    struct Judgement {
        uint256 hash;
        /// Where the counters' places in memory are: one for each budget, null until it is charged.
        uint256 counters;
        uint256 budgets;
        /// Place of the measured asset and account, with the rule's number in the top byte; zero where nothing is measured.
        uint256 measured;
        /// Whether a charge was above its threshold.
        uint256 confirm;
        uint256 origin;
        uint256 pBudgets;
        uint256 pThresholds;
        uint256 pRules;
        uint256 pEnd;
        uint256 rules;
    }

    /// @dev Places of the members that are read without the struct: functions that return one in memory would clear it first.
    uint256 private constant COUNTERS = 32;
    uint256 private constant BUDGETS = 64;
    uint256 private constant MEASURED_AT = 96;
    uint256 private constant CONFIRM = 128;

    /// @dev Of a counter in memory: the word as stored; its spent part, aged; the sum of that, and the cap, in units; the cap
    /// in base units; the shift between the two.
    uint256 private constant STORED = 0;
    uint256 private constant SPENT = 32;
    uint256 private constant USED = 64;
    uint256 private constant CAP_UNITS = 96;
    uint256 private constant CAP = 128;
    uint256 private constant SHIFT = 160;
    uint256 private constant COUNTER_SIZE = 192;

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
        /// The first rule of the right shape, whose failure is thrown when no rule admits.
        uint256 fitting;
        bool explain;
    }

    constructor(address manager_) {
        manager = manager_;
    }

    /// @notice Judges an execution before it happens, and counts it. Only for the manager.
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
        (uint256 j, uint256 first, uint256 calls, bytes memory rules) = _judge(terms, mode, execution, delegationHash, delegator, redeemer);
        bytes32 action = _action(mode, execution);
        first |= _commit(j, delegationHash, calls, rules);
        if (_byte(_word(_place(terms)), 1) & WITH_KEY == 0 && _at(j + CONFIRM) == 0) {
            emit Redeemed(delegationHash, action, first);
        } else {
            emit RequestRedeemed(delegationHash, action, first, _useRequest(terms, args, mode, execution, delegationHash, _at(j + CONFIRM) != 0));
        }
        if (_at(j + MEASURED_AT) != 0) _measure(delegationHash, _at(j + MEASURED_AT), terms);
    }

    /// @dev The three other hooks. They cost 160 gas each when there is nothing to do; typed functions cost 800.
    fallback() external {
        if (msg.sender != manager) revert NotManager(msg.sender);
        if (msg.sig == AFTER_HOOK) _settle();
    }

    /// @dev Judges without writing. Returns the place of the judgement, the first parts of the event, calls to store, and the
    /// rules of a batch where they differ.
    function _judge(
        bytes calldata terms,
        bytes32 mode,
        bytes calldata execution,
        bytes32 delegationHash,
        address delegator,
        address redeemer
    ) private view returns (uint256 place, uint256 first, uint256 calls, bytes memory rules) {
        uint256 p = _place(terms);
        uint256 head = _word(p);
        if (terms.length < HEADER) revert MalformedTerms();
        _checkHead(head, _word(p + 12) << 32 >> 32, delegator);
        unchecked {
            uint256 end = p + terms.length;
            p += HEADER;
            if (head & (WITH_KEY | WITH_CONFIRMER) << 240 != 0) p += 20 * (((head >> 240) & 1) + ((head >> 241) & 1));
            if (head & WITH_CALLS << 240 != 0) {
                calls = _word(p) >> 200;
                p += 7;
            }
            uint256 n = _byte(head, 13);
            if (n != 0) p = _checkRedeemer(p, n, redeemer);
            n = _byte(head, 14);
            uint256 pBudgets = p;
            p += 20 * n;
            uint256 pThresholds;
            if (head & WITH_CONFIRMER << 240 != 0) {
                pThresholds = p;
                p += 15 * n;
            }
            Judgement memory j = Judgement(
                uint256(delegationHash), _zeros(n), n, 0, 0, (head >> 200) & 0xffffffffff, pBudgets, pThresholds, p, end, _byte(head, 15)
            );
            assembly ("memory-safe") {
                place := j
            }
            uint256 actions;
            if (mode == SINGLE) {
                first = _single(j, execution, delegator) << 248 | 1 << 240;
                actions = 1;
            } else {
                if (mode != BATCH) revert UnsupportedMode(mode);
                (first, actions, rules) = _batch(j, execution, delegator, _byte(head, 12));
            }
            if (j.measured != 0 && (actions != 1 || pThresholds != 0)) revert MeasuredAlone();
            if (calls != 0) calls = _countCalls(j, calls, actions);
        }
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

    function _single(Judgement memory j, bytes calldata execution, address delegator) private view returns (uint256 rule) {
        unchecked {
            if (execution.length < 52) revert MalformedExecution();
            uint256 p = _place(execution);
            uint256 length = execution.length - 52;
            if (length > 0xffff) revert MalformedExecution();
            uint256 target = _word(p) >> 96;
            if (_isForbidden(target, delegator)) revert ForbiddenTarget(0, address(uint160(target)));
            Item memory item = Item(_head(target, p + 52, length), _word(p + 20), p + 52, 0, 1, 0, 0, 0, false);
            rule = _admit(j, item);
        }
    }

    function _head(uint256 target, uint256 p, uint256 length) private pure returns (uint256) {
        unchecked {
            return target << 48 | (length < 4 ? 0 : _word(p) >> 224 << 16) | length;
        }
    }

    function _isForbidden(uint256 target, address delegator) private view returns (bool forbidden) {
        address manager_ = manager;
        assembly ("memory-safe") {
            forbidden := or(or(eq(target, delegator), eq(target, manager_)), eq(target, address()))
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
            uint256 start = _place(execution);
            uint256 n = _word(start + 32);
            if (n > most) revert TooManyExecutions(most, n);
            if (execution.length < 64 + 32 * n || _word(start) != 32 || n == 0) revert MalformedExecution();
            start += 64;
            rules = new bytes(n);
            Item memory item = Item(0, 0, 0, 0, n, start, 32 * n, 0, false);
            uint256 differ;
            uint256 rule;
            uint256 i;
            do {
                item.number = i;
                _read(item, delegator);
                uint256 before = rule;
                rule = _admit(j, item);
                if (i == 0) first = rule << 248 | n << 240;
                else differ |= before ^ rule;
                for (++actions; i <= item.number; ++i) {
                    assembly ("memory-safe") {
                        mstore8(add(add(rules, 32), i), rule)
                    }
                }
            } while (i < n);
            if (item.next + 64 != execution.length) revert MalformedExecution();
            if (differ == 0) rules = "";
        }
    }

    /// @dev Reads the execution at `item.next`, and moves that on. Only the canonical encoding of `Execution[]`: nothing overlaps,
    /// nothing is left over, nothing is out of order.
    function _read(Item memory item, address delegator) private view {
        unchecked {
            uint256 offset = item.next;
            uint256 p = item.start + offset;
            uint256 target = _word(p);
            if ((_word(item.start + (item.number << 5)) ^ offset) | (target >> 160) | (_word(p + 64) ^ 96) != 0) revert MalformedExecution();
            uint256 length = _word(p + 96);
            if (length > 0xffff) revert MalformedExecution();
            if (_isForbidden(target, delegator)) revert ForbiddenTarget(item.number, address(uint160(target)));
            item.head = _head(target, p + 128, length);
            item.value = _word(p + 32);
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
                uint256 head = _word(p);
                uint256 next = p + 32 + ((head >> 8) & 0xffff);
                if (next > j.pEnd) revert MalformedTerms();
                if (_fits(item.head, head)) {
                    if (_passes(j, item, p, next, head)) {
                        if (head & MEASURED << 40 != 0) j.measured |= rule << 248;
                        return rule;
                    }
                    if (head & WITH_ALLOWANCE << 40 != 0) _rewind(item, number);
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

    /// @dev Reads the execution again that a rule with approvals has moved on from.
    function _rewind(Item memory item, uint256 number) private view {
        if (item.number == number) return;
        item.number = number;
        item.next = _word(item.start + (number << 5));
        _read(item, address(0));
    }

    /// @dev Target, selector and length in one comparison; where a rule admits longer calldata, target and selector.
    function _fits(uint256 asked, uint256 head) private pure returns (bool) {
        unchecked {
            uint256 difference = asked ^ head >> 48;
            if (difference == 0) return true;
            return (head >> 40) & LONGER != 0 && difference >> 16 == 0 && asked & 0xffff >= (head >> 48) & 0xffff;
        }
    }

    /// @dev Whether a rule of the right shape admits the execution: approvals, value, conditions, budgets.
    function _passes(Judgement memory j, Item memory item, uint256 p, uint256 end, uint256 head) private view returns (bool) {
        unchecked {
            p += 32;
            uint256 most;
            if (head & (WITH_VALUE | WITH_ALLOWANCE) << 40 != 0) {
                if (head & WITH_VALUE << 40 != 0) {
                    most = _word(p) >> 160;
                    p += 12;
                }
                if (head & WITH_ALLOWANCE << 40 != 0) {
                    if (!_isApproved(item, p, head)) return false;
                    p += 27;
                }
            }
            if (item.value > most) return _fail(item, Reason.Value, 0, most, 0, item.value);
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
                } else if (_holds(item, descriptor, operand, word, p)) {
                    if (operation == BITS) p += size;
                    continue;
                }
                return _fail(item, Reason.Condition, _byte(head, 27) - n, operand, 0, word);
            }
            // Most rules charge one budget with one argument: the others take the longer way.
            if (_byte(head, 28) != 1 || head & MEASURED << 40 != 0 || j.pThresholds != 0) return _chargeAll(j, item, p, end, head);
            uint256 charge = _word(p);
            if (_byte(charge, 2) != 0) return _chargeAll(j, item, p, end, head);
            if (p + 3 != end) revert MalformedTerms();
            uint256 b = _byte(charge, 0);
            return _charge(j, item, b, _amount(item, _byte(charge, 1)));
        }
    }

    function _amount(Item memory item, uint256 source) private pure returns (uint256) {
        unchecked {
            if (source < BY_BALANCE) return _word(item.p + 4 + (source << 5));
            return source == BY_VALUE ? item.value : source == BY_COUNT ? 1 : 0;
        }
    }

    /// @dev Charges one budget, or fails and changes nothing.
    function _charge(Judgement memory j, Item memory item, uint256 b, uint256 charge) private view returns (bool) {
        unchecked {
            uint256 counter = _counter(j, b);
            uint256 shift = _at(counter + SHIFT);
            uint256 units = charge + (1 << shift) - 1 >> shift;
            uint256 used = _at(counter + USED) + units;
            if (charge > _at(counter + CAP) || used > _at(counter + CAP_UNITS)) {
                return _fail(item, Reason.Budget, b, _at(counter + CAP), _at(counter + USED) << shift, charge);
            }
            _put(counter + USED, used);
            _put(counter + SPENT, _at(counter + SPENT) + units);
            return true;
        }
    }

    /// @dev All charges of a rule, or none. What one call charges to one budget is one charge: thresholds and refusals speak of the sum.
    function _chargeAll(Judgement memory j, Item memory item, uint256 p, uint256 end, uint256 head) private view returns (bool) {
        unchecked {
            uint256 charges = _byte(head, 28);
            uint256 measured = head & MEASURED << 40 == 0 ? 0 : charges << 240 | p;
            uint256 kept = _allocate(96 * charges);
            uint256 last = kept;
            uint256 confirm;
            uint256 sum;
            for (; charges != 0; --charges) {
                uint256 b = _byte(_word(p), 0);
                (uint256 next, uint256 weight) = _weight(p);
                uint256 charge = _amount(item, _byte(_word(p), 1));
                sum += charge > type(uint112).max / weight ? uint256(type(uint112).max) + 1 : charge * weight;
                p = next;
                if (charges != 1 && _byte(_word(p), 0) == b) continue;
                uint256 counter = _counter(j, b);
                _put(last, counter);
                _put(last + 32, _at(counter + USED));
                _put(last + 64, _at(counter + SPENT));
                if (!_charge(j, item, b, sum)) {
                    while (last > kept) {
                        last -= 96;
                        _put(_at(last) + USED, _at(last + 32));
                        _put(_at(last) + SPENT, _at(last + 64));
                    }
                    return false;
                }
                last += 96;
                if (j.pThresholds != 0 && sum > _word(j.pThresholds + 15 * b) >> 136) confirm = 1;
                sum = 0;
            }
            if (p + (measured == 0 ? 0 : 40) != end) revert MalformedTerms();
            j.confirm |= confirm;
            j.measured |= measured;
            return true;
        }
    }

    /// @dev Conditions that few rules have. `p` is after the first operand.
    function _holds(Item memory item, uint256 descriptor, uint256 operand, uint256 word, uint256 p)
        private
        pure
        returns (bool)
    {
        unchecked {
            uint256 operation = _byte(descriptor, 0);
            uint256 size = _byte(descriptor, 3);
            if (operation < LENGTH_AT_MOST) {
                if (!_isClean(word, _byte(descriptor, 2), operation)) return false;
                if (operation == NOT_EQUAL) return word != operand;
                if (operation == AT_LEAST) return word >= operand;
                if (operation == SIGNED_AT_MOST) return int256(word) <= int256(operand);
                if (operation == SIGNED_AT_LEAST) return int256(word) >= int256(operand);
                if (operation == BITS) return word & operand == _word(p) >> (256 - (size << 3));
                revert MalformedTerms();
            }
            // A dynamic argument: its word is an offset. It has to lie in the calldata, as its target would read it.
            uint256 length = item.head & 0xffff;
            if (word > length || word + 36 > length) return false;
            size = _word(item.p + 4 + word);
            if (size > length || word + 36 + size > length) return false;
            if (operation == LENGTH_AT_MOST) return size <= operand;
            if (operation == HASH) return _hash(item.p + 36 + word, size) == operand;
            revert MalformedTerms();
        }
    }

    /// @dev Some targets cut what stands beside an argument's own bytes: a word that seems unequal, or large, would then be neither.
    /// @param width Bytes of the argument's type; bit 7 set where it stands on the left.
    function _isClean(uint256 word, uint256 width, uint256 operation) private pure returns (bool) {
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

    /// @dev approve(target, amount), the call, approve(target, 0): an allowance never outlives the redemption. Where they stand
    /// so, `item` becomes the call, and what follows goes on after the third.
    function _isApproved(Item memory item, uint256 p, uint256 head) private view returns (bool) {
        unchecked {
            uint256 call = _word(p);
            uint256 amount = _word(item.p + 36);
            if (item.value != 0 || item.count - item.number < 3 || _word(item.p + 4) != call >> 96) {
                return _fail(item, Reason.Allowance, 0, call >> 96, 0, _word(item.p + 4));
            }
            Item memory second = Item(0, 0, 0, item.number + 1, item.count, item.start, item.next, 0, false);
            _read(second, address(0));
            Item memory third = Item(0, 0, 0, item.number + 2, item.count, item.start, second.next, 0, false);
            _read(third, address(0));
            uint256 asked = _word(second.p + 4 + (_byte(call, 26) << 5));
            if (!_fits(second.head, call >> 48 << 48 | head & 0xffffffffffff) || asked != amount) {
                return _fail(item, Reason.Allowance, 1, amount, 0, asked);
            }
            if (third.head != item.head || third.value != 0 || _word(third.p + 4) != call >> 96 || _word(third.p + 36) != 0) {
                return _fail(item, Reason.Allowance, 2, 0, 0, _word(third.p + 36));
            }
            (item.head, item.value, item.p) = (second.head, second.value, second.p);
            (item.number, item.next) = (item.number + 2, third.next);
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
            uint256 shift = _byte(budget, 0) & 0x7f;
            _put(counter + CAP, cap);
            _put(counter + SHIFT, shift);
            _put(counter + CAP_UNITS, cap >> shift);
            if (kind == SpendCounter.Kind.Rolling && cap >> shift > SpendCounter.MOST_UNITS) revert MalformedTerms();
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

    /// @dev Calls to store: those of this window and these.
    function _countCalls(Judgement memory j, uint256 calls, uint256 actions) private view returns (uint256 used) {
        unchecked {
            uint256 period = calls & 0xffffffff;
            uint256 most = (calls >> 32) & 0xffffff;
            uint256 stored = j.budgets == 0 ? _load(j.hash) : _at(_counter(j, 0) + STORED);
            uint256 last = (stored >> 24) & 0xffffffffff;
            used = stored & 0xffffff;
            uint256 origin = j.origin;
            if (period != 0 && SpendCounter.window(block.timestamp, period, origin) != SpendCounter.window(last, period, origin)) used = 0;
            if (used + actions > most) revert CallsExceeded(most, used, actions);
            used += actions;
        }
    }

    /// @dev Stores every counter that was charged. Returns the first of them as the event has it.
    function _commit(uint256 j, bytes32 hash, uint256 calls, bytes memory rules) private returns (uint256 first) {
        unchecked {
            uint256 n = _at(j + BUDGETS);
            uint256 place = _at(j + COUNTERS);
            if (n == 0) {
                if (calls != 0) _store(uint256(hash), block.timestamp << 24 | calls);
                if (rules.length != 0) emit RedeemedMore(hash, rules, new uint256[](0));
                return NO_BUDGET;
            }
            uint256 charged;
            for (uint256 b; b < n; ++b) {
                uint256 counter = _at(place + (b << 5));
                if (counter == 0) continue;
                _store(uint256(hash) + b, _at(counter + SPENT) << 64 | block.timestamp << 24 | (b == 0 ? calls : 0));
                if (charged++ == 0) first = b << 224 | _report(counter);
            }
            if (charged == 0) first = NO_BUDGET;
            if (charged > 1 || rules.length != 0) emit RedeemedMore(hash, rules, _reports(place, n, charged));
        }
    }

    function _reports(uint256 place, uint256 n, uint256 charged) private pure returns (uint256[] memory reports) {
        unchecked {
            reports = new uint256[](charged);
            uint256 next;
            for (uint256 b; b < n; ++b) {
                uint256 counter = _at(place + (b << 5));
                if (counter != 0) reports[next++] = b << 224 | _report(counter);
            }
        }
    }

    function _report(uint256 counter) private pure returns (uint256) {
        unchecked {
            uint256 used = _at(counter + USED) << _at(counter + SHIFT);
            uint256 cap = _at(counter + CAP);
            return used << 112 | (used > cap ? 0 : cap - used);
        }
    }

    // --- Requests ---

    /// @dev Checks the signatures in `args`, and marks the number as used. Args: number 8, deadline 5, the key's signature 65
    /// where the terms name a key, the confirmer's signature (the rest) where one is needed.
    function _useRequest(
        bytes calldata terms,
        bytes calldata args,
        bytes32 mode,
        bytes calldata execution,
        bytes32 delegationHash,
        bool confirm
    ) private returns (uint256 number) {
        if (args.length < 13) revert MalformedArgs();
        uint256 deadline = (_word(_place(args)) >> 152) & 0xffffffffff;
        number = _word(_place(args)) >> 192;
        if (block.timestamp > deadline) revert RequestExpired(deadline, block.timestamp);
        bytes32 digest = requestDigest(delegationHash, mode, execution, number, deadline);
        bool keyed = uint8(terms[1]) & WITH_KEY != 0;
        address signer = address(bytes20(terms[HEADER:HEADER + 20]));
        if (keyed) {
            if (args.length < 78) revert MalformedArgs();
            (address recovered, ECDSA.RecoverError problem,) = ECDSA.tryRecoverCalldata(digest, args[13:78]);
            if (problem != ECDSA.RecoverError.NoError || recovered != signer) revert NotRequested(signer, digest);
        }
        if (confirm) {
            address confirmer = keyed ? address(bytes20(terms[HEADER + 20:HEADER + 40])) : signer;
            if (!SignatureChecker.isValidSignatureNowCalldata(confirmer, digest, args[keyed ? 78 : 13:])) revert NotConfirmed(confirmer, digest);
        } else if (args.length != 78) {
            revert MalformedArgs();
        }
        _useNumber(delegationHash, signer, number);
    }

    function _useNumber(bytes32 delegationHash, address signer, uint256 number) private {
        uint256 slot = _numberSlot(delegationHash, signer, number);
        uint256 word = _load(slot);
        if ((word >> (number & 0xff)) & 1 != 0) revert RequestUsed(number);
        _store(slot, word | 1 << (number & 0xff));
    }

    /// @notice What the agent's key and the confirmer sign: EIP-712, domain `TaskScopeEnforcer` 1 on this chain and contract.
    function requestDigest(bytes32 delegationHash, bytes32 mode, bytes calldata execution, uint256 number, uint256 deadline)
        public
        view
        returns (bytes32)
    {
        bytes32 domain = keccak256(abi.encode(DOMAIN_TYPE, keccak256("TaskScopeEnforcer"), keccak256("1"), block.chainid, address(this)));
        bytes32 request = keccak256(abi.encode(REQUEST_TYPE, delegationHash, mode, keccak256(execution), number, deadline));
        return keccak256(abi.encodePacked(hex"1901", domain, request));
    }

    /// @notice Uses a number up without an action: a signed request that leaked can then never be redeemed.
    function burnRequest(bytes32 delegationHash, uint256 number) external {
        _useNumber(delegationHash, msg.sender, number);
        emit RequestBurned(delegationHash, msg.sender, number);
    }

    /// @notice Whether a request number of this delegation was redeemed, or burned by `key`.
    function isRequestUsed(bytes32 delegationHash, address key, uint256 number) external view returns (bool) {
        return (_load(_numberSlot(delegationHash, key, number)) >> (number & 0xff)) & 1 != 0;
    }

    // --- Groups ---

    /// @notice Ends every grant of a group, for ever. By the delegator or the guardian whom the terms name.
    function endGroup(address delegator, bytes8 group, address guardian) external {
        if (msg.sender != delegator && msg.sender != guardian) revert NotYours(msg.sender);
        _store(_groupSlot(delegator, uint256(uint64(group)) << 160 | uint160(guardian)), 1);
        emit GroupClosed(delegator, group, guardian, msg.sender);
    }

    function isGroupEnded(address delegator, bytes8 group, address guardian) external view returns (bool) {
        return _load(_groupSlot(delegator, uint256(uint64(group)) << 160 | uint160(guardian))) != 0;
    }

    // --- Measured spending ---

    /// @dev Keeps what the account holds until the after hook, in transient storage under the delegation's hash.
    /// @param measured Rule (8 bits) ‖ number of charges (8) ‖ place of the charges.
    function _measure(bytes32 hash, uint256 measured, bytes calldata terms) private {
        uint256 held = _held(uint240(measured), _byte(measured, 1));
        uint256 note = measured - _place(terms);
        uint256 open;
        assembly ("memory-safe") {
            open := tload(hash)
            tstore(hash, note)
            tstore(not(hash), held)
        }
        // A redemption of the same delegation inside this one would overwrite what is kept.
        if (open != 0) revert Reentered(hash);
    }

    /// @dev In the after hook: charges what the account has lost meanwhile.
    function _settle() private {
        // The manager encodes: terms stand where their offset says, the delegation's hash is the fifth argument.
        uint256 terms = 36 + _word(4);
        uint256 hash = _word(132);
        uint256 note;
        uint256 held;
        assembly ("memory-safe") {
            note := tload(hash)
            held := tload(not(hash))
            tstore(hash, 0)
        }
        if (note == 0) return;
        unchecked {
            uint256 p = terms + uint240(note);
            uint256 left = _held(p, _byte(note, 1));
            uint256 decrease = left < held ? held - left : 0;
            uint256 head = _word(terms);
            uint256 pBudgets = terms + HEADER + 20 * (((head >> 240) & 1) + ((head >> 241) & 1) + _byte(head, 13));
            if (head & WITH_CALLS << 240 != 0) pBudgets += 7;
            for (uint256 n = _byte(note, 1); n != 0; --n) {
                (uint256 next, uint256 weight) = _weight(p);
                if (_byte(_word(p), 1) == BY_BALANCE) {
                    uint256 charge = decrease > type(uint128).max / weight ? type(uint128).max : decrease * weight;
                    uint256 b = _byte(_word(p), 0);
                    _chargeStored(hash + b, _word(pBudgets + 20 * b), (head >> 200) & 0xffffffffff, charge, b, _byte(note, 0));
                }
                p = next;
            }
            emit Measured(bytes32(hash), _byte(note, 0), decrease);
        }
    }

    /// @dev Charges a counter in storage. The calls counted beside it stay.
    function _chargeStored(uint256 slot, uint256 budget, uint256 origin, uint256 charge, uint256 b, uint256 rule) private {
        unchecked {
            SpendCounter.Kind kind = _kind(budget);
            uint256 stored = _load(slot);
            uint256 spent = stored.age(kind, (budget >> 216) & 0xffffffff, origin);
            uint256 cap = (budget >> 96) & (2 ** 120 - 1);
            uint256 shift = _byte(budget, 0) & 0x7f;
            uint256 used = spent.sum(kind);
            uint256 units = charge + (1 << shift) - 1 >> shift;
            if (charge > cap || used + units > cap >> shift) revert NotAdmitted(0, rule, Reason.Budget, b, cap, used << shift, charge);
            _store(slot, (spent + units) << 64 | block.timestamp << 24 | stored & 0xffffff);
        }
    }

    /// @dev What the measured account holds of the measured asset; both stand behind the charges.
    function _held(uint256 p, uint256 charges) private view returns (uint256) {
        for (; charges != 0; --charges) (p,) = _weight(p);
        address asset = address(uint160(_word(p) >> 96));
        address account = address(uint160(_word(p + 20) >> 96));
        return asset == address(0) ? account.balance : IERC20(asset).balanceOf(account);
    }

    /// @dev Place of the next charge, and the weight of this one.
    function _weight(uint256 p) private pure returns (uint256 next, uint256 weight) {
        unchecked {
            uint256 size = _byte(_word(p), 2);
            return (p + 3 + size, size == 0 ? 1 : _word(p + 3) >> (256 - (size << 3)));
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

    function _hash(uint256 p, uint256 length) private pure returns (uint256 hash) {
        assembly ("memory-safe") {
            let free := mload(64)
            calldatacopy(free, p, length)
            hash := keccak256(free, length)
        }
    }

    function _numberSlot(bytes32 delegationHash, address signer, uint256 number) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(delegationHash, signer, number >> 8)));
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
