// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {TestToken} from "./TestToken.sol";

/// @title ReenteringToken
/// @notice A hostile token for local chains only: before it moves anything it calls whom it was told to.
contract ReenteringToken is TestToken {
    /// @notice What a call from inside a transfer answered.
    event Reentry(bool passed, bytes answer);

    address private _target;
    bytes private _data;
    uint256 private _times;

    constructor() TestToken("Reentering dollar", "RUSD", 6) {}

    /// @notice Sets the call; each of the next `times` transfers that stay makes it once.
    function arm(address target, bytes calldata data, uint256 times) external {
        (_target, _data, _times) = (target, data, times);
    }

    /// @notice Makes the call from outside a transfer, so that the token itself is the redeemer.
    function start() external {
        (bool passed, bytes memory answer) = _target.call(_data);
        if (!passed) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (_times != 0) {
            --_times;
            (bool passed, bytes memory answer) = _target.call(_data);
            emit Reentry(passed, answer);
        }
        return super.transfer(to, amount);
    }
}
