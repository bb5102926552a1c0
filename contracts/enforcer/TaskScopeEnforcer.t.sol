// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Execution, Fixture, Parts} from "./Fixture.t.sol";
import {ICaveatEnforcer} from "./ICaveatEnforcer.sol";
import {TaskScopeEnforcer} from "./TaskScopeEnforcer.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";

/// @notice Who calls, when, in which mode, to what target; what is said of it; how a group ends.
///
/// beforeHook
/// ├── another caller → NotManager
/// ├── another version, or a flag that is not known → UnknownVersion
/// ├── before the first second → TooEarly; from the expiry on → Expired
/// ├── the group was ended → GroupEnded
/// ├── redeemers are pinned, and it is none of them → RedeemerNotAllowed
/// ├── neither single nor batch, or batch where the terms allow none → UnsupportedMode
/// ├── target: the manager, the delegator, the enforcer → ForbiddenTarget, whatever the rules say
/// ├── executions of a batch: {BatchTest}; the rule that admits each: {RulesTest}, {ConditionsTest}
/// ├── calls: {CallsTest}; signatures: {RequestsTest}; what is measured: {MeasuredTest}
/// └── else counted, and said in an event
/// afterHook, beforeAllHook, afterAllHook
/// ├── another caller → NotManager
/// └── else nothing, but for what is measured: {MeasuredTest}
/// endGroup
/// ├── neither the delegator nor the guardian whom it names → NotYours
/// └── else ended for good, for that delegator, group and guardian only
/// load: {StorageTest}; burnRequest: {RequestsTest}
contract TaskScopeEnforcerTest is Fixture {
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
        bytes4[3] memory hooks = [ICaveatEnforcer.beforeAllHook.selector, ICaveatEnforcer.afterHook.selector, ICaveatEnforcer.afterAllHook.selector];
        bytes memory refusal = abi.encodeWithSelector(TaskScopeRefusals.NotManager.selector, HASH_A, ALICE);
        for (uint256 i; i < 3; ++i) {
            bytes memory call = abi.encodeWithSelector(hooks[i], _pack(_payments()), "", SINGLE, _pay(ALICE, 1), HASH_A, PRINCIPAL, REDEEMER);
            (bool passed, bytes memory reason) = address(enforcer).call(call);
            vm.assertTrue(passed && reason.length == 0);
            vm.prank(ALICE);
            (passed, reason) = address(enforcer).call(call);
            vm.assertTrue(!passed);
            vm.assertEq(reason, refusal);
        }
        vm.assertEq(enforcer.load(uint256(HASH_A)), 0);
        vm.prank(ALICE);
        vm.assertEq(_try(_pack(_payments()), _pay(ALICE, 1)), refusal);
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
}
