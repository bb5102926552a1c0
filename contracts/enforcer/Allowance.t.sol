// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Execution, Fixture, Parts} from "./Fixture.t.sol";
import {TaskScopeEnforcer} from "./TaskScopeEnforcer.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";

/// @notice An allowance, its use and its end as one action of a batch: it never outlives the redemption.
///
/// approve, call, approve of nothing, for a rule that says so
/// ├── the first, the second or the third is not what it has to be → Allowance, with which of them
/// ├── the call is refused by value, condition or budget → as any other; a later rule sees the first again
/// ├── in single mode, or with fewer than three left → Allowance
/// └── else one action, whose calldata is the call's
contract AllowanceTest is Fixture {
    address private constant ROUTER = address(0x5555);
    bytes4 private constant SWAP = 0xaabbccdd;

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
