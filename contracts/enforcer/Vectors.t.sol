// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Fixture} from "./Fixture.t.sol";
import {TaskScopeEnforcer} from "./TaskScopeEnforcer.sol";
import {TaskScopeReader} from "./TaskScopeReader.sol";

/// @dev Cheat codes that nothing but vectors asks for.
interface VmJson {
    function readFile(string calldata path) external view returns (string memory);
    function toString(uint256 value) external pure returns (string memory);
    function keyExistsJson(string calldata json, string calldata key) external view returns (bool);
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function parseJsonBytes32(string calldata json, string calldata key) external pure returns (bytes32);
    function parseJsonAddress(string calldata json, string calldata key) external pure returns (address);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
}

/// @notice The vectors that the TypeScript codec is held to: the same fields, and the same bytes refused.
contract VectorsTest is Fixture {
    VmJson private constant json = VmJson(address(vm));

    function _at(uint256 i, string memory member) private pure returns (string memory) {
        return string.concat("$[", json.toString(i), "].", member);
    }

    function test_validTermsSayTheSame() public view {
        string memory text = json.readFile("test/vectors/taskScope/valid.json");
        uint256 i;
        for (; json.keyExistsJson(text, _at(i, "terms")); ++i) {
            bytes memory info = abi.encode(reader.getTermsInfo(json.parseJsonBytes(text, _at(i, "terms"))));
            vm.assertEq(uint256(keccak256(info)), uint256(json.parseJsonBytes32(text, _at(i, "infoHash"))));
        }
        vm.assertTrue(i > 60);
    }

    function test_invalidTermsAreRefused() public view {
        string memory text = json.readFile("test/vectors/taskScope/invalid.json");
        uint256 i;
        for (; json.keyExistsJson(text, _at(i, "terms")); ++i) {
            // With its number, so that a failure says which.
            vm.assertEq(_isCanonical(json.parseJsonBytes(text, _at(i, "terms"))) ? i + 1 : 0, 0);
        }
        vm.assertTrue(i > 80);
    }

    function test_requestsHaveTheSameDigest() public {
        string memory text = json.readFile("test/vectors/taskScope/requests.json");
        uint256 i;
        for (; json.keyExistsJson(text, _at(i, "digest")); ++i) {
            vm.chainId(json.parseJsonUint(text, _at(i, "chainId")));
            address self = json.parseJsonAddress(text, _at(i, "enforcer"));
            bytes32 digest = new TaskScopeReader(TaskScopeEnforcer(payable(self)), address(this)).requestDigest(
                json.parseJsonBytes32(text, _at(i, "delegation")),
                json.parseJsonBytes32(text, _at(i, "mode")),
                json.parseJsonBytes(text, _at(i, "execution")),
                uint64(json.parseJsonUint(text, _at(i, "number"))),
                uint40(json.parseJsonUint(text, _at(i, "deadline")))
            );
            vm.assertEq(uint256(digest), uint256(json.parseJsonBytes32(text, _at(i, "digest"))));
        }
        vm.assertEq(i, 3);
    }
}
