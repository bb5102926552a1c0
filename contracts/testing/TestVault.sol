// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title TestVault
/// @notice A callee that needs an allowance, for local chains only: whatever it takes stays there.
contract TestVault {
    /// @notice Takes `amount` base units from the caller, who has to have approved them.
    function deposit(IERC20 token, uint256 amount) external {
        require(token.transferFrom(msg.sender, address(this), amount));
    }
}
