// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {OddToken} from "./OddToken.sol";
import {vm} from "./Vm.sol";

contract OddTokenTest {
    function testFuzz_saysFalseMovesNothing(address to, uint128 amount) public {
        OddToken token = new OddToken(OddToken.Oddity.SaysFalse);
        token.mint(address(this), amount);
        vm.assume(to != address(this));
        vm.assertEq(token.transfer(to, amount) ? 1 : 0, 0);
        vm.assertEq(token.balanceOf(address(this)), amount);
        vm.assertEq(token.balanceOf(to), 0);
    }

    function testFuzz_takesMoreThanAsked(address to, uint120 amount, uint96 coin) public {
        OddToken token = new OddToken(OddToken.Oddity.TakesMore);
        vm.assume(to != address(this) && to != address(token));
        uint256 fee = uint256(amount) / 10;
        token.mint(address(this), amount + fee);
        vm.deal(address(this), coin);
        vm.assertEq(token.transfer{value: coin}(to, amount) ? 1 : 0, 1);
        vm.assertEq(token.balanceOf(address(this)), 0);
        vm.assertEq(token.balanceOf(to), amount);
        vm.assertEq(token.balanceOf(address(token)), fee);
        vm.assertEq(address(token).balance, coin);
    }
}
