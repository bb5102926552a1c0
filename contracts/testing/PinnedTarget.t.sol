// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {PinnedTarget} from "./PinnedTarget.sol";
import {vm} from "./Vm.sol";

contract PinnedTargetTest {
    PinnedTarget private target;

    function setUp() public {
        target = new PinnedTarget();
    }

    function testFuzz_orderReportsEveryArgument(address caller, uint256 id, address to, bytes32 ref, uint96 value) public {
        vm.assume(caller != address(0));
        vm.deal(caller, value);
        vm.expectEmit(true, true, false, true, address(target));
        emit PinnedTarget.Ordered(caller, id, to, ref, "", value);
        vm.prank(caller);
        target.order{value: value}(id, to, ref);
        vm.assertEq(target.orders(id), caller);
    }

    function testFuzz_orderWithMemoReportsTheMemo(uint256 id, string calldata memo) public {
        vm.expectEmit(true, true, false, true, address(target));
        emit PinnedTarget.Ordered(address(this), id, address(1), bytes32(id), memo, 0);
        target.orderWithMemo(id, address(1), bytes32(id), memo);
    }

    function testFuzz_noteReportsTheMemo(string calldata memo) public {
        vm.expectEmit(true, false, false, true, address(target));
        emit PinnedTarget.Noted(address(this), memo);
        target.note(memo);
    }

    function testFuzz_routeReportsStructAndArray(PinnedTarget.Leg calldata leg, uint256[2] calldata limits, bytes calldata rest)
        public
    {
        vm.expectEmit(true, false, false, true, address(target));
        emit PinnedTarget.Routed(address(this), leg.to, leg.kind, leg.paid, limits[0], limits[1], rest);
        target.route(leg, limits, rest);
    }

    function testFuzz_refuseNamesTheOrder(uint256 id) public {
        vm.expectRevert(abi.encodeWithSelector(PinnedTarget.OrderRefused.selector, id));
        target.refuse(id);
    }
}
