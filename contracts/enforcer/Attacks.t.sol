// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Execution, Fixture, Parts} from "./Fixture.t.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";

/// @notice Attacks by name. What is tried elsewhere:
///
/// - try mode, times, redeemers, forbidden targets: TaskScopeEnforcer.t.sol
/// - truncated and overlong calldata, overflowing weights: Rules.t.sol
/// - dirty bits of every width, offsets beyond the calldata: Conditions.t.sol
/// - other encodings of a batch: Batch.t.sol; allowances that outlive it: Allowance.t.sol
/// - fees, lies and re-entrancy while measuring: Measured.t.sol; through the real manager: test/journeys/enforcer-requests.test.ts
/// - windows at the limits of their types, the worst five seconds: SpendCounter.t.sol
/// - replays across delegation, chain and enforcer, high s: Requests.t.sol
contract AttacksTest is Fixture {
    uint256 private constant KEY = 0xa9e47;

    // --- targets ---

    function test_managerAccountAndEnforcerHideInABatch() public {
        address[3] memory targets = [address(this), PRINCIPAL, address(enforcer)];
        Parts memory t = _payments();
        for (uint256 i; i < 3; ++i) {
            t.rules = _list(_transferRule(50), _rule(targets[i], 0, 0, 0, 0, 0, ""));
            Execution[] memory executions = new Execution[](2);
            (executions[0], executions[1]) = (_transfer(ALICE, 1), Execution(targets[i], 0, ""));
            bytes memory reason = abi.encodeWithSelector(TaskScopeRefusals.ForbiddenTarget.selector, HASH_A, 1, targets[i]);
            vm.assertEq(_try(_pack(t), "", BATCH, abi.encode(executions), HASH_A), reason);
        }
    }

    // --- calldata ---

    function test_duplicatedCalldataTail() public {
        // The arguments twice, and the whole call twice: a target that reads from the end would pay somebody else.
        bytes memory arguments = abi.encode(ALICE, 50);
        bytes memory call = bytes.concat(bytes4(0xa9059cbb), arguments);
        bytes[2] memory tails = [arguments, call];
        for (uint256 i; i < 2; ++i) {
            bytes memory execution = abi.encodePacked(token, uint256(0), call, tails[i]);
            _refuses(_pack(_payments()), execution, _notAdmitted(255, TaskScopeRefusals.Reason.NoRule, 0, 0, 0, uint160(address(token))));
        }
    }

    function testFuzz_dirtyUpperBitsOfAPayee(uint96 dirt) public {
        // A token that cuts them would pay Alice; one that does not, somebody else.
        vm.assume(dirt != 0);
        uint256 word = uint256(dirt) << 160 | uint160(ALICE);
        bytes memory execution = abi.encodePacked(token, uint256(0), bytes4(0xa9059cbb), word, uint256(1));
        _refuses(_pack(_payments()), execution, _notAdmitted(0, TaskScopeRefusals.Reason.Condition, 0, uint160(ALICE), 0, word));
    }

    function testFuzz_dirtyUpperBitsOfABatchsTarget(uint96 dirt) public {
        vm.assume(dirt != 0);
        Execution[] memory executions = new Execution[](1);
        executions[0] = _transfer(ALICE, 1);
        bytes memory execution = abi.encode(executions);
        vm.assertEq(_try(_pack(_payments()), "", BATCH, execution, HASH_A), "");
        uint256 word = uint256(dirt) << 160 | uint160(address(token));
        assembly ("memory-safe") {
            mstore(add(execution, 128), word)
        }
        vm.assertEq(_try(_pack(_payments()), "", BATCH, execution, HASH_A), abi.encodeWithSelector(TaskScopeRefusals.MalformedExecution.selector, HASH_A));
    }

    function testFuzz_offsetThatPointsIntoAnotherArgument(uint8 to) public {
        // A `bytes` argument whose offset points at bytes that were judged as something else: its hash is what the target reads.
        bytes memory wanted = "pay the rent";
        bytes memory condition = abi.encodePacked(uint8(10), uint8(0), uint8(0), uint8(32), keccak256(wanted));
        Parts memory t = _base();
        t.rules = _list(_rule(BOB, 0x12345678, 36, 1, 1, 0, condition));
        bytes memory arguments = abi.encode(wanted, bytes("drain it all"));
        assembly ("memory-safe") {
            mstore(add(arguments, 32), to)
        }
        bytes memory reason = _try(_pack(t), abi.encodePacked(BOB, uint256(0), bytes4(0x12345678), arguments));
        vm.assertTrue((reason.length == 0) == (to == 64));
    }

    // --- terms ---

    function testFuzz_weightOfZeroChargesAllOrNothing(uint256 amount) public {
        // Not canonical, so nobody signs it knowingly: whoever does gets no free spending by it.
        Parts memory t = _payments();
        t.rules = _list(_rule(address(token), 0xa9059cbb, 68, 0, 0, 1, hex"00010100"));
        vm.assertTrue(!_isCanonical(_pack(t)));
        vm.assertTrue((_try(_pack(t), _pay(ALICE, amount)).length == 0) == (amount == 0));
    }

    function testFuzz_aRuleThatReachesBeyondTheTerms(uint16 size) public {
        // The words behind the terms are the caller's: args, mode, execution.
        bytes memory terms = _pack(_payments());
        uint256 body = 44 + 7 + 20 + 29;
        vm.assume(size > uint16(bytes2(abi.encodePacked(terms[body], terms[body + 1]))));
        (terms[body], terms[body + 1]) = (bytes1(uint8(size >> 8)), bytes1(uint8(size)));
        _refuses(terms, _pay(ALICE, 1), abi.encodeWithSelector(TaskScopeRefusals.MalformedTerms.selector, HASH_A));
    }

    // --- signatures ---

    function _request(address key, bytes32 mode, bytes memory execution) private view returns (bytes memory terms, bytes memory args) {
        Parts memory t = _payments();
        t.key = key;
        uint40 deadline = uint40(START + 60);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, reader.requestDigest(HASH_A, mode, execution, 1, deadline));
        return (_pack(t), abi.encodePacked(uint64(1), deadline, r, s, v));
    }

    function test_requestReplayedInAnotherMode() public {
        // The bytes are a batch of one; the request was signed for single mode, where they mean nothing.
        Execution[] memory executions = new Execution[](1);
        executions[0] = _transfer(ALICE, 1);
        bytes memory execution = abi.encode(executions);
        (bytes memory terms, bytes memory args) = _request(vm.addr(KEY), SINGLE, execution);
        vm.assertTrue(_selectorOf(_try(terms, args, BATCH, execution, HASH_A)) == TaskScopeRefusals.NotRequested.selector);
        (, args) = _request(vm.addr(KEY), BATCH, execution);
        vm.assertEq(_try(terms, args, BATCH, execution, HASH_A), "");
    }

    function testFuzz_zeroAddressIsNeverRecovered(bytes32 r, bytes32 s, uint8 v) public {
        // Terms whose key is the zero address, which is what recovery answers when it fails.
        (bytes memory terms,) = _request(vm.addr(KEY), SINGLE, _pay(ALICE, 1));
        for (uint256 i = 44; i < 64; ++i) terms[i] = 0;
        vm.assertTrue(!_isCanonical(terms));
        bytes memory args = abi.encodePacked(uint64(1), uint40(START + 60), r, s, v);
        vm.assertTrue(_selectorOf(_try(terms, args, SINGLE, _pay(ALICE, 1), HASH_A)) == TaskScopeRefusals.NotRequested.selector);
    }

    function test_zeroAddressNeverConfirms() public {
        Parts memory t = _payments();
        t.confirmer = ALICE;
        t.thresholds = new uint256[](1);
        bytes memory terms = _pack(t);
        for (uint256 i = 44; i < 64; ++i) terms[i] = 0;
        bytes memory args = bytes.concat(abi.encodePacked(uint64(1), uint40(START + 60)), new bytes(65));
        vm.assertTrue(_selectorOf(_try(terms, args, SINGLE, _pay(ALICE, 1), HASH_A)) == TaskScopeRefusals.NotConfirmed.selector);
    }
}
