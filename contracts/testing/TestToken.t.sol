// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {TestToken} from "./TestToken.sol";
import {vm} from "./Vm.sol";

contract TestTokenTest {
    TestToken private token;

    function setUp() public {
        token = new TestToken("Test dollar", "USDC", 6);
    }

    function test_describesItself() public view {
        vm.assertEq(token.name(), "Test dollar");
        vm.assertEq(token.symbol(), "USDC");
        vm.assertEq(uint256(token.decimals()), 6);
    }

    function testFuzz_mintAddsToBalanceAndSupply(address to, uint128 first, uint128 second) public {
        vm.assume(to != address(0));
        token.mint(to, first);
        token.mint(to, second);
        vm.assertEq(token.balanceOf(to), uint256(first) + second);
        vm.assertEq(token.totalSupply(), uint256(first) + second);
    }

    function testFuzz_transferMovesExactlyTheAmount(address to, uint128 held, uint128 amount) public {
        vm.assume(to != address(0) && to != address(this));
        token.mint(address(this), held);
        if (amount > held) {
            vm.expectRevert(
                abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, address(this), held, amount)
            );
            token.transfer(to, amount);
            return;
        }
        token.transfer(to, amount);
        vm.assertEq(token.balanceOf(address(this)), uint256(held) - amount);
        vm.assertEq(token.balanceOf(to), amount);
    }
}
