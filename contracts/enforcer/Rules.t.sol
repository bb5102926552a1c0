// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Fixture, Parts} from "./Fixture.t.sol";
import {ICaveatEnforcer} from "./ICaveatEnforcer.sol";
import {TaskScopeEnforcer} from "./TaskScopeEnforcer.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";

/// @notice Which rule admits an execution, and what it charges.
///
/// an execution
/// ├── cut short, or longer than any calldata → MalformedExecution
/// ├── no rule for target, selector and length → NoRule
/// ├── one rule that fits
/// │   ├── more native value than its most → Value
/// │   ├── a condition that does not hold → Condition, by its number: {ConditionsTest}
/// │   ├── a budget with too little left → Budget, by its number, and nothing is charged
/// │   └── else charged to all its budgets
/// ├── several that fit: the first that admits; where none does, the first is named
/// └── terms next to valid ones → MalformedTerms
contract RulesTest is Fixture {
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

    function test_longerCalldataIsOfTheSameTargetAndSelector() public {
        // One bit of either is another call; so is one byte less.
        Parts memory t = _base();
        t.rules = _list(_rule(BOB, 0x12345678, 36, 1, 0, 0, ""));
        bytes memory execution = abi.encodePacked(BOB, uint256(0), bytes4(0x12345678), uint256(5), uint8(9));
        _passes(_pack(t), execution);
        for (uint256 bit; bit < 192; ++bit) {
            uint256 place = bit < 160 ? bit / 8 : 32 + bit / 8;
            execution[place] ^= bytes1(uint8(1 << bit % 8));
            vm.assertTrue(_selectorOf(_try(_pack(t), execution)) == TaskScopeRefusals.NotAdmitted.selector);
            execution[place] ^= bytes1(uint8(1 << bit % 8));
        }
        _passes(_pack(t), abi.encodePacked(BOB, uint256(0), bytes4(0x12345678), uint256(5)));
        _refuses(_pack(t), abi.encodePacked(BOB, uint256(0), bytes4(0x12345678), uint248(5)), _notAdmitted(255, TaskScopeRefusals.Reason.NoRule, 0, 0, 0, uint160(BOB)));
    }

    function test_aCallOfNothingButItsSelector() public {
        Parts memory t = _base();
        t.rules = _list(_rule(BOB, 0x12345678, 4, 0, 0, 0, ""));
        _passes(_pack(t), abi.encodePacked(BOB, uint256(0), bytes4(0x12345678)));
        // What is shorter has none: not the first bytes of it, whatever stands behind.
        for (uint256 length = 1; length < 4; ++length) {
            t.rules = _list(_rule(BOB, 0x12345678, uint16(length), 0, 0, 0, ""));
            bytes memory execution = abi.encodePacked(BOB, uint256(0), bytes4(0x12345678));
            assembly ("memory-safe") {
                mstore(execution, add(52, length))
            }
            _refuses(_pack(t), execution, _notAdmitted(255, TaskScopeRefusals.Reason.NoRule, 0, 0, 0, uint160(BOB)));
        }
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
        bytes memory body = abi.encodePacked(uint8(0), uint8(1), size);
        for (uint256 i = 14 - size; i < 14; ++i) body = bytes.concat(body, packed[i]);
        t.rules = _list(_rule(address(token), 0xa9059cbb, 68, 0, 0, 1, body));
        vm.assertTrue(_isCanonical(_pack(t)));
        // Above every cap rather than overflowing: what is said then is 2^128 - 1.
        uint256 charge = amount > type(uint128).max / weight ? type(uint128).max : amount * weight;
        bytes memory reason = _try(_pack(t), _pay(ALICE, amount));
        vm.assertEq(reason, charge <= cap ? bytes("") : _notAdmitted(0, TaskScopeRefusals.Reason.Budget, 0, cap, 0, charge));
        if (charge <= cap) vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, charge);
    }

    function test_theLargestAmountThatAProductHolds() public {
        testFuzz_weightsNeverOverflow(type(uint128).max / 2, 2, type(uint112).max);
    }

    function test_theSmallestAmountThatAProductDoesNotHold() public {
        testFuzz_weightsNeverOverflow(type(uint128).max / 2 + 1, 2, type(uint112).max);
    }

    function testFuzz_anUnweighedChargeIsSaidAsItStands(uint256 amount) public {
        Parts memory t = _payments();
        t.rules = _list(_rule(address(token), 0xa9059cbb, 68, 0, 0, 1, _charge(0, 1)));
        bytes memory reason = _notAdmitted(0, TaskScopeRefusals.Reason.Budget, 0, 200, 0, amount);
        vm.assertEq(_try(_pack(t), _pay(ALICE, amount)), amount <= 200 ? bytes("") : reason);
    }

    function test_anAmountBeyondEveryCapIsSaidAsItStands() public {
        testFuzz_anUnweighedChargeIsSaidAsItStands(type(uint256).max);
        testFuzz_anUnweighedChargeIsSaidAsItStands(2 ** 128);
    }

    function test_twoChargesOfOneBudgetAreOne() public {
        Parts memory t = _payments();
        t.rules = _list(_rule(address(token), 0xa9059cbb, 68, 0, 0, 2, abi.encodePacked(_charge(0, 1), _charge(0, 254))));
        _passes(_pack(t), _pay(ALICE, 199));
        vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, 200);
        _refuses(_pack(t), _pay(ALICE, 7), _notAdmitted(0, TaskScopeRefusals.Reason.Budget, 0, 200, 200, 8));
    }

    function test_saysEveryBudgetThatIsCharged() public {
        // The second of three is left alone: each report carries the number of its own.
        Parts memory t = _payments();
        t.budgets = new bytes[](3);
        (t.budgets[0], t.budgets[1], t.budgets[2]) = (_rolling(DAY, 200), _fixed(DAY, 120), _fixed(0, 500));
        t.rules = _list(_rule(address(token), 0xa9059cbb, 68, 0, 0, 2, abi.encodePacked(_charge(0, 1), _charge(2, 1))));
        bytes memory execution = _pay(ALICE, 30);
        uint256[] memory budgets = new uint256[](2);
        (budgets[0], budgets[1]) = (30 << 112 | 170, 2 << 224 | 30 << 112 | 470);
        vm.expectEmit(true, false, false, true, address(enforcer));
        emit TaskScopeEnforcer.RedeemedMore(HASH_A, "", budgets);
        ICaveatEnforcer(address(enforcer)).beforeHook(_pack(t), "", SINGLE, execution, HASH_A, PRINCIPAL, REDEEMER);
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

    function test_termsShorterThanTheirHeaderAreMalformed() public {
        // What stands behind them is the redeemer's own: it completes no header.
        bytes memory terms = _pack(_payments());
        for (uint256 kept; kept < 44; ++kept) {
            assembly ("memory-safe") {
                mstore(terms, kept)
            }
            _refuses(terms, _pay(ALICE, 1), abi.encodeWithSelector(TaskScopeRefusals.MalformedTerms.selector, HASH_A));
        }
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

    function test_bytesLeftOverInARuleAreRefused() public {
        // With one charge, with several, and with a measured one, a byte more than the rule says, or fewer.
        bytes[3] memory bodies = [_charge(0, 1), abi.encodePacked(_charge(0, 1), _charge(0, 254)), abi.encodePacked(_charge(0, 253), token, PRINCIPAL)];
        for (uint256 i; i < 3; ++i) {
            Parts memory t = _payments();
            t.measured = i == 2;
            uint8 flags = i == 2 ? 8 : 0;
            uint8 charges = i == 1 ? 2 : 1;
            t.rules = _list(_rule(address(token), 0xa9059cbb, 68, flags, 0, charges, bytes.concat(bodies[i], hex"00")));
            _refuses(_pack(t), _pay(ALICE, 1), abi.encodeWithSelector(TaskScopeRefusals.MalformedTerms.selector, HASH_A));
            t.rules = _list(_rule(address(token), 0xa9059cbb, 68, flags, 0, charges, bodies[i]));
            vm.assertEq(_try(_pack(t), "", SINGLE, _pay(ALICE, 1), keccak256("another delegation")), "");
        }
    }

    function test_capAboveWhatEventsHoldIsRefused() public {
        // Spent and left have 112 bits each in an event: a larger cap would say something else than it holds.
        Parts memory t = _payments();
        for (uint256 over; over < 2; ++over) {
            t.budgets = _list(_fixed(DAY, 2 ** 112 - 1 + over));
            if (over == 0) _passes(_pack(t), _pay(ALICE, 1));
            else _refuses(_pack(t), _pay(ALICE, 1), abi.encodeWithSelector(TaskScopeRefusals.MalformedTerms.selector, HASH_A));
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
