// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {TestNft} from "./TestNft.sol";
import {vm} from "./Vm.sol";

contract TestNftTest {
    TestNft private collection;

    function setUp() public {
        collection = new TestNft(10);
        vm.deal(address(this), 1 ether);
    }

    function testFuzz_mintsForItsPrice(address to, uint8 first, uint8 second) public {
        collection.mint{value: uint256(first) * 10}(to, first);
        collection.mint{value: uint256(second) * 10}(to, second);
        uint256 count = uint256(first) + second;
        vm.assertEq(collection.balanceOf(to), count);
        if (count > 0) vm.assertEq(collection.ownerOf(count - 1), to);
        vm.assertEq(collection.ownerOf(count), address(0));
    }

    function testFuzz_refusesAnyOtherPrice(uint8 quantity, uint64 sent) public {
        uint256 price = uint256(quantity) * 10;
        vm.assume(sent != price);
        vm.deal(address(this), sent);
        vm.expectRevert(abi.encodeWithSelector(TestNft.WrongPrice.selector, sent, price));
        collection.mint{value: sent}(address(this), quantity);
    }
}
