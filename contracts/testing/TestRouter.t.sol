// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {TestRouter} from "./TestRouter.sol";
import {TestToken} from "./TestToken.sol";
import {vm} from "./Vm.sol";

contract TestRouterTest {
    TestRouter private router;
    TestToken private dollar;
    TestToken private coin;

    function setUp() public {
        router = new TestRouter(3);
        dollar = new TestToken("Test dollar", "USDC", 6);
        coin = new TestToken("Test coin", "WETH", 18);
    }

    function testFuzz_takesWhatWasApprovedAndPaysThePrice(address to, uint64 amount) public {
        vm.assume(to != address(0) && to != address(router));
        dollar.mint(address(this), amount);
        coin.mint(address(router), uint256(amount) * 3);
        dollar.approve(address(router), amount);
        vm.assertEq(router.exactInputSingle(swap(to, amount, uint256(amount) * 3)), uint256(amount) * 3);
        vm.assertEq(dollar.balanceOf(address(this)), 0);
        vm.assertEq(dollar.allowance(address(this), address(router)), 0);
        vm.assertEq(coin.balanceOf(to), uint256(amount) * 3);
    }

    function testFuzz_refusesAWorsePriceThanWanted(uint64 amount, uint64 more) public {
        uint256 paid = uint256(amount) * 3;
        vm.expectRevert(abi.encodeWithSelector(TestRouter.TooLittleReceived.selector, paid));
        router.exactInputSingle(swap(address(this), amount, paid + 1 + more));
    }

    function swap(address to, uint256 amount, uint256 least)
        private
        view
        returns (TestRouter.ExactInputSingleParams memory)
    {
        return TestRouter.ExactInputSingleParams(address(dollar), address(coin), 500, to, amount, least, 0);
    }
}
