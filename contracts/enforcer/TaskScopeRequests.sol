// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {TaskScopeJudge} from "./TaskScopeJudge.sol";
import {HEADER, WITH_KEY} from "./TaskScopeTerms.sol";
import {placeOf, wordAt} from "./Words.sol";

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
        bytes32 domain = keccak256(abi.encode(DOMAIN_TYPE, keccak256("TaskScopeEnforcer"), keccak256("1"), block.chainid, self));
        bytes32 request = keccak256(abi.encode(REQUEST_TYPE, delegationHash, mode, keccak256(execution), number, deadline));
        return keccak256(abi.encodePacked(hex"1901", domain, request));
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
        bool keyed = uint8(terms[1]) & WITH_KEY != 0;
        signer = address(bytes20(terms[HEADER:HEADER + 20]));
        uint256 rest = keyed ? 78 : 13;
        if (args.length < rest || !confirm && args.length != rest) revert MalformedArgs(_delegation(), signer);
        uint256 head = wordAt(placeOf(args));
        uint256 deadline = (head >> 152) & 0xffffffffff;
        number = head >> 192;
        if (block.timestamp > deadline) revert RequestExpired(_delegation(), deadline, block.timestamp);
        bytes32 digest = _requestDigest(delegationHash, mode, execution, number, deadline);
        if (keyed) {
            // Refuses high s and whatever recovers to no one.
            (address recovered, ECDSA.RecoverError problem,) = ECDSA.tryRecoverCalldata(digest, args[13:78]);
            if (problem != ECDSA.RecoverError.NoError || recovered != signer) revert NotRequested(_delegation(), signer, digest);
        }
        if (confirm) {
            address confirmer = keyed ? address(bytes20(terms[HEADER + 20:HEADER + 40])) : signer;
            if (!SignatureChecker.isValidSignatureNowCalldata(confirmer, digest, args[rest:])) revert NotConfirmed(_delegation(), confirmer, digest);
        }
    }

    /// @dev Where the number's bit stands, with 255 others.
    function _numberSlot(bytes32 delegationHash, address signer, uint256 number) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(delegationHash, signer, number >> 8)));
    }
}
