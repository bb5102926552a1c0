// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Fixture, Parts} from "./Fixture.t.sol";
import {TaskScopeEnforcer} from "./TaskScopeEnforcer.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";

/// @notice Signatures of the agent's key and of the confirmer over one request, used once.
///
/// a request, where the terms name a key or a charge is above its threshold
/// ├── args missing, cut short or too long → MalformedArgs
/// ├── after the deadline → RequestExpired
/// ├── no signature of the key over this chain, enforcer, delegation, mode, execution, number and deadline → NotRequested
/// ├── above a threshold: none of the confirmer over the same → NotConfirmed
/// ├── the number was redeemed or burned → RequestUsed
/// └── else redeemed, and the number used
/// burnRequest
/// ├── the number is used → RequestUsed
/// └── else used, for that delegation and caller only
contract RequestsTest is Fixture {
    uint256 private constant KEY = 0xa9e47;
    uint256 private constant CONFIRMER = 0xc0ff;
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function _keyed() private view returns (Parts memory t) {
        t = _payments();
        t.key = vm.addr(KEY);
    }

    function _confirmed(bool keyed) private view returns (Parts memory t) {
        t = _payments();
        if (keyed) t.key = vm.addr(KEY);
        t.confirmer = vm.addr(CONFIRMER);
        t.thresholds = new uint256[](1);
        t.thresholds[0] = 25;
    }

    function _sign(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function _args(uint256 key, uint64 number, bytes memory execution) private view returns (bytes memory) {
        uint40 deadline = uint40(START + 60);
        return abi.encodePacked(number, deadline, _sign(key, reader.requestDigest(HASH_A, SINGLE, execution, number, deadline)));
    }

    function _notRequested(bytes memory reason) private pure returns (bool) {
        return _selectorOf(reason) == TaskScopeRefusals.NotRequested.selector;
    }

    // --- request key ---

    function testFuzz_eachNumberOnceInAnyOrder(uint64 number, uint64 another) public {
        vm.assume(number != another);
        bytes memory execution = _pay(ALICE, 1);
        bytes memory terms = _pack(_keyed());
        bytes memory args = _args(KEY, number, execution);
        vm.expectEmit(true, false, false, true, address(enforcer));
        emit TaskScopeEnforcer.RequestRedeemed(HASH_A, keccak256(bytes.concat(SINGLE, execution)), 1 << 240 | 1 << 112 | 199, number);
        vm.assertEq(_try(terms, args, SINGLE, execution, HASH_A), "");
        vm.assertEq(_try(terms, args, SINGLE, execution, HASH_A), abi.encodeWithSelector(TaskScopeRefusals.RequestUsed.selector, HASH_A, number));
        vm.assertEq(_try(terms, _args(KEY, another, execution), SINGLE, execution, HASH_A), "");
        vm.assertTrue(reader.isRequestUsed(HASH_A, vm.addr(KEY), number) && !reader.isRequestUsed(HASH_A, vm.addr(KEY), number ^ 1 == another ? number ^ 2 : number ^ 1));
    }

    function test_nothingWithoutTheKeysSignature() public {
        bytes memory terms = _pack(_keyed());
        bytes memory execution = _pay(ALICE, 1);
        bytes memory malformed = abi.encodeWithSelector(TaskScopeRefusals.MalformedArgs.selector, HASH_A, vm.addr(KEY));
        vm.assertEq(_try(terms, "", SINGLE, execution, HASH_A), malformed);
        bytes memory args = _args(KEY, 1, execution);
        vm.assertEq(_try(terms, bytes.concat(args, hex"00"), SINGLE, execution, HASH_A), malformed);
        assembly ("memory-safe") {
            mstore(args, 77)
        }
        vm.assertEq(_try(terms, args, SINGLE, execution, HASH_A), malformed);
        bytes32 digest = reader.requestDigest(HASH_A, SINGLE, execution, 1, uint40(START + 60));
        vm.assertEq(
            _try(terms, _args(CONFIRMER, 1, execution), SINGLE, execution, HASH_A),
            abi.encodeWithSelector(TaskScopeRefusals.NotRequested.selector, HASH_A, vm.addr(KEY), digest)
        );
        // What recovers to nobody.
        vm.assertTrue(_notRequested(_try(terms, bytes.concat(abi.encodePacked(uint64(1), uint40(START)), new bytes(65)), SINGLE, execution, HASH_A)));
    }

    function testFuzz_anyByteOfTheArgsMatters(uint8 place, uint8 flip) public {
        vm.assume(flip != 0);
        bytes memory execution = _pay(ALICE, 1);
        bytes memory args = _args(KEY, 1, execution);
        uint256 i = place % args.length;
        args[i] = bytes1(uint8(args[i]) ^ flip);
        bytes4 selector = _selectorOf(_try(_pack(_keyed()), args, SINGLE, execution, HASH_A));
        vm.assertTrue(selector == TaskScopeRefusals.NotRequested.selector || i >= 8 && i < 13 && selector == TaskScopeRefusals.RequestExpired.selector);
    }

    function test_highSIsRefused() public {
        bytes memory execution = _pay(ALICE, 1);
        uint40 deadline = uint40(START + 60);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, reader.requestDigest(HASH_A, SINGLE, execution, 1, deadline));
        bytes memory args = abi.encodePacked(uint64(1), deadline, r, bytes32(ORDER - uint256(s)), v ^ 7);
        vm.assertTrue(_notRequested(_try(_pack(_keyed()), args, SINGLE, execution, HASH_A)));
    }

    function test_noReplayAcrossDelegationModeChainOrEnforcer() public {
        bytes memory terms = _pack(_keyed());
        bytes memory execution = _pay(ALICE, 1);
        bytes memory args = _args(KEY, 1, execution);
        vm.assertTrue(_notRequested(_try(terms, args, SINGLE, execution, keccak256("another delegation"))));
        vm.assertTrue(_notRequested(_try(terms, args, SINGLE, _pay(ALICE, 2), HASH_A)));
        vm.assertTrue(reader.requestDigest(HASH_A, SINGLE, execution, 1, 2) != reader.requestDigest(HASH_A, BATCH, execution, 1, 2));
        TaskScopeEnforcer first = enforcer;
        enforcer = new TaskScopeEnforcer(address(this));
        vm.assertTrue(_notRequested(_try(terms, args, SINGLE, execution, HASH_A)));
        enforcer = first;
        vm.chainId(block.chainid + 1);
        vm.assertTrue(_notRequested(_try(terms, args, SINGLE, execution, HASH_A)));
    }

    function test_deadlineIsInclusive() public {
        bytes memory execution = _pay(ALICE, 1);
        bytes memory args = _args(KEY, 1, execution);
        vm.warp(START + 61);
        vm.assertEq(_try(_pack(_keyed()), args, SINGLE, execution, HASH_A), abi.encodeWithSelector(TaskScopeRefusals.RequestExpired.selector, HASH_A, START + 60, START + 61));
        vm.warp(START + 60);
        vm.assertEq(_try(_pack(_keyed()), args, SINGLE, execution, HASH_A), "");
    }

    function test_burnedNumbersAreUsedAndOnlyOnesOwn() public {
        bytes memory execution = _pay(ALICE, 1);
        enforcer.burnRequest(HASH_A, 1);
        vm.prank(vm.addr(KEY));
        enforcer.burnRequest(HASH_A, 2);
        vm.assertEq(_try(_pack(_keyed()), _args(KEY, 2, execution), SINGLE, execution, HASH_A), abi.encodeWithSelector(TaskScopeRefusals.RequestUsed.selector, HASH_A, 2));
        vm.assertEq(_try(_pack(_keyed()), _args(KEY, 1, execution), SINGLE, execution, HASH_A), "");
        vm.expectRevert(abi.encodeWithSelector(TaskScopeRefusals.RequestUsed.selector, HASH_A, 1));
        vm.prank(vm.addr(KEY));
        enforcer.burnRequest(HASH_A, 1);
    }

    // --- confirmer ---

    function testFuzz_confirmerSignsAboveTheThreshold(uint8 amount) public {
        amount = amount % 50 + 1;
        bytes memory execution = _pay(ALICE, amount);
        bytes memory terms = _pack(_confirmed(false));
        bytes memory reason = _try(terms, "", SINGLE, execution, HASH_A);
        vm.assertTrue((reason.length == 0) == (amount <= 25));
        if (amount > 25) {
            vm.assertEq(reason, abi.encodeWithSelector(TaskScopeRefusals.MalformedArgs.selector, HASH_A, vm.addr(CONFIRMER)));
            bytes32 digest = reader.requestDigest(HASH_A, SINGLE, execution, 1, uint40(START + 60));
            reason = abi.encodeWithSelector(TaskScopeRefusals.NotConfirmed.selector, HASH_A, vm.addr(CONFIRMER), digest);
            vm.assertEq(_try(terms, _args(KEY, 1, execution), SINGLE, execution, HASH_A), reason);
            // A request that nobody signed.
            vm.assertEq(_try(terms, abi.encodePacked(uint64(1), uint40(START + 60)), SINGLE, execution, HASH_A), reason);
            bytes memory args = _args(CONFIRMER, 1, execution);
            vm.assertEq(_try(terms, args, SINGLE, execution, HASH_A), "");
            vm.assertEq(_try(terms, args, SINGLE, execution, HASH_A), abi.encodeWithSelector(TaskScopeRefusals.RequestUsed.selector, HASH_A, 1));
            vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, amount);
        }
    }

    function test_keyAndConfirmerSignTheSameRequest() public {
        bytes memory execution = _pay(ALICE, 30);
        bytes memory terms = _pack(_confirmed(true));
        bytes memory args = _args(KEY, 1, execution);
        bytes32 digest = reader.requestDigest(HASH_A, SINGLE, execution, 1, uint40(START + 60));
        vm.assertEq(_try(terms, args, SINGLE, execution, HASH_A), abi.encodeWithSelector(TaskScopeRefusals.NotConfirmed.selector, HASH_A, vm.addr(CONFIRMER), digest));
        bytes memory confirmation = _sign(CONFIRMER, reader.requestDigest(HASH_A, SINGLE, execution, 1, uint40(START + 60)));
        // The confirmer alone moves nothing.
        vm.assertTrue(_notRequested(_try(terms, bytes.concat(_args(CONFIRMER, 1, execution), confirmation), SINGLE, execution, HASH_A)));
        bytes memory other = _sign(CONFIRMER, reader.requestDigest(HASH_A, SINGLE, execution, 2, uint40(START + 60)));
        vm.assertTrue(_selectorOf(_try(terms, bytes.concat(args, other), SINGLE, execution, HASH_A)) == TaskScopeRefusals.NotConfirmed.selector);
        vm.assertEq(_try(terms, bytes.concat(args, confirmation), SINGLE, execution, HASH_A), "");
    }

    function test_noReplayOfAConfirmationNorAnotherFormOfIt() public {
        bytes memory terms = _pack(_confirmed(false));
        bytes memory execution = _pay(ALICE, 30);
        bytes memory args = _args(CONFIRMER, 1, execution);
        bytes4 refused = TaskScopeRefusals.NotConfirmed.selector;
        // That it was used comes after whose it is.
        vm.assertEq(_try(terms, args, SINGLE, execution, HASH_A), "");
        vm.assertTrue(_selectorOf(_try(terms, args, SINGLE, execution, keccak256("another delegation"))) == refused);
        vm.assertTrue(_selectorOf(_try(terms, args, SINGLE, _pay(ALICE, 31), HASH_A)) == refused);
        vm.assertTrue(_selectorOf(_try(terms, bytes.concat(args, hex"00"), SINGLE, execution, HASH_A)) == refused);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(CONFIRMER, reader.requestDigest(HASH_A, SINGLE, execution, 1, uint40(START + 60)));
        bytes memory highS = abi.encodePacked(uint64(1), uint40(START + 60), r, bytes32(ORDER - uint256(s)), v ^ 7);
        vm.assertTrue(_selectorOf(_try(terms, highS, SINGLE, execution, HASH_A)) == refused);
        TaskScopeEnforcer first = enforcer;
        enforcer = new TaskScopeEnforcer(address(this));
        vm.assertTrue(_selectorOf(_try(terms, args, SINGLE, execution, HASH_A)) == refused);
        enforcer = first;
        vm.chainId(block.chainid + 1);
        vm.assertTrue(_selectorOf(_try(terms, args, SINGLE, execution, HASH_A)) == refused);
    }

    function test_aContractConfirms() public {
        Parts memory t = _confirmed(false);
        t.confirmer = address(new Confirmer());
        bytes memory execution = _pay(ALICE, 30);
        bytes memory args = abi.encodePacked(uint64(1), uint40(START), "yes");
        vm.assertEq(_try(_pack(t), args, SINGLE, execution, HASH_A), "");
        args = abi.encodePacked(uint64(2), uint40(START), "no");
        vm.assertTrue(_selectorOf(_try(_pack(t), args, SINGLE, execution, HASH_A)) == TaskScopeRefusals.NotConfirmed.selector);
    }

    function test_outerBoundsAreNeverConfirmedAway() public {
        bytes memory execution = _pay(ALICE, 51);
        bytes memory reason = _try(_pack(_confirmed(false)), _args(CONFIRMER, 1, execution), SINGLE, execution, HASH_A);
        vm.assertEq(reason, _notAdmitted(0, TaskScopeRefusals.Reason.Condition, 1, 50, 0, 51));
        vm.prank(GUARDIAN);
        enforcer.endGroup(PRINCIPAL, bytes8(uint64(1)), GUARDIAN);
        execution = _pay(ALICE, 30);
        vm.assertTrue(_try(_pack(_confirmed(false)), _args(CONFIRMER, 1, execution), SINGLE, execution, HASH_A).length != 0);
    }

    function test_aRuleThatFailsAsksForNoConfirmation() public {
        // The first rule charges 30, above its threshold, then fails in its second budget; the second charges one of the count.
        Parts memory t = _confirmed(false);
        t.budgets = _list(_rolling(DAY, 200), _fixed(DAY, 10));
        t.thresholds = new uint256[](2);
        (t.thresholds[0], t.thresholds[1]) = (25, 10);
        bytes memory both = abi.encodePacked(_charge(0, 1), _charge(1, 1));
        t.rules = _list(_rule(address(token), 0xa9059cbb, 68, 0, 0, 2, both), _rule(address(token), 0xa9059cbb, 68, 0, 0, 1, _charge(1, 254)));
        _passes(_pack(t), _pay(ALICE, 30));
        vm.assertEq(enforcer.load(uint256(HASH_A)) >> 64, 0);
        vm.assertEq(enforcer.load(uint256(HASH_A) + 1) >> 64, 1);
    }
}

/// @notice Confirms where the signature says so.
contract Confirmer {
    function isValidSignature(bytes32, bytes calldata signature) external pure returns (bytes4) {
        return keccak256(signature) == keccak256("yes") ? this.isValidSignature.selector : bytes4(0);
    }
}
