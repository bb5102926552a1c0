// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title OddToken
/// @notice A token that does something else than a transfer asks, and keeps native coin sent along: what a limit on transfers
/// cannot see. For tests only.
contract OddToken {
    event Transfer(address indexed from, address indexed to, uint256 value);

    /// @notice `SaysFalse` moves nothing and returns false; `TakesMore` takes a tenth more than asked for itself.
    enum Oddity {
        SaysFalse,
        TakesMore
    }

    uint8 public constant decimals = 6;
    Oddity public immutable oddity;
    mapping(address owner => uint256 amount) public balanceOf;

    constructor(Oddity oddity_) {
        oddity = oddity_;
    }

    /// @notice Creates `amount` base units for `to`. Anyone may call.
    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    /// @notice Payable on purpose: the coin stays here.
    function transfer(address to, uint256 amount) external payable returns (bool) {
        if (oddity == Oddity.SaysFalse) return false;
        _move(to, amount);
        _move(address(this), amount / 10);
        return true;
    }

    function _move(address to, uint256 amount) private {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
        emit Transfer(msg.sender, to, amount);
    }
}
