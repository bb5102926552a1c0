// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Execution, Fixture, Parts} from "./Fixture.t.sol";
import {TaskScopeEnforcer} from "./TaskScopeEnforcer.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";

/// @notice Batch mode: each execution judged and counted, one encoding only, and the three executions of an allowance as one.
contract BatchTest is Fixture {
    address private constant ROUTER = address(0x5555);
    bytes4 private constant SWAP = 0xaabbccdd;

    function _batch(bytes memory terms, bytes memory execution, bytes32 hash) private returns (bytes memory) {
        return _try(terms, "", BATCH, execution, hash);
    }

    function _batch(bytes memory terms, Execution[] memory executions) private returns (bytes memory) {
        return _batch(terms, abi.encode(executions), HASH_A);
    }

    function _three() private view returns (Execution[] memory executions) {
        executions = new Execution[](3);
        (executions[0], executions[1], executions[2]) = (_transfer(ALICE, 10), _transfer(BOB, 20), _transfer(ALICE, 30));
    }

    // --- default ---

    function test_countsEveryExecution() public {
        vm.assertEq(_batch(_pack(_payments()), _three()), "");
        vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, 60);
        vm.assertEq(enforcer.load(uint256(HASH_A)) & 0xffffff, 3);
    }

    function test_reportsRulesThatDiffer() public {
        Parts memory t = _payments();
        t.rules = _list(_transferRule(15), _transferRule(50));
        bytes memory execution = abi.encode(_three());
        uint256[] memory budgets = new uint256[](1);
        budgets[0] = 60 << 112 | 140;
        vm.expectEmit(true, false, false, true, address(enforcer));
        emit TaskScopeEnforcer.RedeemedMore(HASH_A, hex"000101", budgets);
        vm.expectEmit(true, false, false, true, address(enforcer));
        emit TaskScopeEnforcer.Redeemed(HASH_A, keccak256(bytes.concat(BATCH, execution)), 3 << 240 | 60 << 112 | 140);
        vm.assertEq(_batch(_pack(t), execution, HASH_A), "");
    }

    function test_oneBadItemRefusesAll() public {
        Execution[] memory executions = _three();
        executions[1] = _transfer(GUARDIAN, 20);
        vm.assertEq(_batch(_pack(_payments()), executions), _of(1, _notAdmitted(0, TaskScopeRefusals.Reason.Condition, 0, uint160(ALICE), 0, uint160(GUARDIAN))));
        vm.assertEq(enforcer.load(uint256(HASH_A)), 0);
        executions[1] = Execution(PRINCIPAL, 0, "");
        vm.assertEq(_batch(_pack(_payments()), executions), abi.encodeWithSelector(TaskScopeRefusals.ForbiddenTarget.selector, HASH_A, 1, PRINCIPAL));
    }

    function testFuzz_sameAsTheSinglesInOrder(uint256 seed) public {
        // Law: a batch passes exactly when its executions would, one after another, and leaves the same counters.
        Parts memory t = _payments();
        t.budgets = _list(_rolling(DAY, 200), _fixed(DAY, 120));
        bytes memory both = abi.encodePacked(_payees(), _charge(0, 1), _charge(1, 1));
        t.rules = _list(_rule(address(token), 0xa9059cbb, 68, 0, 1, 2, both), _transferRule(50));
        t.mostCalls = 5;
        bytes memory terms = _pack(t);
        Execution[] memory executions = new Execution[](_random(seed, 0, 5) + 1);
        bytes memory failed;
        bytes32 other = keccak256("another delegation");
        for (uint256 i; i < executions.length; ++i) {
            executions[i] = _transfer(_random(seed, 2 * i + 1, 12) == 0 ? GUARDIAN : i % 2 == 0 ? ALICE : BOB, _random(seed, 2 * i + 2, 60));
            if (failed.length == 0) failed = _try(terms, "", SINGLE, _single(executions[i]), other);
        }
        bytes memory reason = _batch(terms, abi.encode(executions), HASH_A);
        vm.assertTrue(_selectorOf(reason) == _selectorOf(failed));
        for (uint256 b; failed.length == 0 && b < 2; ++b) {
            vm.assertEq(enforcer.load(uint256(HASH_A) + b), enforcer.load(uint256(other) + b));
        }
    }

    // --- encodings ---

    function testFuzz_anyByteOfAnAllowedBatchMatters(uint16 place, uint8 flip) public {
        // Nothing passes but a smaller amount: the encoding has no second form.
        vm.assume(flip != 0);
        bytes memory execution = abi.encode(_three());
        uint256 i = place % execution.length;
        execution[i] = bytes1(uint8(execution[i]) ^ flip);
        bytes memory reason = _batch(_pack(_payments()), execution, HASH_A);
        if (reason.length == 0) {
            Execution[] memory read = abi.decode(execution, (Execution[]));
            vm.assertEq(abi.encode(read), execution);
            vm.assertTrue(read.length == 3 && i % 32 != 0);
        }
    }

    function testFuzz_cutAndOverlongBatchesAreRefused(uint16 cut, bytes calldata tail) public {
        bytes memory execution = abi.encode(_three());
        vm.assume(tail.length != 0);
        bytes memory reason = _batch(_pack(_payments()), bytes.concat(execution, tail), HASH_A);
        vm.assertTrue(reason.length != 0);
        uint256 kept = cut % execution.length;
        assembly ("memory-safe") {
            mstore(execution, kept)
        }
        vm.assertTrue(_batch(_pack(_payments()), execution, HASH_A).length != 0);
    }

    function test_sharedReorderedAndEmptyTuplesAreRefused() public {
        bytes memory malformed = abi.encodeWithSelector(TaskScopeRefusals.MalformedExecution.selector, HASH_A);
        Execution[] memory executions = _three();
        bytes memory execution = abi.encode(executions);
        assembly ("memory-safe") {
            // The second offset points at the first tuple.
            mstore(add(execution, 128), mload(add(execution, 96)))
        }
        vm.assertEq(_batch(_pack(_payments()), execution, HASH_A), malformed);
        execution = abi.encode(executions);
        assembly ("memory-safe") {
            // The first two change places.
            let first := mload(add(execution, 96))
            mstore(add(execution, 96), mload(add(execution, 128)))
            mstore(add(execution, 128), first)
        }
        vm.assertEq(_batch(_pack(_payments()), execution, HASH_A), malformed);
        vm.assertEq(_batch(_pack(_payments()), new Execution[](0)), malformed);
        vm.assertEq(_batch(_pack(_payments()), "", HASH_A), malformed);
        vm.assertEq(_batch(_pack(_payments()), abi.encode(32, type(uint256).max), HASH_A), abi.encodeWithSelector(TaskScopeRefusals.TooManyExecutions.selector, HASH_A, 10, type(uint256).max));
    }

    function test_mostExecutions() public {
        Parts memory t = _payments();
        t.most = 2;
        vm.assertEq(_batch(_pack(t), _three()), abi.encodeWithSelector(TaskScopeRefusals.TooManyExecutions.selector, HASH_A, 2, 3));
        t.most = 10;
        t.mostCalls = 2;
        vm.assertEq(_batch(_pack(t), _three()), abi.encodeWithSelector(TaskScopeRefusals.CallsExceeded.selector, HASH_A, 2, 0, 3));
    }

    // --- allowance ---

    function _swapParts(uint8 flags) private view returns (Parts memory t) {
        t = _payments();
        bytes memory body = abi.encodePacked(ROUTER, SWAP, uint16(68), uint8(1), _condition(3, 1, 0, 100), _charge(0, 1));
        t.rules = _list(_rule(address(token), 0x095ea7b3, 68, 4 | flags, 1, 1, body), _transferRule(50));
    }

    function _swap(uint256 amount) private view returns (Execution[] memory executions) {
        executions = new Execution[](3);
        executions[0] = Execution(address(token), 0, abi.encodeCall(token.approve, (ROUTER, amount)));
        executions[1] = Execution(ROUTER, 0, abi.encodeWithSelector(SWAP, ALICE, amount));
        executions[2] = Execution(address(token), 0, abi.encodeCall(token.approve, (ROUTER, 0)));
    }

    function testFuzz_allowanceIsAdmittedAsOne(uint256 amount) public {
        bytes memory reason = _batch(_pack(_swapParts(0)), _swap(amount));
        if (amount <= 100) {
            vm.assertEq(reason, "");
            vm.assertEq(enforcer.load(uint256(HASH_A)) & 0xffffff, 1);
            vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, amount);
        } else {
            vm.assertEq(reason, _of(1, _notAdmitted(0, TaskScopeRefusals.Reason.Condition, 0, 100, 0, amount)));
        }
    }

    function test_allowanceBetweenOtherActionsAndTwice() public {
        Execution[] memory all = new Execution[](8);
        (Execution[] memory one, Execution[] memory two) = (_swap(40), _swap(50));
        all[0] = _transfer(ALICE, 1);
        for (uint256 i; i < 3; ++i) (all[1 + i], all[5 + i]) = (one[i], two[i]);
        all[4] = _transfer(BOB, 2);
        bytes memory execution = abi.encode(all);
        uint256[] memory budgets = new uint256[](1);
        budgets[0] = 93 << 112 | 107;
        vm.expectEmit(true, false, false, true, address(enforcer));
        emit TaskScopeEnforcer.RedeemedMore(HASH_A, hex"0100000001000000", budgets);
        vm.assertEq(_batch(_pack(_swapParts(0)), execution, HASH_A), "");
        vm.assertEq(enforcer.load(uint256(HASH_A)) & 0xffffff, 4);
    }

    function testFuzz_allowanceNeverOutlivesTheRedemption(uint8 which, uint8 how, uint256 amount) public {
        amount = amount % 100 + 1;
        Execution[] memory executions = _swap(amount);
        uint256 i = which % 3;
        how %= 8;
        if (how == 0) executions[i].value = 1;
        if (how == 1) executions[i].target = ALICE;
        if (how == 2) executions[i].callData = bytes.concat(executions[i].callData, bytes32(0));
        if (how == 3) executions[i] = executions[(i + 1) % 3];
        if (how == 4) executions[0].callData = abi.encodeCall(token.approve, (ROUTER, amount + 1));
        if (how == 5) executions[2].callData = abi.encodeCall(token.approve, (ROUTER, amount));
        // Nothing is taken back from the router.
        if (how == 7) executions[2].callData = abi.encodeCall(token.approve, (ALICE, 0));
        if (how == 6) {
            // The last is missing.
            assembly ("memory-safe") {
                mstore(executions, 2)
            }
        }
        vm.assertTrue(_batch(_pack(_swapParts(0)), executions).length != 0);
        // The flag for longer calldata speaks of the call, not of the approvals.
        bool longerCall = how == 2 && i == 1;
        vm.assertTrue((_batch(_pack(_swapParts(1)), executions).length == 0) == longerCall);
    }

    function testFuzz_anyAllowanceThatIsLeftIsRefused(uint256 rest) public {
        vm.assume(rest != 0);
        Execution[] memory executions = _swap(5);
        executions[2].callData = abi.encodeCall(token.approve, (ROUTER, rest));
        vm.assertEq(_batch(_pack(_swapParts(0)), executions), _notAdmitted(0, TaskScopeRefusals.Reason.Allowance, 2, 0, 0, rest));
    }

    function test_noBitOfAnAllowanceIsLeft() public {
        for (uint256 bit; bit < 256; ++bit) testFuzz_anyAllowanceThatIsLeftIsRefused(1 << bit);
    }

    function test_allowanceAloneIsRefusedInSingleMode() public {
        Execution memory approval = _swap(5)[0];
        _refuses(_pack(_swapParts(0)), _single(approval), _notAdmitted(0, TaskScopeRefusals.Reason.Allowance, 0, uint160(ROUTER), 0, uint160(ROUTER)));
    }

    function test_theCallBetweenIsNoForbiddenTarget() public {
        Parts memory t = _swapParts(0);
        bytes memory body = abi.encodePacked(PRINCIPAL, SWAP, uint16(68), uint8(1), _charge(0, 1));
        t.rules = _list(_rule(address(token), 0x095ea7b3, 68, 4, 0, 1, body));
        Execution[] memory executions = _swap(5);
        executions[0].callData = abi.encodeCall(token.approve, (PRINCIPAL, 5));
        executions[1].target = PRINCIPAL;
        executions[2].callData = abi.encodeCall(token.approve, (PRINCIPAL, 0));
        vm.assertEq(_batch(_pack(t), executions), abi.encodeWithSelector(TaskScopeRefusals.ForbiddenTarget.selector, HASH_A, 1, PRINCIPAL));
    }

    function test_ruleAfterAnAllowanceThatFailsSeesTheFirstAgain() public {
        // The same three executions, admitted one by one: approvals and the call have rules of their own.
        Parts memory t = _swapParts(0);
        bytes[] memory rules = new bytes[](3);
        rules[0] = t.rules[0];
        rules[1] = _rule(address(token), 0x095ea7b3, 68, 0, 0, 0, "");
        rules[2] = _rule(ROUTER, SWAP, 68, 0, 0, 1, _charge(0, 1));
        t.rules = rules;
        vm.assertEq(_batch(_pack(t), _swap(101)), "");
        vm.assertEq(enforcer.load(uint256(HASH_A)) & 0xffffff, 3);
        vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, 101);
    }

    function test_conditionsBetweenApprovalsLookAtTheCallsOwnCalldata() public {
        // The bytes lie beyond the 68 of an approval: whoever took its length for the call's would not find them.
        Execution[] memory executions = _swap(5);
        executions[1].callData = abi.encodeWithSelector(SWAP, ALICE, uint256(5), hex"010203");
        for (uint256 most = 2; most < 4; ++most) {
            Parts memory t = _swapParts(0);
            bytes memory body = abi.encodePacked(ROUTER, SWAP, uint16(100), uint8(1), _condition(9, 2, 0, most), _charge(0, 1));
            t.rules = _list(_rule(address(token), 0x095ea7b3, 68, 5, 1, 1, body));
            vm.assertTrue((_batch(_pack(t), executions).length == 0) == (most == 3));
        }
    }
}
