// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title FickleAccount
/// @notice A delegator whose ERC-1271 answer is hostile: it costs, floods, is malformed, or depends on who looks and when.
contract FickleAccount {
    enum Mood {
        BurnsGas,
        ReturnsMegabyte,
        ReturnsHalfMegabyte,
        RevertsWithHalfMegabyte,
        ReturnsFourBytes,
        ReturnsTwoWords,
        ReturnsDirtyWord,
        AgreesUntilBlock,
        AgreesWithNobodysOrigin,
        AgreesWithLittleGas
    }

    bytes4 private constant MAGIC = 0x1626ba7e;

    Mood public immutable mood;
    /// @notice Last block, inclusive, of a mood that ends.
    uint256 public immutable until;

    constructor(Mood mood_, uint256 until_) {
        mood = mood_;
        until = until_;
    }

    /// @notice ERC-1271, as ill-meant as the mood says.
    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        if (mood == Mood.BurnsGas) while (true) {}
        if (mood == Mood.ReturnsMegabyte) _return(1 << 20);
        if (mood == Mood.ReturnsHalfMegabyte) _return(1 << 19);
        if (mood == Mood.RevertsWithHalfMegabyte) _revert(1 << 19);
        if (mood == Mood.ReturnsFourBytes) _return(4);
        if (mood == Mood.ReturnsTwoWords) _return(64);
        if (mood == Mood.ReturnsDirtyWord) _returnWord(bytes32(MAGIC) | bytes32(uint256(1)));
        if (mood == Mood.AgreesUntilBlock) return block.number <= until ? MAGIC : bytes4(0);
        if (mood == Mood.AgreesWithNobodysOrigin) return tx.origin == address(0) ? MAGIC : bytes4(0);
        return gasleft() <= 1_500_000 ? MAGIC : bytes4(0);
    }

    /// @notice Does nothing of what it is told, and says nothing of it.
    function executeFromExecutor(bytes32, bytes calldata) external payable returns (bytes[] memory) {
        return new bytes[](0);
    }

    /// @dev Begins with the magic value; the rest is zeros.
    function _return(uint256 size) private pure {
        bytes32 word = bytes32(MAGIC);
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, word)
            return(at, size)
        }
    }

    function _revert(uint256 size) private pure {
        bytes32 word = bytes32(MAGIC);
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, word)
            revert(at, size)
        }
    }

    function _returnWord(bytes32 word) private pure {
        assembly ("memory-safe") {
            mstore(0, word)
            return(0, 32)
        }
    }
}
