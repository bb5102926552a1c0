// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Execution, Fixture, Parts} from "./Fixture.t.sol";
import {TaskScopeEnforcer} from "./TaskScopeEnforcer.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";

/// @notice Batch mode: each execution judged and counted, in one encoding only.
///
/// a batch
/// ├── more executions than the terms allow → TooManyExecutions; none, or any but the one encoding → MalformedExecution
/// ├── an execution that no rule admits, or whose target is forbidden → refused with its number, and all others with it
/// ├── the three executions of an allowance: {AllowanceTest}
/// └── else each counted, and the rules said where they differ
contract BatchTest is Fixture {
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

    function test_nothingBesideAListIsInIt() public {
        // Twenty bytes at any place of the terms as a payee: what stands next to a list, or across two entries, is nobody.
        Parts memory t = _payments();
        t.rules = _list(_transferRule(50), _transferRule(40));
        bytes memory terms = _pack(t);
        for (uint256 last; last < 3; ++last) {
            Execution[] memory executions = new Execution[](last + 1);
            for (uint256 i; i < last; ++i) executions[i] = _transfer(BOB, 0);
            for (uint256 place = 52; place + 20 <= terms.length; ++place) {
                address payee;
                assembly ("memory-safe") {
                    payee := shr(96, mload(add(add(terms, 32), place)))
                }
                executions[last] = _transfer(payee, 0);
                bytes memory reason = _batch(terms, abi.encode(executions), keccak256(abi.encode(last, place)));
                vm.assertTrue((reason.length == 0) == (payee == ALICE || payee == BOB));
            }
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

    function testFuzz_nativeValueOfEachExecutionUpToItsMost(uint256 value, uint96 most) public {
        vm.assume(most != 0);
        Parts memory t = _payments();
        t.rules = _list(_transferRule(50), _rule(BOB, 0, 0, 2, 0, 0, abi.encodePacked(most)));
        Execution[] memory executions = new Execution[](2);
        (executions[0], executions[1]) = (_transfer(ALICE, 1), Execution(BOB, value, ""));
        bytes memory reason = _of(1, _notAdmitted(1, TaskScopeRefusals.Reason.Value, 0, most, 0, value));
        vm.assertEq(_batch(_pack(t), executions), value <= most ? bytes("") : reason);
        // A token rule takes none at all.
        executions[0].value = value;
        reason = _notAdmitted(0, TaskScopeRefusals.Reason.Value, 0, 0, 0, value);
        vm.assertTrue(value == 0 || keccak256(_batch(_pack(t), executions)) == keccak256(reason));
    }

    function test_noBitOfAValueIsLost() public {
        for (uint256 bit; bit < 256; ++bit) testFuzz_nativeValueOfEachExecutionUpToItsMost(1 << bit, 1);
    }
}
