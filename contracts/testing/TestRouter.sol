// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title TestRouter
/// @notice Swaps at a fixed price, through the function that routers of the field have; for local chains only. It pays out of
/// what it holds and takes by allowance.
contract TestRouter {
    struct ExactInputSingleParams {
        address tokenIn;
        address tokenOut;
        uint24 fee;
        address recipient;
        uint256 amountIn;
        uint256 amountOutMinimum;
        uint160 sqrtPriceLimitX96;
    }

    /// @notice The price gives less than the caller wants at the least.
    error TooLittleReceived(uint256 amountOut);

    /// @notice Base units of `tokenOut` for each base unit of `tokenIn`.
    uint256 public immutable price;

    constructor(uint256 price_) {
        price = price_;
    }

    /// @notice Takes `amountIn` from the caller, who has to have approved it, and pays `recipient`.
    function exactInputSingle(ExactInputSingleParams calldata params) external payable returns (uint256 amountOut) {
        amountOut = params.amountIn * price;
        if (amountOut < params.amountOutMinimum) revert TooLittleReceived(amountOut);
        require(IERC20(params.tokenIn).transferFrom(msg.sender, address(this), params.amountIn));
        require(IERC20(params.tokenOut).transfer(params.recipient, amountOut));
    }
}
