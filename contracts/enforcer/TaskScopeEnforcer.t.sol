// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Execution, Fixture, Parts} from "./Fixture.t.sol";
import {ICaveatEnforcer} from "./ICaveatEnforcer.sol";
import {TaskScopeEnforcer} from "./TaskScopeEnforcer.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";

/// @notice Single mode: who calls, when, where, how much, how often.
///
/// beforeHook
/// ├── another caller, version, flag, time, group, redeemer, mode → its own error
/// ├── target: the manager, the delegator, the enforcer → ForbiddenTarget, whatever the rules say
/// ├── no rule for target, selector and length → NoRule
/// ├── a rule that fits: value, condition, budget → the first that fails, by number
/// ├── several rules: the first that admits counts; a failing rule leaves nothing behind
/// └── calls: over the most in the window → CallsExceeded
contract TaskScopeEnforcerTest is Fixture {
    function _first(uint256 rule, uint256 spent, uint256 left) private pure returns (uint256) {
        return rule << 248 | 1 << 240 | spent << 112 | left;
    }

    // --- default ---

    function test_admitsAndReports() public {
        bytes memory execution = _pay(ALICE, 50);
        vm.expectEmit(true, false, false, true, address(enforcer));
        emit TaskScopeEnforcer.Redeemed(HASH_A, keccak256(bytes.concat(SINGLE, execution)), _first(0, 50, 150));
        ICaveatEnforcer(address(enforcer)).beforeHook(_pack(_payments()), "", SINGLE, execution, HASH_A, PRINCIPAL, REDEEMER);
    }

    function test_reportsNoBudgetWhereNoneIsCharged() public {
        Parts memory t = _payments();
        t.rules = _list(_rule(BOB, 0, 0, 0, 0, 0, ""));
        bytes memory execution = _single(Execution(BOB, 0, ""));
        for (uint256 i; i < 2; ++i) {
            vm.expectEmit(true, false, false, true, address(enforcer));
            emit TaskScopeEnforcer.Redeemed(HASH_A, keccak256(bytes.concat(SINGLE, execution)), 1 << 240 | 0xffff << 224);
            ICaveatEnforcer(address(enforcer)).beforeHook(_pack(t), "", SINGLE, execution, HASH_A, PRINCIPAL, REDEEMER);
            // The same where there is none at all.
            t.budgets = new bytes[](0);
        }
    }

    function test_otherHooksAnswerTheManagerOnly() public {
        (bool passed, bytes memory reason) = _after(_pack(_payments()), _pay(ALICE, 1));
        vm.assertTrue(passed && reason.length == 0);
        vm.prank(ALICE);
        (passed, reason) = _after(_pack(_payments()), _pay(ALICE, 1));
        vm.assertTrue(!passed);
        vm.assertEq(reason, abi.encodeWithSelector(TaskScopeRefusals.NotManager.selector, HASH_A, ALICE));
        vm.prank(ALICE);
        vm.assertEq(_try(_pack(_payments()), _pay(ALICE, 1)), abi.encodeWithSelector(TaskScopeRefusals.NotManager.selector, HASH_A, ALICE));
    }

    function test_refusalsNameTheDelegationFirst() public {
        // Two hops with equal terms refuse the same execution: only the hash tells which of them did.
        bytes[] memory terms = new bytes[](12);
        bytes[] memory executions = new bytes[](terms.length);
        Parts memory t = _payments();
        for (uint256 i; i < terms.length; ++i) (terms[i], executions[i]) = (_pack(t), _pay(ALICE, 1));
        executions[0] = _pay(ALICE, 51);
        executions[1] = _pay(GUARDIAN, 1);
        executions[2] = abi.encodePacked(PRINCIPAL, uint256(0));
        executions[3] = "";
        executions[4] = abi.encodePacked(token, uint256(1), abi.encodeCall(token.transfer, (ALICE, 1)));
        terms[5][0] = 0x02;
        terms[6] = "";
        t.notBefore = uint40(START + 1);
        terms[7] = _pack(t);
        t = _payments();
        t.expiry = uint40(START);
        terms[8] = _pack(t);
        t = _payments();
        t.redeemers = new address[](1);
        terms[9] = _pack(t);
        t = _payments();
        t.key = GUARDIAN;
        terms[10] = _pack(t);
        t = _payments();
        t.guardian = address(this);
        terms[11] = _pack(t);
        enforcer.endGroup(PRINCIPAL, t.group, address(this));
        bytes32 other = keccak256("another delegation");
        for (uint256 i; i < terms.length; ++i) {
            bytes memory reason = _try(terms[i], "", SINGLE, executions[i], HASH_A);
            vm.assertTrue(reason.length > 32);
            vm.assertEq(reason, _by(HASH_A, bytes.concat(reason)));
            vm.assertEq(_try(terms[i], "", SINGLE, executions[i], other), _by(other, reason));
        }
    }

    // --- header ---

    function testFuzz_timesAreInclusiveAndExclusive(uint40 time) public {
        Parts memory t = _payments();
        vm.warp(time);
        bytes memory reason = _try(_pack(t), _pay(ALICE, 1));
        if (time < t.notBefore) vm.assertEq(reason, abi.encodeWithSelector(TaskScopeRefusals.TooEarly.selector, HASH_A, t.notBefore, time));
        else if (time >= t.expiry) vm.assertEq(reason, abi.encodeWithSelector(TaskScopeRefusals.Expired.selector, HASH_A, t.expiry, time));
        else vm.assertEq(reason, "");
    }

    function test_timesAtTheirEdges() public {
        Parts memory t = _payments();
        testFuzz_timesAreInclusiveAndExclusive(t.notBefore);
        testFuzz_timesAreInclusiveAndExclusive(t.notBefore - 1);
        testFuzz_timesAreInclusiveAndExclusive(t.expiry);
        testFuzz_timesAreInclusiveAndExclusive(t.expiry - 1);
    }

    function test_versionsAndFlagsThatItDoesNotKnow() public {
        bytes memory terms = _pack(_payments());
        for (uint256 i; i < 256; ++i) {
            if (i != 1) {
                terms[0] = bytes1(uint8(i));
                _refuses(terms, _pay(ALICE, 1), abi.encodeWithSelector(TaskScopeRefusals.UnknownVersion.selector, HASH_A, i, uint8(terms[1])));
            }
        }
        terms[0] = 0x01;
        for (uint256 i = 16; i < 256; ++i) {
            terms[1] = bytes1(uint8(i));
            _refuses(terms, _pay(ALICE, 1), abi.encodeWithSelector(TaskScopeRefusals.UnknownVersion.selector, HASH_A, 1, i));
        }
    }

    function test_groupEndsForGoodByDelegatorOrGuardian() public {
        bytes memory terms = _pack(_payments());
        bytes8 group = bytes8(uint64(1));
        vm.expectRevert(abi.encodeWithSelector(TaskScopeEnforcer.NotYours.selector, address(this)));
        enforcer.endGroup(PRINCIPAL, group, GUARDIAN);
        // Another group, guardian or delegator is another key.
        vm.prank(GUARDIAN);
        enforcer.endGroup(PRINCIPAL, bytes8(uint64(2)), GUARDIAN);
        vm.prank(GUARDIAN);
        enforcer.endGroup(ALICE, group, GUARDIAN);
        enforcer.endGroup(PRINCIPAL, group, address(this));
        _passes(terms, _pay(ALICE, 1));
        vm.prank(GUARDIAN);
        enforcer.endGroup(PRINCIPAL, group, GUARDIAN);
        bytes memory reason = abi.encodeWithSelector(TaskScopeRefusals.GroupEnded.selector, HASH_A, PRINCIPAL, group, GUARDIAN);
        _refuses(terms, _pay(ALICE, 1), reason);
        vm.prank(PRINCIPAL);
        enforcer.endGroup(PRINCIPAL, group, GUARDIAN);
        vm.warp(START + 20 days);
        _refuses(terms, _pay(ALICE, 1), reason);
        vm.assertTrue(reader.isGroupEnded(PRINCIPAL, group, GUARDIAN) && !reader.isGroupEnded(BOB, group, GUARDIAN));
        Parts memory t = _payments();
        t.group = bytes8(uint64(3));
        _passes(_pack(t), _pay(ALICE, 1));
    }

    function test_delegatorEndsAGroupToo() public {
        vm.prank(PRINCIPAL);
        enforcer.endGroup(PRINCIPAL, bytes8(uint64(1)), GUARDIAN);
        vm.assertTrue(_selectorOf(_try(_pack(_payments()), _pay(ALICE, 1))) == TaskScopeRefusals.GroupEnded.selector);
    }

    function testFuzz_onlyPinnedRedeemers(address redeemer) public {
        Parts memory t = _payments();
        t.redeemers = new address[](2);
        (t.redeemers[0], t.redeemers[1]) = (ALICE, redeemer);
        vm.assume(redeemer != REDEEMER && redeemer != address(0));
        _refuses(_pack(t), _pay(ALICE, 1), abi.encodeWithSelector(TaskScopeRefusals.RedeemerNotAllowed.selector, HASH_A, REDEEMER));
        t.redeemers[1] = REDEEMER;
        _passes(_pack(t), _pay(ALICE, 1));
    }

    function testFuzz_modes(bytes32 mode) public {
        Parts memory t = _payments();
        if (mode != SINGLE && mode != BATCH) {
            vm.assertEq(_try(_pack(t), "", mode, _pay(ALICE, 1), HASH_A), abi.encodeWithSelector(TaskScopeRefusals.UnsupportedMode.selector, HASH_A, mode));
        }
        t.most = 0;
        vm.assertEq(_try(_pack(t), "", BATCH, _pay(ALICE, 1), HASH_A), abi.encodeWithSelector(TaskScopeRefusals.UnsupportedMode.selector, HASH_A, BATCH));
    }

    function test_tryModeIsRefused() public {
        testFuzz_modes(bytes32(uint256(1) << 240));
        testFuzz_modes(bytes32(uint256(0x0101) << 240));
        testFuzz_modes(bytes32(uint256(0xff) << 248));
    }

    // --- targets ---

    function test_managerDelegatorAndEnforcerAreNoTargets() public {
        address[3] memory targets = [address(this), PRINCIPAL, address(enforcer)];
        for (uint256 i; i < 3; ++i) {
            Parts memory t = _payments();
            t.rules = _list(_rule(targets[i], 0, 0, 2, 0, 0, abi.encodePacked(type(uint96).max)));
            _refuses(_pack(t), abi.encodePacked(targets[i], uint256(1)), abi.encodeWithSelector(TaskScopeRefusals.ForbiddenTarget.selector, HASH_A, 0, targets[i]));
        }
    }

    // --- rules ---

    function testFuzz_anyByteOfAnAllowedExecutionMatters(uint8 place, uint8 flip) public {
        // Everything but a smaller amount: another target, value, selector, payee, dirty upper bits, a larger amount.
        bytes memory execution = _pay(ALICE, 50);
        uint256 i = place % execution.length;
        vm.assume(flip != 0);
        execution[i] = bytes1(uint8(execution[i]) ^ flip);
        bool lower = i == execution.length - 1 && uint8(execution[i]) < 50;
        vm.assertTrue((_try(_pack(_payments()), execution).length == 0) == lower);
    }

    function testFuzz_truncatedAndOverlongCalldataIsRefused(uint16 length, bytes32 tail) public {
        bytes memory execution = bytes.concat(_pay(ALICE, 50), tail, tail);
        uint256 kept = length % (execution.length + 1);
        vm.assume(kept != 120);
        assembly ("memory-safe") {
            mstore(execution, kept)
        }
        bytes memory reason = _try(_pack(_payments()), execution);
        if (kept < 52) vm.assertEq(reason, abi.encodeWithSelector(TaskScopeRefusals.MalformedExecution.selector, HASH_A));
        else vm.assertEq(reason, _notAdmitted(255, TaskScopeRefusals.Reason.NoRule, 0, 0, 0, uint160(address(token))));
    }

    function test_longerThanAnyCalldata() public {
        bytes memory execution = bytes.concat(_pay(ALICE, 50), new bytes(65536));
        _refuses(_pack(_payments()), execution, abi.encodeWithSelector(TaskScopeRefusals.MalformedExecution.selector, HASH_A));
    }

    function testFuzz_emptyRulesAdmitNothing(address target, uint256 value, bytes calldata data) public {
        Parts memory t = _payments();
        t.rules = new bytes[](0);
        vm.assume(target != address(this) && target != PRINCIPAL && target != address(enforcer) && data.length < 65536);
        _refuses(_pack(t), abi.encodePacked(target, value, data), _notAdmitted(255, TaskScopeRefusals.Reason.NoRule, 0, 0, 0, uint160(target)));
    }

    function testFuzz_nativeValueUpToItsMost(uint256 value, uint96 most) public {
        Parts memory t = _payments();
        t.rules = _list(_rule(ALICE, 0, 0, 2, 0, 0, abi.encodePacked(most)));
        bytes memory reason = _try(_pack(t), abi.encodePacked(ALICE, value));
        vm.assertEq(reason, value <= most ? bytes("") : _notAdmitted(0, TaskScopeRefusals.Reason.Value, 0, most, 0, value));
        // Nothing but the empty calldata.
        reason = _try(_pack(t), abi.encodePacked(ALICE, uint256(0), bytes3(0)));
        vm.assertEq(reason, _notAdmitted(255, TaskScopeRefusals.Reason.NoRule, 0, 0, 0, uint160(ALICE)));
    }

    function test_nativeBudgetChargesTheValue() public {
        Parts memory t = _payments();
        t.rules = _list(_rule(ALICE, 0, 0, 2, 0, 1, abi.encodePacked(uint96(1000), _charge(0, 255))));
        _passes(_pack(t), abi.encodePacked(ALICE, uint256(150)));
        _refuses(_pack(t), abi.encodePacked(ALICE, uint256(51)), _notAdmitted(0, TaskScopeRefusals.Reason.Budget, 0, 200, 150, 51));
    }

    function test_firstFittingRuleIsNamedAndLaterOnesAdmit() public {
        Parts memory t = _payments();
        t.rules = _list(_rule(BOB, 0, 0, 0, 0, 0, ""), _transferRule(50));
        _refuses(_pack(t), _pay(ALICE, 51), _notAdmitted(1, TaskScopeRefusals.Reason.Condition, 1, 50, 0, 51));
        _refuses(_pack(t), _pay(GUARDIAN, 5), _notAdmitted(1, TaskScopeRefusals.Reason.Condition, 0, uint160(ALICE), 0, uint160(GUARDIAN)));
        t.rules = _list(_transferRule(5), _transferRule(50));
        _passes(_pack(t), _pay(ALICE, 50));
        _refuses(_pack(t), _pay(ALICE, 51), _notAdmitted(0, TaskScopeRefusals.Reason.Condition, 1, 5, 0, 51));
    }

    function test_failingRuleLeavesNoChargeBehind() public {
        // The first rule charges three budgets, and the last of them refuses; the second charges another one.
        Parts memory t = _payments();
        t.budgets = new bytes[](4);
        for (uint256 i; i < 4; ++i) t.budgets[i] = _rolling(DAY, i == 2 ? 1 : 1000);
        bytes memory three = abi.encodePacked(_charge(0, 1), _charge(1, 1), _charge(2, 1));
        t.rules = _list(_rule(address(token), 0xa9059cbb, 68, 0, 0, 3, three), _rule(address(token), 0xa9059cbb, 68, 0, 0, 1, _charge(3, 1)));
        bytes memory execution = _pay(ALICE, 10);
        vm.expectEmit(true, false, false, true, address(enforcer));
        emit TaskScopeEnforcer.Redeemed(HASH_A, keccak256(bytes.concat(SINGLE, execution)), _first(1, 10, 990) | 3 << 224);
        ICaveatEnforcer(address(enforcer)).beforeHook(_pack(t), "", SINGLE, execution, HASH_A, PRINCIPAL, REDEEMER);
        for (uint256 i; i < 3; ++i) vm.assertEq(enforcer.load(uint256(HASH_A) + i) >> 64, 0);
        vm.assertEq(enforcer.load(uint256(HASH_A) + 3) >> 64, 10);
        // The call is counted all the same.
        vm.assertEq(enforcer.load(uint256(HASH_A)) & 0xffffff, 1);
        // And where nothing admits, the first rule's refusal is thrown with the budget that refused.
        _refuses(_pack(t), _pay(ALICE, 1001), _notAdmitted(0, TaskScopeRefusals.Reason.Budget, 0, 1000, 0, 1001));
        _refuses(_pack(t), _pay(ALICE, 995), _notAdmitted(0, TaskScopeRefusals.Reason.Budget, 2, 1, 0, 995));
    }

    function testFuzz_weightsNeverOverflow(uint256 amount, uint112 weight, uint112 cap) public {
        vm.assume(weight > 1 && cap != 0);
        Parts memory t = _payments();
        t.budgets = _list(_fixed(DAY, cap));
        uint8 size = 1;
        while (weight >> 8 * size != 0) ++size;
        bytes memory packed = abi.encodePacked(weight);
        bytes memory charge = abi.encodePacked(uint8(0), uint8(1), size);
        for (uint256 i = 14 - size; i < 14; ++i) charge = bytes.concat(charge, packed[i]);
        t.rules = _list(_rule(address(token), 0xa9059cbb, 68, 0, 0, 1, charge));
        vm.assertTrue(_isCanonical(_pack(t)));
        bool fits = amount <= uint256(cap) / weight;
        bytes memory reason = _try(_pack(t), _pay(ALICE, amount));
        vm.assertTrue(fits == (reason.length == 0));
        if (fits) vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, amount * weight);
    }

    function test_twoChargesOfOneBudgetAreOne() public {
        Parts memory t = _payments();
        t.rules = _list(_rule(address(token), 0xa9059cbb, 68, 0, 0, 2, abi.encodePacked(_charge(0, 1), _charge(0, 254))));
        _passes(_pack(t), _pay(ALICE, 199));
        vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, 200);
        _refuses(_pack(t), _pay(ALICE, 7), _notAdmitted(0, TaskScopeRefusals.Reason.Budget, 0, 200, 200, 8));
    }

    // --- conditions ---

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

    // --- calls ---

    function test_callsPerWindowAndForEver() public {
        Parts memory t = _payments();
        (t.mostCalls, t.callsPeriod) = (2, DAY);
        _passes(_pack(t), _pay(ALICE, 1));
        _passes(_pack(t), _pay(ALICE, 0));
        bytes memory reason = abi.encodeWithSelector(TaskScopeRefusals.CallsExceeded.selector, HASH_A, 2, 2, 1);
        _refuses(_pack(t), _pay(ALICE, 1), reason);
        vm.warp(uint256(t.notBefore) + DAY - 1);
        _refuses(_pack(t), _pay(ALICE, 1), reason);
        vm.warp(uint256(t.notBefore) + DAY);
        _passes(_pack(t), _pay(ALICE, 1));
        t.callsPeriod = 0;
        _passes(_pack(t), _pay(ALICE, 1));
        vm.warp(START + 29 days);
        _refuses(_pack(t), _pay(ALICE, 1), reason);
    }

    function test_callsAreCountedWithoutBudgets() public {
        Parts memory t = _payments();
        t.budgets = new bytes[](0);
        (t.mostCalls, t.callsPeriod) = (2, 0);
        t.rules = _list(_rule(address(token), 0xa9059cbb, 68, 0, 0, 0, ""));
        _passes(_pack(t), _pay(ALICE, 1));
        _passes(_pack(t), _pay(ALICE, 1));
        _refuses(_pack(t), _pay(ALICE, 1), abi.encodeWithSelector(TaskScopeRefusals.CallsExceeded.selector, HASH_A, 2, 2, 1));
    }

    function test_noCallsAllowedIsNotUnlimited() public {
        Parts memory t = _payments();
        (t.mostCalls, t.callsPeriod) = (1, 0);
        bytes memory terms = _pack(t);
        terms[46] = 0;
        _refuses(terms, _pay(ALICE, 1), abi.encodeWithSelector(TaskScopeRefusals.CallsExceeded.selector, HASH_A, 0, 0, 1));
        vm.assertTrue(!_isCanonical(terms));
    }

    // --- terms next to valid ones ---

    function testFuzz_cutTermsAdmitNothing(uint16 cut) public {
        bytes memory terms = _pack(_payments());
        uint256 kept = cut % terms.length;
        assembly ("memory-safe") {
            mstore(terms, kept)
        }
        vm.assertTrue(_try(terms, _pay(ALICE, 1)).length != 0);
        vm.assertTrue(!_isCanonical(terms));
    }

    function test_terms_unknownRuleFlagsReservedByteAndBudget() public {
        bytes memory terms = _pack(_payments());
        uint256 rule = 44 + 7 + 20;
        uint8[3] memory places = [26, 31, 32 + 44 + 5];
        for (uint256 i; i < 3; ++i) {
            bytes memory changed = bytes.concat(terms);
            changed[rule + places[i]] = 0x10;
            _refuses(changed, _pay(ALICE, 1), abi.encodeWithSelector(TaskScopeRefusals.MalformedTerms.selector, HASH_A));
            vm.assertTrue(!_isCanonical(changed));
        }
    }

    function test_rollingCapOfMoreUnitsThanTheCounterSumsIsRefused() public {
        // The reader refuses such terms before anybody signs them; the counter would carry from one bucket into the next.
        Parts memory t = _payments();
        for (uint256 over; over < 2; ++over) {
            t.budgets = _list(abi.encodePacked(uint8(0x80), uint32(DAY), uint120(2 ** 24 - 2 + over)));
            if (over == 0) _passes(_pack(t), _pay(ALICE, 1));
            else _refuses(_pack(t), _pay(ALICE, 1), abi.encodeWithSelector(TaskScopeRefusals.MalformedTerms.selector, HASH_A));
        }
    }
}
