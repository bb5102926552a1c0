// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {delegation} from "./HookCall.sol";
import {TaskScopeJudge} from "./TaskScopeJudge.sol";
import {HEADER, WITH_KEY} from "./TaskScopeTerms.sol";
import {byteOf, hash3, hash5, hash6, hashAt, placeOf, wordAt} from "./Words.sol";

/// @title TaskScopeRequests
/// @notice What the agent's key and the confirmer sign, and the check that they did. Writes nothing.
///
/// | Bytes | `args` of the caveat |
/// |---|---|
/// | 8 | request number, any that was not used |
/// | 5 | deadline, unix seconds, inclusive |
/// | 65 | r, s, v of the request key, where the terms name one |
/// | rest | signature of the confirmer, where one is needed: 65 bytes, or what its contract takes |
abstract contract TaskScopeRequests is TaskScopeJudge {
    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant REQUEST_TYPE =
        keccak256("Request(bytes32 delegation,bytes32 mode,bytes execution,uint256 number,uint256 deadline)");

    /// @dev What is signed: EIP-712, domain `TaskScopeEnforcer` 1 on this chain and the enforcer.
    function _requestDigest(bytes32 delegationHash, bytes32 mode, bytes calldata execution, uint256 number, uint256 deadline)
        internal
        view
        returns (bytes32)
    {
        uint256 domain = hash5(
            uint256(DOMAIN_TYPE), uint256(keccak256("TaskScopeEnforcer")), uint256(keccak256("1")), block.chainid, uint160(self)
        );
        uint256 request = hash6(
            uint256(REQUEST_TYPE), uint256(delegationHash), uint256(mode), hashAt(placeOf(execution), execution.length), number, deadline
        );
        return MessageHashUtils.toTypedDataHash(bytes32(domain), bytes32(request));
    }

    /// @dev Checks deadline and signatures, not whether the number was used.
    /// @param confirm Whether the confirmer has to have signed.
    /// @return number Of the request.
    /// @return signer Whose number it is: the key, or the confirmer where the terms name no key.
    function _checkRequest(
        bytes calldata terms,
        bytes calldata args,
        bytes32 mode,
        bytes calldata execution,
        bytes32 delegationHash,
        bool confirm
    ) internal view returns (uint256 number, address signer) {
        uint256 p = placeOf(terms);
        bool keyed = byteOf(wordAt(p), 1) & WITH_KEY != 0;
        signer = address(uint160(wordAt(p + HEADER) >> 96));
        uint256 rest = keyed ? 78 : 13;
        if (args.length < rest || !confirm && args.length != rest) revert MalformedArgs(delegation(), signer);
        uint256 head = wordAt(placeOf(args));
        uint256 deadline = (head >> 152) & 0xffffffffff;
        number = head >> 192;
        if (block.timestamp > deadline) revert RequestExpired(delegation(), deadline, block.timestamp);
        bytes32 digest = _requestDigest(delegationHash, mode, execution, number, deadline);
        if (keyed) {
            // Refuses high s and whatever recovers to no one.
            (address recovered, ECDSA.RecoverError problem,) = ECDSA.tryRecoverCalldata(digest, args[13:78]);
            if (problem != ECDSA.RecoverError.NoError || recovered != signer) revert NotRequested(delegation(), signer, digest);
        }
        if (confirm) {
            address confirmer = keyed ? address(uint160(wordAt(p + HEADER + 20) >> 96)) : signer;
            if (!SignatureChecker.isValidSignatureNowCalldata(confirmer, digest, args[rest:])) revert NotConfirmed(delegation(), confirmer, digest);
        }
    }

    /// @dev Where the number's bit stands, with 255 others.
    function _numberSlot(bytes32 delegationHash, address signer, uint256 number) internal pure returns (uint256) {
        return hash3(uint256(delegationHash), uint160(signer), number >> 8);
    }
}
