// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title CallHub
/// @notice Makes the calls that it is handed, for anyone, in the usual forms: what a router, a multicall or a modular account
/// does with an allowance that somebody gave it. For tests only.
contract CallHub {
    struct Call3 {
        address target;
        bool allowFailure;
        bytes callData;
    }

    /// @notice One call.
    function execute(address target, uint256 value, bytes calldata data) external payable {
        _call(target, value, data);
    }

    /// @notice ERC-7579, single mode: target (20), value (32), calldata.
    function execute(bytes32 mode, bytes calldata execution) external payable {
        require(mode[0] == 0, "single mode only");
        _call(address(bytes20(execution[0:20])), uint256(bytes32(execution[20:52])), execution[52:]);
    }

    /// @notice Several calls; failures are tolerated where said.
    function aggregate3(Call3[] calldata calls) external payable {
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool ok,) = calls[i].target.call(calls[i].callData);
            require(ok || calls[i].allowFailure, "call failed");
        }
    }

    /// @notice Several calls of this contract, by the caller.
    function multicall(bytes[] calldata calls) external {
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool ok,) = address(this).delegatecall(calls[i]);
            require(ok, "call failed");
        }
    }

    /// @notice Safe's packing: operation (1), target (20), value (32), length (32), calldata. Plain calls only.
    function multiSend(bytes calldata packed) external payable {
        for (uint256 at = 0; at < packed.length;) {
            require(packed[at] == 0, "plain calls only");
            uint256 end = at + 85 + uint256(bytes32(packed[at + 53:at + 85]));
            _call(address(bytes20(packed[at + 1:at + 21])), uint256(bytes32(packed[at + 21:at + 53])), packed[at + 85:end]);
            at = end;
        }
    }

    function _call(address target, uint256 value, bytes calldata data) private {
        (bool ok,) = target.call{value: value}(data);
        require(ok, "call failed");
    }
}
