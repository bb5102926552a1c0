// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Execution, Fixture, Parts} from "./Fixture.t.sol";
import {TaskScopeReader} from "./TaskScopeReader.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";

/// @notice What the reader says is what the enforcer does.
///
/// preview
/// ├── what the hook would refuse → the hook's own error
/// ├── args that are given: a signature or number that the hook would refuse → its error
/// └── else rules, budgets and calls after it, and whose signatures are asked for
/// left
/// ├── every budget, in base units, as it counts now
/// └── calls in this window; none counted: the largest number
/// isGroupEnded, isRequestUsed: {StorageTest}; getTermsInfo: {TermsInfoTest}; requestDigest: {VectorsTest}
contract TaskScopeReaderTest is Fixture {
    function testFuzz_previewSaysWhatTheHookDoes(address to, uint256 amount, uint8 place, uint8 flip, bool changeTerms) public {
        // Near-valid executions and terms: the same verdict with the same error, and the same budgets left.
        if (amount % 4 != 0) amount %= 60;
        bytes memory terms = _pack(_payments());
        bytes memory execution = _pay(amount % 5 == 0 ? to : ALICE, amount);
        if (changeTerms) terms[place % terms.length] ^= bytes1(flip);
        else if (flip % 2 == 0) execution[place % execution.length] ^= bytes1(flip);
        if (!_isCanonical(terms)) return;
        _passes(_pack(_payments()), _pay(BOB, 11));
        try reader.preview(terms, "", SINGLE, execution, HASH_A, PRINCIPAL, REDEEMER) returns (TaskScopeReader.Preview memory preview) {
            _passes(terms, execution);
            (TaskScopeReader.Left[] memory left, uint256 calls) = reader.left(terms, HASH_A);
            for (uint256 b; !changeTerms && b < left.length; ++b) {
                vm.assertEq(preview.budgets[b].left, left[b].left);
                vm.assertEq(preview.budgets[b].spent, left[b].spent);
            }
            vm.assertTrue(calls == type(uint256).max || preview.calls != 0);
        } catch (bytes memory reason) {
            _refuses(terms, execution, reason);
        }
    }

    function _preview(Parts memory t, bytes32 mode, bytes memory execution) private view returns (TaskScopeReader.Preview memory) {
        return reader.preview(_pack(t), "", mode, execution, HASH_A, PRINCIPAL, REDEEMER);
    }

    function _twoPayments(uint256 one, uint256 two) private view returns (bytes memory) {
        Execution[] memory executions = new Execution[](2);
        (executions[0], executions[1]) = (_transfer(ALICE, one), _transfer(BOB, two));
        return abi.encode(executions);
    }

    function test_previewNamesTheRuleOfEachExecution() public view {
        Parts memory t = _payments();
        t.rules = _list(_transferRule(15), _transferRule(50));
        TaskScopeReader.Preview memory preview = _preview(t, SINGLE, _pay(ALICE, 20));
        vm.assertTrue(preview.rules.length == 1 && preview.rules[0] == 1 && preview.calls == 1);
        // Rules that are the same, and rules that differ, are kept in two ways.
        preview = _preview(t, BATCH, _twoPayments(20, 30));
        vm.assertTrue(preview.rules.length == 2 && preview.rules[0] == 1 && preview.rules[1] == 1 && preview.calls == 2);
        preview = _preview(t, BATCH, _twoPayments(10, 30));
        vm.assertTrue(preview.rules.length == 2 && preview.rules[0] == 0 && preview.rules[1] == 1);
        vm.assertTrue(preview.budgets[0].spent == 40 && preview.budgets[0].left == 160);
    }

    function test_previewSaysWhoseSignatureIsNeeded() public view {
        Parts memory t = _payments();
        TaskScopeReader.Preview memory preview = _preview(t, SINGLE, _pay(ALICE, 11));
        vm.assertTrue(!preview.needsRequest && !preview.needsConfirmation && !preview.measured);
        t.confirmer = BOB;
        t.thresholds = new uint256[](1);
        t.thresholds[0] = 10;
        vm.assertTrue(!_preview(t, SINGLE, _pay(ALICE, 10)).needsConfirmation);
        preview = _preview(t, SINGLE, _pay(ALICE, 11));
        vm.assertTrue(preview.needsConfirmation && !preview.needsRequest);
        t.key = ALICE;
        vm.assertTrue(_preview(t, SINGLE, _pay(ALICE, 10)).needsRequest);
    }

    function test_leftOfCallsInTheWindowAndForEver() public {
        Parts memory t = _payments();
        (t.mostCalls, t.callsPeriod) = (2, DAY);
        for (uint256 used; used < 3; ++used) {
            (, uint256 calls) = reader.left(_pack(t), HASH_A);
            vm.assertEq(calls, 2 - used);
            if (used < 2) _passes(_pack(t), _pay(ALICE, 1));
        }
        // Terms of the same delegation hash that allow fewer, as after a collision: none is left, not nearly all.
        t.mostCalls = 1;
        (, uint256 fewer) = reader.left(_pack(t), HASH_A);
        vm.assertEq(fewer, 0);
        t.mostCalls = 2;
        vm.warp(uint256(t.notBefore) + DAY);
        (, uint256 anew) = reader.left(_pack(t), HASH_A);
        vm.assertEq(anew, 2);
        t.callsPeriod = 0;
        (, uint256 ever) = reader.left(_pack(t), HASH_A);
        vm.assertEq(ever, 0);
        t.mostCalls = 0;
        (, uint256 uncounted) = reader.left(_pack(t), HASH_A);
        vm.assertEq(uncounted, type(uint256).max);
    }

    function test_leftOfEveryBudgetInBaseUnits() public {
        Parts memory t = _payments();
        t.budgets = new bytes[](3);
        (t.budgets[0], t.budgets[1], t.budgets[2]) = (_rolling(DAY, 2 ** 30), _fixed(DAY, 120), _fixed(0, 500));
        bytes memory charges = abi.encodePacked(_charge(0, 1), _charge(1, 1), _charge(2, 1));
        t.rules = _list(_rule(address(token), 0xa9059cbb, 68, 0, 0, 3, charges));
        _passes(_pack(t), _pay(ALICE, 65));
        (TaskScopeReader.Left[] memory left,) = reader.left(_pack(t), HASH_A);
        // The rolling counter has units of 128.
        vm.assertTrue(left[0].spent == 128 && left[0].left == 2 ** 30 - 128);
        vm.assertTrue(left[1].spent == 65 && left[1].left == 55 && left[2].spent == 65 && left[2].left == 435);
        vm.warp(uint256(t.notBefore) + DAY);
        (left,) = reader.left(_pack(t), HASH_A);
        vm.assertTrue(left[0].spent == 128 && left[1].left == 120 && left[2].left == 435);
        // Other terms counted here: nothing is left, not nearly everything.
        t.budgets[2] = _fixed(0, 64);
        (left,) = reader.left(_pack(t), HASH_A);
        vm.assertTrue(left[2].spent == 65 && left[2].left == 0);
    }

    function test_leftFindsTheBudgetsBehindEveryParty() public view {
        // Each of them moves the place at which the budgets start.
        for (uint256 with; with < 16; ++with) {
            Parts memory t = _payments();
            if (with & 1 != 0) t.key = ALICE;
            if (with & 2 != 0) (t.confirmer, t.thresholds) = (BOB, new uint256[](1));
            if (with & 4 != 0) t.mostCalls = 0;
            if (with & 8 != 0) {
                t.redeemers = new address[](2);
                (t.redeemers[0], t.redeemers[1]) = (ALICE, BOB);
            }
            (TaskScopeReader.Left[] memory left,) = reader.left(_pack(t), HASH_A);
            vm.assertTrue(left.length == 1 && left[0].spent == 0 && left[0].left == 200);
        }
    }

    function test_previewChecksTheArgsThatItIsGiven() public {
        uint256 key = 0xa9e47;
        Parts memory t = _payments();
        t.key = vm.addr(key);
        (bytes memory terms, bytes memory execution, uint40 deadline) = (_pack(t), _pay(ALICE, 11), uint40(START + 60));
        for (uint64 number = 1; number < 3; ++number) {
            bytes32 digest = reader.requestDigest(HASH_A, SINGLE, execution, number, deadline);
            for (uint256 by; by < 2; ++by) {
                (uint8 v, bytes32 r, bytes32 s) = vm.sign(key + 1 - by, digest);
                bytes memory args = abi.encodePacked(number, deadline, r, s, v);
                bytes memory reason = by == 1 ? bytes("") : abi.encodeWithSelector(TaskScopeRefusals.NotRequested.selector, HASH_A, vm.addr(key), digest);
                vm.assertEq(_previewed(terms, args, execution), reason);
                vm.assertEq(_try(terms, args, SINGLE, execution, HASH_A), reason);
                if (by == 1) {
                    // Once it was redeemed.
                    reason = abi.encodeWithSelector(TaskScopeRefusals.RequestUsed.selector, HASH_A, number);
                    vm.assertEq(_previewed(terms, args, execution), reason);
                    vm.assertEq(_try(terms, args, SINGLE, execution, HASH_A), reason);
                }
            }
        }
        // Cut short; and where nothing asks for a request, nobody looks at them.
        vm.assertEq(_previewed(terms, hex"00", execution), abi.encodeWithSelector(TaskScopeRefusals.MalformedArgs.selector, HASH_A, vm.addr(key)));
        vm.assertEq(_previewed(_pack(_payments()), hex"00", execution), "");
    }

    function test_previewChecksAConfirmationThatItIsGiven() public view {
        uint256 confirmer = 0xc0ff;
        Parts memory t = _payments();
        t.confirmer = vm.addr(confirmer);
        t.thresholds = new uint256[](1);
        t.thresholds[0] = 10;
        bytes memory execution = _pay(ALICE, 11);
        bytes32 digest = reader.requestDigest(HASH_A, SINGLE, execution, 1, uint40(START));
        for (uint256 by; by < 2; ++by) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(confirmer + by, digest);
            bytes memory reason = by == 0 ? bytes("") : abi.encodeWithSelector(TaskScopeRefusals.NotConfirmed.selector, HASH_A, vm.addr(confirmer), digest);
            vm.assertEq(_previewed(_pack(t), abi.encodePacked(uint64(1), uint40(START), r, s, v), execution), reason);
        }
    }

    /// @dev Empty where the preview says that it would pass, else what it reverted with.
    function _previewed(bytes memory terms, bytes memory args, bytes memory execution) private view returns (bytes memory) {
        try reader.preview(terms, args, SINGLE, execution, HASH_A, PRINCIPAL, REDEEMER) returns (TaskScopeReader.Preview memory) {
            return "";
        } catch (bytes memory reason) {
            return reason;
        }
    }
}
