// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Execution, Fixture, Parts} from "./Fixture.t.sol";
import {ICaveatEnforcer} from "./ICaveatEnforcer.sol";
import {TaskScopeEnforcer} from "./TaskScopeEnforcer.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";

/// @notice Spending that is what the account loses, not what the call declares.
///
/// beforeHook
/// ├── another redemption of the delegation is being measured → Reentered, measured or not
/// ├── beside another action, or with a confirmer → MeasuredAlone; without the header's flag → MalformedTerms
/// ├── a balance that cannot be read → refused
/// └── else what the account holds is kept
/// afterHook
/// ├── nothing was kept → nothing
/// ├── lost more than a budget has left → Budget
/// └── else charged to each budget that the rule measures, weighed, and said
contract MeasuredTest is Fixture {
    address private constant VAULT = address(0x4444);
    bytes private execution;

    function setUp() public override {
        super.setUp();
        execution = _single(Execution(VAULT, 0, abi.encodeWithSelector(0x11223344, uint256(0))));
        token.mint(PRINCIPAL, 1000);
        vm.deal(PRINCIPAL, 1000);
    }

    function _terms(address asset) private view returns (Parts memory t) {
        t = _payments();
        t.measured = true;
        bytes memory body = abi.encodePacked(_charge(0, 253), asset, PRINCIPAL);
        t.rules = _list(_rule(VAULT, 0x11223344, 36, 8, 0, 1, body), _transferRule(50));
    }

    function _lose(uint256 amount) private {
        vm.prank(PRINCIPAL);
        token.transfer(VAULT, amount);
    }

    function testFuzz_chargesWhatTheAccountLost(uint256 amount) public {
        amount %= 1001;
        bytes memory terms = _pack(_terms(address(token)));
        vm.assertTrue(_isCanonical(terms));
        _passes(terms, execution);
        _lose(amount);
        (bool passed, bytes memory reason) = _after(terms, execution);
        vm.assertTrue(passed == (amount <= 200));
        if (passed) vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, amount);
        else vm.assertEq(reason, _notAdmitted(0, TaskScopeRefusals.Reason.Budget, 0, 200, 0, amount));
        vm.assertEq(enforcer.load(uint256(HASH_A)) & 0xffffff, 1);
    }

    function test_oneAfterAnotherInOneTransaction() public {
        bytes memory terms = _pack(_terms(address(token)));
        for (uint256 i = 1; i < 4; ++i) {
            _passes(terms, execution);
            _lose(50);
            (bool passed,) = _after(terms, execution);
            vm.assertTrue(passed);
            vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, 50 * i);
        }
        _passes(terms, execution);
        _lose(51);
        (bool over, bytes memory reason) = _after(terms, execution);
        vm.assertTrue(!over);
        vm.assertEq(reason, _notAdmitted(0, TaskScopeRefusals.Reason.Budget, 0, 200, 150, 51));
    }

    function test_saysWhichRuleWasMeasured() public {
        Parts memory t = _terms(address(token));
        (t.rules[0], t.rules[1]) = (t.rules[1], t.rules[0]);
        bytes memory terms = _pack(t);
        _passes(terms, execution);
        _lose(7);
        vm.expectEmit(true, false, false, true, address(enforcer));
        emit TaskScopeEnforcer.Measured(HASH_A, 1, 7, 7 << 112 | 193);
        (bool passed,) = _after(terms, execution);
        vm.assertTrue(passed);
    }

    function test_chargesTheBudgetsThatItNamesWithTheirWeights() public {
        // Behind the first budget, whose slot and place are those of the delegation and of the list, the others have their own.
        Parts memory t = _terms(address(token));
        t.budgets = new bytes[](3);
        (t.budgets[0], t.budgets[1], t.budgets[2]) = (_rolling(DAY, 200), _fixed(DAY, 120), _fixed(0, 500));
        bytes memory charges = abi.encodePacked(_charge(0, 254), _charge(1, 253), uint8(2), uint8(253), uint8(1), uint8(3));
        t.rules[0] = _rule(VAULT, 0x11223344, 36, 8, 0, 3, abi.encodePacked(charges, token, PRINCIPAL));
        bytes memory terms = _pack(t);
        vm.assertTrue(_isCanonical(terms));
        _passes(terms, execution);
        _lose(30);
        vm.expectEmit(true, false, false, true, address(enforcer));
        emit TaskScopeEnforcer.Measured(HASH_A, 0, 30, 1 << 224 | 30 << 112 | 90);
        vm.expectEmit(true, false, false, true, address(enforcer));
        emit TaskScopeEnforcer.Measured(HASH_A, 0, 30, 2 << 224 | 90 << 112 | 410);
        (bool passed,) = _after(terms, execution);
        vm.assertTrue(passed);
        uint256[3] memory spent = [uint256(1), 30, 90];
        for (uint256 b; b < 3; ++b) vm.assertEq(enforcer.load(uint256(HASH_A) + b) >> 64, spent[b]);
        // The next is refused by the budget that has too little, by its number, and none of them is charged.
        _passes(terms, execution);
        _lose(91);
        (bool over, bytes memory reason) = _after(terms, execution);
        vm.assertTrue(!over);
        vm.assertEq(reason, _notAdmitted(0, TaskScopeRefusals.Reason.Budget, 1, 120, 30, 91));
    }

    function test_saysWhatWasUsedInBaseUnits() public {
        // A rolling counter of this cap has units of 8: 9 lost are two of them.
        Parts memory t = _terms(address(token));
        t.budgets = _list(_rolling(DAY, 2 ** 26));
        Liar liar = new Liar();
        t.rules[0] = _rule(VAULT, 0x11223344, 36, 8, 0, 1, abi.encodePacked(_charge(0, 253), liar, PRINCIPAL));
        bytes memory terms = _pack(t);
        uint256[2] memory losses = [uint256(9), 2 ** 26 - 15];
        for (uint256 i; i < 2; ++i) {
            liar.set(type(uint256).max);
            _passes(terms, execution);
            liar.set(type(uint256).max - losses[i]);
            (bool passed, bytes memory reason) = _after(terms, execution);
            vm.assertTrue(passed == (i == 0));
            if (i == 1) vm.assertEq(reason, _notAdmitted(0, TaskScopeRefusals.Reason.Budget, 0, 2 ** 26, 16, losses[i]));
        }
    }

    function test_leavesABudgetAloneThatItDoesNotName() public {
        // Calls, which are counted beside the first, would write it anyway.
        for (uint8 measured; measured < 2; ++measured) {
            Parts memory t = _terms(address(token));
            t.mostCalls = 0;
            t.budgets = _list(_rolling(DAY, 200), _fixed(DAY, 120));
            t.rules[0] = _rule(VAULT, 0x11223344, 36, 8, 0, 1, abi.encodePacked(_charge(measured, 253), token, PRINCIPAL));
            bytes memory terms = _pack(t);
            uint256[2] memory before = [enforcer.load(uint256(HASH_A)), enforcer.load(uint256(HASH_A) + 1)];
            _passes(terms, execution);
            _lose(30);
            (bool passed,) = _after(terms, execution);
            vm.assertTrue(passed);
            vm.assertEq(enforcer.load(uint256(HASH_A) + measured) >> 64, 30);
            vm.assertEq(enforcer.load(uint256(HASH_A) + 1 - measured), before[1 - measured]);
        }
    }

    function testFuzz_weightsOfALossNeverOverflow(uint112 weight, uint256 loss) public {
        // A token that claims any loss: weighed it is what it is up to 2^128 - 1, and that above.
        vm.assume(weight > 1);
        Liar liar = new Liar();
        Parts memory t = _terms(address(liar));
        uint8 size = 1;
        while (weight >> 8 * size != 0) ++size;
        bytes memory shortest = new bytes(size);
        for (uint256 i; i < size; ++i) shortest[i] = bytes1(uint8(weight >> 8 * (size - 1 - i)));
        t.budgets = _list(_fixed(0, type(uint112).max));
        t.rules = _list(_rule(VAULT, 0x11223344, 36, 8, 0, 1, abi.encodePacked(uint8(0), uint8(253), size, shortest, liar, PRINCIPAL)));
        bytes memory terms = _pack(t);
        vm.assertTrue(_isCanonical(terms));
        uint256 charge = loss > type(uint128).max / weight ? type(uint128).max : loss * weight;
        _passes(terms, execution);
        liar.set(type(uint256).max - loss);
        (bool passed, bytes memory reason) = _after(terms, execution);
        vm.assertTrue(passed == (charge <= type(uint112).max));
        if (passed) vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, charge);
        else vm.assertEq(reason, _notAdmitted(0, TaskScopeRefusals.Reason.Budget, 0, type(uint112).max, 0, charge));
    }

    function test_theLargestLossThatAProductHolds() public {
        testFuzz_weightsOfALossNeverOverflow(2, type(uint128).max / 2);
    }

    function test_theSmallestLossThatAProductDoesNotHold() public {
        testFuzz_weightsOfALossNeverOverflow(2, type(uint128).max / 2 + 1);
    }

    function test_nativeAndGains() public {
        bytes memory terms = _pack(_terms(address(0)));
        _passes(terms, execution);
        vm.deal(PRINCIPAL, 900);
        (bool passed,) = _after(terms, execution);
        vm.assertTrue(passed);
        vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, 100);
        _passes(terms, execution);
        vm.deal(PRINCIPAL, 5000);
        (passed,) = _after(terms, execution);
        vm.assertTrue(passed);
        vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, 100);
    }

    function test_nothingOfTheDelegationPassesMeanwhile() public {
        // A measured action of the same delegation, or another whose after hook would settle too early.
        bytes memory terms = _pack(_terms(address(token)));
        bytes memory reentered = abi.encodeWithSelector(TaskScopeRefusals.Reentered.selector, HASH_A);
        _passes(terms, execution);
        _refuses(terms, execution, reentered);
        _refuses(terms, _pay(ALICE, 1), reentered);
        // Another delegation may.
        vm.assertEq(_try(terms, "", SINGLE, _pay(ALICE, 1), keccak256("another delegation")), "");
        _lose(201);
        (bool passed,) = _after(terms, execution);
        vm.assertTrue(!passed);
    }

    function test_settlesOnce() public {
        bytes memory terms = _pack(_terms(address(token)));
        _passes(terms, execution);
        _lose(50);
        for (uint256 i; i < 2; ++i) {
            (bool passed,) = _after(terms, execution);
            vm.assertTrue(passed);
            vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, 50);
            _lose(10);
        }
    }

    function test_anUnmeasuredActionSettlesNothing() public {
        bytes memory terms = _pack(_terms(address(token)));
        _passes(terms, _pay(ALICE, 7));
        _lose(500);
        (bool passed,) = _after(terms, _pay(ALICE, 7));
        vm.assertTrue(passed);
        vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, 7);
    }

    function test_measuredStandsAlone() public {
        bytes memory terms = _pack(_terms(address(token)));
        Execution[] memory batch = new Execution[](1);
        batch[0] = Execution(VAULT, 0, abi.encodeWithSelector(0x11223344, uint256(0)));
        Execution[] memory two = new Execution[](2);
        (two[0], two[1]) = (batch[0], _transfer(ALICE, 1));
        vm.assertEq(_try(terms, "", BATCH, abi.encode(two), HASH_A), abi.encodeWithSelector(TaskScopeRefusals.MeasuredAlone.selector, HASH_A));
        vm.assertEq(_try(terms, "", BATCH, abi.encode(batch), HASH_A), "");
    }

    function test_measuredRuleWithoutTheHeadersFlagIsRefused() public {
        Parts memory t = _terms(address(token));
        t.measured = false;
        _refuses(_pack(t), execution, abi.encodeWithSelector(TaskScopeRefusals.MalformedTerms.selector, HASH_A));
        vm.assertTrue(!_isCanonical(_pack(t)));
    }

    function test_aTokenThatTakesFeesOrLies() public {
        // A fee is part of what the account loses. A balance that cannot be read refuses.
        bytes memory terms = _pack(_terms(address(token)));
        _passes(terms, execution);
        _lose(95);
        vm.prank(PRINCIPAL);
        token.transfer(address(0xFEE), 5);
        (bool passed,) = _after(terms, execution);
        vm.assertTrue(passed);
        vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, 100);
        (passed,) = address(enforcer).call(abi.encodeCall(ICaveatEnforcer.beforeHook, (_pack(_terms(address(new Mute()))), "", SINGLE, execution, keccak256("mute"), PRINCIPAL, REDEEMER)));
        vm.assertTrue(!passed);
        // One that claims to have lost everything is over the cap, at no overflow.
        Liar liar = new Liar();
        terms = _pack(_terms(address(liar)));
        vm.warp(START + 2 days);
        _passes(terms, execution);
        liar.set(0);
        bytes memory reason;
        (passed, reason) = _after(terms, execution);
        vm.assertTrue(!passed && _selectorOf(reason) == TaskScopeRefusals.NotAdmitted.selector);
    }
}

contract Mute {
    fallback() external {}
}

contract Liar {
    uint256 private claimed = type(uint256).max;

    function set(uint256 claimed_) external {
        claimed = claimed_;
    }

    function balanceOf(address) external view returns (uint256) {
        return claimed;
    }
}
