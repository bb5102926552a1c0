// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title PinnedTarget
/// @notice A callee for call rules: every argument it is given, static or dynamic, comes out in an event.
contract PinnedTarget {
    event Ordered(address indexed caller, uint256 indexed id, address to, bytes32 reference_, string memo, uint256 value);
    event Noted(address indexed caller, string memo);
    event Routed(address indexed caller, address to, uint8 kind, bool paid, uint256 first, uint256 second, bytes note);

    /// @notice The order was asked to fail.
    error OrderRefused(uint256 id);

    struct Leg {
        address to;
        uint8 kind;
        bool paid;
    }

    mapping(uint256 id => address caller) public orders;

    /// @notice Static arguments only.
    function order(uint256 id, address to, bytes32 reference_) external payable {
        _order(id, to, reference_, "");
    }

    /// @notice Static and dynamic arguments.
    function orderWithMemo(uint256 id, address to, bytes32 reference_, string calldata memo) external payable {
        _order(id, to, reference_, memo);
    }

    /// @notice One dynamic argument.
    function note(string calldata memo) external {
        emit Noted(msg.sender, memo);
    }

    /// @notice A static struct and a static array before a dynamic argument.
    function route(Leg calldata leg, uint256[2] calldata limits, bytes calldata rest) external {
        emit Routed(msg.sender, leg.to, leg.kind, leg.paid, limits[0], limits[1], rest);
    }

    /// @notice Always reverts, with a custom error.
    function refuse(uint256 id) external pure {
        revert OrderRefused(id);
    }

    function _order(uint256 id, address to, bytes32 reference_, string memory memo) private {
        orders[id] = msg.sender;
        emit Ordered(msg.sender, id, to, reference_, memo, msg.value);
    }
}
