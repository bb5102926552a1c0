// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {CallHub} from "./CallHub.sol";
import {TestToken} from "./TestToken.sol";
import {vm} from "./Vm.sol";

contract CallHubTest {
    CallHub private hub;
    TestToken private token;

    function setUp() public {
        hub = new CallHub();
        token = new TestToken("Test dollar", "USDC", 6);
    }

    function testFuzz_everyFormMakesTheCall(address to, uint64 amount) public {
        vm.assume(to != address(0) && to != address(hub));
        bytes memory mint = abi.encodeCall(token.mint, (to, amount));
        hub.execute(address(token), 0, mint);
        hub.execute(bytes32(0), abi.encodePacked(address(token), uint256(0), mint));
        CallHub.Call3[] memory calls = new CallHub.Call3[](1);
        calls[0] = CallHub.Call3(address(token), false, mint);
        hub.aggregate3(calls);
        bytes[] memory own = new bytes[](1);
        own[0] = abi.encodeWithSignature("execute(address,uint256,bytes)", address(token), 0, mint);
        hub.multicall(own);
        bytes memory one = abi.encodePacked(uint8(0), address(token), uint256(0), mint.length, mint);
        hub.multiSend(bytes.concat(one, one));
        vm.assertEq(token.balanceOf(to), uint256(amount) * 6);
    }

    function test_aFailureEndsAll() public {
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "call failed"));
        hub.execute(address(token), 0, abi.encodeCall(token.transfer, (address(1), 1)));
    }
}
