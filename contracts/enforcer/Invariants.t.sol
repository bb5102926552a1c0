// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Execution, Fixture, Parts} from "./Fixture.t.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";

/// @notice The laws of the enforcer, over random walks of payments, batches, requests, time and revocation, against a ledger that
/// keeps its own account of what passed:
///
/// 1. In any interval as long as the period, no more than the cap is spent.
/// 2. Nothing passes before its time, or from its expiry on.
/// 3. Nothing passes in a group that was ended, ever again.
/// 4. No request passes twice.
/// 5. What one delegation does changes no counter of another; what is refused changes none.
/// 6. A batch is its executions in their order: {BatchTest.testFuzz_sameAsTheSinglesInOrder}.
/// 7. No more calls pass in a window than the terms allow.
contract InvariantsTest is Fixture {
    uint256 private constant KEY = 0xa9e47;
    uint256 private constant STEPS = 48;
    uint256 private constant CAP = 200;
    uint256 private constant MOST_CALLS = 9;
    bytes32[3] private hashes = [keccak256("1"), keccak256("2"), keccak256("3")];

    struct Spend {
        uint256 delegation;
        uint256 time;
        uint256 amount;
    }

    Spend[] private spends;
    bool private ended;
    mapping(uint256 number => bool) private redeemed;
    mapping(bytes32 refusal => uint256) private seen;
    uint256 private passes;
    uint256 private end;

    /// @dev The first two delegations have the same terms and group, the third another group and a request key.
    function _terms(uint256 which) private view returns (Parts memory t) {
        t = _payments();
        t.expiry = uint40(end);
        t.mostCalls = uint24(MOST_CALLS);
        if (which == 2) {
            t.group = bytes8(uint64(2));
            t.key = vm.addr(KEY);
        }
    }

    function testFuzz_lawsHoldInAnyOrder(uint256 seed) public {
        _walk(seed);
    }

    function test_everyKindOfRefusalIsMetOnTheWay() public {
        for (uint256 seed; seed < 10; ++seed) {
            _walk(seed);
            // On with new delegations, and a group that nobody ended.
            for (uint256 d; d < 3; ++d) hashes[d] = keccak256(abi.encode(hashes[d]));
            delete spends;
            if (ended) {
                ended = false;
                setUp();
            }
        }
        bytes4[6] memory kinds = [
            TaskScopeRefusals.NotAdmitted.selector,
            TaskScopeRefusals.CallsExceeded.selector,
            TaskScopeRefusals.TooEarly.selector,
            TaskScopeRefusals.Expired.selector,
            TaskScopeRefusals.GroupEnded.selector,
            TaskScopeRefusals.RequestUsed.selector
        ];
        for (uint256 k; k < kinds.length; ++k) vm.assertTrue(seen[kinds[k]] != 0);
        vm.assertTrue(passes > 100);
    }

    function _walk(uint256 seed) private {
        uint256 time = START - 100 - _random(seed, 1, 100);
        end = START + 60 hours;
        for (uint256 i; i < 16; ++i) redeemed[i] = false;
        for (uint256 step = 1; step < STEPS; ++step) {
            uint256 r = uint256(keccak256(abi.encode(seed, step)));
            time += r % 8 == 0 ? r / 8 % DAY : r % 60;
            vm.warp(time);
            if (r / 7 % 40 == 0) {
                vm.prank(r % 2 == 0 ? GUARDIAN : PRINCIPAL);
                enforcer.endGroup(PRINCIPAL, bytes8(uint64(1)), GUARDIAN);
                ended = true;
            }
            _redeem(r / 11 % 3, time, r / 13);
        }
    }

    function _redeem(uint256 d, uint256 time, uint256 r) private {
        Parts memory t = _terms(d);
        Execution[] memory executions = new Execution[](1 + r % 3);
        uint256 total;
        for (uint256 i; i < executions.length; ++i) {
            uint256 amount = (r >> 8 * (i + 1)) % 40;
            total += amount;
            executions[i] = _transfer(i % 2 == 0 ? ALICE : BOB, amount);
        }
        bool batch = executions.length > 1;
        bytes memory execution = batch ? abi.encode(executions) : _single(executions[0]);
        uint256 number = r / 17 % 16;
        bytes memory args = d == 2 ? _request(batch ? BATCH : SINGLE, execution, number) : bytes("");
        uint256[3] memory before = _counters();
        bytes memory reason = _try(_pack(t), args, batch ? BATCH : SINGLE, execution, hashes[d]);
        uint256[3] memory now_ = _counters();
        for (uint256 other; other < 3; ++other) {
            vm.assertTrue(now_[other] == before[other] || other == d && reason.length == 0); // 5
        }
        if (reason.length != 0) {
            ++seen[_selectorOf(reason)];
            return;
        }
        ++passes;
        for (uint256 i; i < executions.length; ++i) spends.push(Spend(d, time, i == 0 ? total : 0));
        (uint256 spent, uint256 calls) = _ledger(d, time, t.notBefore);
        vm.assertTrue(spent <= CAP); // 1
        vm.assertTrue(time >= t.notBefore && time < t.expiry); // 2
        vm.assertTrue(!ended || d == 2); // 3
        vm.assertTrue(d != 2 || !redeemed[number]); // 4
        vm.assertTrue(calls <= MOST_CALLS); // 7
        if (d == 2) redeemed[number] = true;
    }

    /// @dev What a delegation spent in the last day, and its calls in this window.
    function _ledger(uint256 d, uint256 time, uint256 origin) private view returns (uint256 spent, uint256 calls) {
        uint256 window = time - (time - origin) % DAY;
        for (uint256 i; i < spends.length; ++i) {
            if (spends[i].delegation != d) continue;
            if (spends[i].time + DAY >= time) spent += spends[i].amount;
            if (spends[i].time >= window) ++calls;
        }
    }

    function _counters() private view returns (uint256[3] memory words) {
        for (uint256 d; d < 3; ++d) words[d] = enforcer.load(uint256(hashes[d]));
    }

    function _request(bytes32 mode, bytes memory execution, uint256 number) private view returns (bytes memory) {
        uint40 deadline = type(uint40).max;
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, reader.requestDigest(hashes[2], mode, execution, uint64(number), deadline));
        return abi.encodePacked(uint64(number), deadline, r, s, v);
    }
}
