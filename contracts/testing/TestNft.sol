// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title TestNft
/// @notice A collection with a price for each item, for local chains only: who owns what, and nothing else of ERC-721.
contract TestNft {
    event Transfer(address indexed from, address indexed to, uint256 indexed id);

    error WrongPrice(uint256 sent, uint256 price);

    /// @notice Wei for one item.
    uint256 public immutable price;
    mapping(uint256 id => address owner) public ownerOf;
    mapping(address owner => uint256 count) public balanceOf;
    uint256 private _next;

    constructor(uint256 price_) {
        price = price_;
    }

    /// @notice Makes `quantity` items for `to`, who need not be the caller. The exact price has to be sent.
    function mint(address to, uint256 quantity) external payable {
        if (msg.value != price * quantity) revert WrongPrice(msg.value, price * quantity);
        for (uint256 i = 0; i < quantity; ++i) {
            ownerOf[_next] = to;
            emit Transfer(address(0), to, _next++);
        }
        balanceOf[to] += quantity;
    }
}
