// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Fixture, Parts} from "./Fixture.t.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";

/// @notice How often: in a window, or ever.
///
/// calls
/// ├── as many as the most → admitted; one more in the window → CallsExceeded
/// ├── the window's last second → still; the next → counted anew
/// ├── without a period → for ever
/// └── a most of zero → nothing passes, not everything
contract CallsTest is Fixture {
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
}
