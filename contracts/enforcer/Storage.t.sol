// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Fixture, Parts} from "./Fixture.t.sol";

/// @notice Where words stand, as docs/enforcer.md promises to whoever proves them to others: `eth_getProof` knows slots, not functions.
contract StorageTest is Fixture {
    function test_budgetsFollowTheDelegationsHash() public {
        Parts memory t = _payments();
        t.budgets = _list(_rolling(DAY, 200), _fixed(DAY, 120));
        t.rules = _list(_rule(address(token), 0xa9059cbb, 68, 0, 0, 2, abi.encodePacked(_charge(0, 1), _charge(1, 1))));
        _passes(_pack(t), _pay(ALICE, 30));
        vm.assertEq(enforcer.load(uint256(HASH_A)), 30 << 64 | START << 24 | 1);
        vm.assertEq(enforcer.load(uint256(HASH_A) + 1), 30 << 64 | START << 24);
        vm.assertEq(enforcer.load(uint256(HASH_A) + 2), 0);
    }

    function testFuzz_anEndedGroupIsOneWordOfDelegatorGroupAndGuardian(address delegator, bytes8 group, address guardian) public {
        bytes32 slot = keccak256(abi.encodePacked(bytes32(uint256(uint160(delegator))), bytes4(0), group, guardian));
        vm.assertEq(enforcer.load(uint256(slot)), 0);
        vm.assertTrue(!reader.isGroupEnded(delegator, group, guardian));
        vm.prank(guardian);
        enforcer.endGroup(delegator, group, guardian);
        vm.assertEq(enforcer.load(uint256(slot)), 1);
        vm.assertTrue(reader.isGroupEnded(delegator, group, guardian));
    }

    function testFuzz_aRequestIsOneBitOfDelegationSignerAndNumber(bytes32 hash, address signer, uint64 number) public {
        bytes32 slot = keccak256(abi.encode(hash, signer, number / 256));
        vm.assertEq(enforcer.load(uint256(slot)), 0);
        vm.assertTrue(!reader.isRequestUsed(hash, signer, number));
        vm.prank(signer);
        enforcer.burnRequest(hash, number);
        vm.assertEq(enforcer.load(uint256(slot)), 1 << number % 256);
        vm.assertTrue(reader.isRequestUsed(hash, signer, number) && !reader.isRequestUsed(hash, signer, number ^ 1));
        vm.prank(signer);
        enforcer.burnRequest(hash, number ^ 1);
        vm.assertEq(enforcer.load(uint256(slot)), 1 << number % 256 | 1 << (number ^ 1) % 256);
    }
}
