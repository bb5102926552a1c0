// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Fixture, Parts} from "./Fixture.t.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";

/// @dev A cheat code that nothing but this asks for.
interface VmStore {
    function store(address account, bytes32 slot, bytes32 word) external;
}

/// @notice How often: in a window, or ever.
///
/// calls
/// ├── as many as the most → admitted; one more in the window → CallsExceeded
/// ├── the window's last second → still; the next → counted anew
/// ├── without a period → for ever
/// └── a most of zero → nothing passes, not everything
contract CallsTest is Fixture {
    VmStore private constant storing = VmStore(address(vm));

    function test_callsPerWindowAndForEver() public {
        Parts memory t = _payments();
        (t.mostCalls, t.callsPeriod) = (2, DAY);
        _passes(_pack(t), _pay(ALICE, 1));
        _passes(_pack(t), _pay(ALICE, 0));
        bytes memory reason = abi.encodeWithSelector(TaskScopeRefusals.CallsExceeded.selector, HASH_A, 2, 2, 1);
        _refuses(_pack(t), _pay(ALICE, 1), reason);
        vm.warp(uint256(t.notBefore) + DAY - 1);
        _refuses(_pack(t), _pay(ALICE, 1), reason);
        vm.warp(uint256(t.notBefore) + DAY);
        _passes(_pack(t), _pay(ALICE, 1));
        t.callsPeriod = 0;
        _passes(_pack(t), _pay(ALICE, 1));
        vm.warp(START + 29 days);
        _refuses(_pack(t), _pay(ALICE, 1), reason);
    }

    function test_callsAreCountedWithoutBudgets() public {
        Parts memory t = _payments();
        t.budgets = new bytes[](0);
        (t.mostCalls, t.callsPeriod) = (2, 0);
        t.rules = _list(_rule(address(token), 0xa9059cbb, 68, 0, 0, 0, ""));
        _passes(_pack(t), _pay(ALICE, 1));
        _passes(_pack(t), _pay(ALICE, 1));
        _refuses(_pack(t), _pay(ALICE, 1), abi.encodeWithSelector(TaskScopeRefusals.CallsExceeded.selector, HASH_A, 2, 2, 1));
    }

    function test_noCallsAllowedIsNotUnlimited() public {
        Parts memory t = _payments();
        (t.mostCalls, t.callsPeriod) = (1, 0);
        bytes memory terms = _pack(t);
        terms[46] = 0;
        _refuses(terms, _pay(ALICE, 1), abi.encodeWithSelector(TaskScopeRefusals.CallsExceeded.selector, HASH_A, 0, 0, 1));
        vm.assertTrue(!_isCanonical(terms));
    }

    function test_theLargestNumberOfCallsNeverReachesTheTime() public {
        // Calls have 24 bits, and what stands next to them is when anything was last counted.
        Parts memory t = _payments();
        (t.mostCalls, t.callsPeriod) = (type(uint24).max, 0);
        storing.store(address(enforcer), HASH_A, bytes32(7 << 64 | START << 24 | uint256(type(uint24).max) - 1));
        _passes(_pack(t), _pay(ALICE, 1));
        vm.assertEq(enforcer.load(uint256(HASH_A)), 8 << 64 | START << 24 | type(uint24).max);
        _refuses(_pack(t), _pay(ALICE, 1), abi.encodeWithSelector(TaskScopeRefusals.CallsExceeded.selector, HASH_A, type(uint24).max, type(uint24).max, 1));
    }

    function test_windowsAtTheLastTimesAndTheirLargest() public {
        Parts memory t = _payments();
        (t.notBefore, t.expiry) = (0, type(uint40).max);
        (t.mostCalls, t.callsPeriod) = (1, type(uint32).max);
        uint256 last = type(uint40).max - 1;
        uint256 window = last - last % type(uint32).max;
        vm.warp(window - 1);
        _passes(_pack(t), _pay(ALICE, 1));
        vm.warp(window);
        _passes(_pack(t), _pay(ALICE, 1));
        vm.warp(last);
        _refuses(_pack(t), _pay(ALICE, 1), abi.encodeWithSelector(TaskScopeRefusals.CallsExceeded.selector, HASH_A, 1, 1, 1));
        vm.warp(last + 1);
        _refuses(_pack(t), _pay(ALICE, 1), abi.encodeWithSelector(TaskScopeRefusals.Expired.selector, HASH_A, type(uint40).max, last + 1));
    }
}
