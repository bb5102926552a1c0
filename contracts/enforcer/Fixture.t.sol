// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {TestToken} from "../testing/TestToken.sol";
import {vm} from "../testing/Vm.sol";
import {ICaveatEnforcer} from "./ICaveatEnforcer.sol";
import {TaskScopeEnforcer} from "./TaskScopeEnforcer.sol";
import {TaskScopeReader} from "./TaskScopeReader.sol";
import {TermsInfoLib} from "./TermsInfo.sol";
import {TaskScopeRefusals} from "./TaskScopeRefusals.sol";

/// @notice The parts of terms, so that a test says only what it is about.
struct Parts {
    uint40 notBefore;
    uint40 expiry;
    uint8 most;
    bytes8 group;
    address guardian;
    address key;
    address confirmer;
    uint24 mostCalls;
    uint32 callsPeriod;
    bool measured;
    address[] redeemers;
    bytes[] budgets;
    uint256[] thresholds;
    bytes[] rules;
}

struct Execution {
    address target;
    uint256 value;
    bytes callData;
}

/// @notice An enforcer whose manager is the test, and terms for one token: two payees, at most 50 an action, 200 a day.
abstract contract Fixture {
    bytes32 internal constant SINGLE = bytes32(0);
    bytes32 internal constant BATCH = bytes32(uint256(1) << 248);
    bytes32 internal constant HASH_A = keccak256("a delegation");
    uint256 internal constant START = 1_800_000_000;
    uint32 internal constant DAY = 86_400;
    address internal constant ALICE = address(bytes20("alice"));
    address internal constant BOB = address(bytes20("bob"));
    address internal constant PRINCIPAL = address(0x9999);
    address internal constant REDEEMER = address(0x7777);
    address internal constant GUARDIAN = address(0x6666);

    TaskScopeEnforcer internal enforcer;
    TaskScopeReader internal reader;
    TestToken internal token;

    function setUp() public virtual {
        vm.warp(START);
        enforcer = new TaskScopeEnforcer(address(this));
        reader = new TaskScopeReader(enforcer, address(this));
        token = new TestToken("Test dollar", "USDC", 6);
    }

    // --- Terms ---

    function _base() internal pure returns (Parts memory parts) {
        parts.notBefore = uint40(START - 10);
        parts.expiry = uint40(START + 30 days);
        parts.group = bytes8(uint64(1));
        parts.guardian = GUARDIAN;
    }

    function _payments() internal view returns (Parts memory parts) {
        parts = _base();
        parts.most = 10;
        parts.mostCalls = 20;
        parts.callsPeriod = DAY;
        parts.budgets = _list(_rolling(DAY, 200));
        parts.rules = _list(_transferRule(50));
    }

    function _transferRule(uint256 most) internal view returns (bytes memory) {
        return _rule(address(token), 0xa9059cbb, 68, 0, 2, 1, abi.encodePacked(_payees(), _atMost(1, most), _charge(0, 1)));
    }

    function _payees() internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(7), uint8(0), uint8(2), uint8(20), ALICE, BOB);
    }

    function _atMost(uint8 word, uint256 most) internal pure returns (bytes memory) {
        return _condition(3, word, 0, most);
    }

    function _condition(uint8 operation, uint8 word, uint8 width, uint256 operand) internal pure returns (bytes memory) {
        uint8 size;
        while (size < 32 && operand >> 8 * size != 0) ++size;
        bytes memory shortest = new bytes(size);
        for (uint256 i; i < size; ++i) shortest[i] = bytes1(uint8(operand >> 8 * (size - 1 - i)));
        return abi.encodePacked(operation, word, width, size, shortest);
    }

    function _charge(uint8 budget, uint8 source) internal pure returns (bytes memory) {
        return abi.encodePacked(budget, source, uint8(0));
    }

    function _rolling(uint32 period, uint256 cap) internal pure returns (bytes memory) {
        uint8 shift;
        while (cap >> shift > 2 ** 24 - 2) ++shift;
        return abi.encodePacked(uint8(128 + shift), period, uint120(cap));
    }

    function _fixed(uint32 period, uint256 cap) internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(0), period, uint120(cap));
    }

    function _rule(address target, bytes4 selector, uint16 length, uint8 flags, uint8 conditions, uint8 charges, bytes memory body)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(target, selector, length, flags, conditions, charges, uint16(body.length), uint8(0), body);
    }

    function _pack(Parts memory t) internal pure returns (bytes memory terms) {
        uint256 flags = (t.key == address(0) ? 0 : 1) | (t.confirmer == address(0) ? 0 : 2) | (t.mostCalls == 0 ? 0 : 4) | (t.measured ? 8 : 0);
        terms = abi.encodePacked(
            uint8(1), uint8(flags), t.notBefore, t.expiry, t.most, uint8(t.redeemers.length), uint8(t.budgets.length), uint8(t.rules.length), t.group, t.guardian
        );
        if (t.key != address(0)) terms = bytes.concat(terms, bytes20(t.key));
        if (t.confirmer != address(0)) terms = bytes.concat(terms, bytes20(t.confirmer));
        if (t.mostCalls != 0) terms = bytes.concat(terms, bytes3(t.mostCalls), bytes4(t.callsPeriod));
        for (uint256 i; i < t.redeemers.length; ++i) terms = bytes.concat(terms, bytes20(t.redeemers[i]));
        for (uint256 i; i < t.budgets.length; ++i) terms = bytes.concat(terms, t.budgets[i]);
        for (uint256 i; i < t.thresholds.length; ++i) terms = bytes.concat(terms, bytes15(uint120(t.thresholds[i])));
        for (uint256 i; i < t.rules.length; ++i) terms = bytes.concat(terms, t.rules[i]);
    }

    function _list(bytes memory one) internal pure returns (bytes[] memory list) {
        list = new bytes[](1);
        list[0] = one;
    }

    function _list(bytes memory one, bytes memory two) internal pure returns (bytes[] memory list) {
        list = new bytes[](2);
        (list[0], list[1]) = (one, two);
    }

    // --- Executions ---

    function _transfer(address to, uint256 amount) internal view returns (Execution memory) {
        return Execution(address(token), 0, abi.encodeCall(token.transfer, (to, amount)));
    }

    function _single(Execution memory e) internal pure returns (bytes memory) {
        return abi.encodePacked(e.target, e.value, e.callData);
    }

    function _pay(address to, uint256 amount) internal view returns (bytes memory) {
        return _single(_transfer(to, amount));
    }

    // --- Hooks ---

    /// @dev Empty where the hook passed, else what it reverted with.
    function _try(bytes memory terms, bytes memory args, bytes32 mode, bytes memory execution, bytes32 hash) internal returns (bytes memory) {
        try ICaveatEnforcer(address(enforcer)).beforeHook(terms, args, mode, execution, hash, PRINCIPAL, REDEEMER) {
            return "";
        } catch (bytes memory reason) {
            return reason;
        }
    }

    function _try(bytes memory terms, bytes memory execution) internal returns (bytes memory) {
        return _try(terms, "", SINGLE, execution, HASH_A);
    }

    function _batch(bytes memory terms, bytes memory execution, bytes32 hash) internal returns (bytes memory) {
        return _try(terms, "", BATCH, execution, hash);
    }

    function _batch(bytes memory terms, Execution[] memory executions) internal returns (bytes memory) {
        return _batch(terms, abi.encode(executions), HASH_A);
    }

    function _passes(bytes memory terms, bytes memory execution) internal {
        vm.assertEq(_try(terms, execution), "");
    }

    function _refuses(bytes memory terms, bytes memory execution, bytes memory reason) internal {
        vm.assertEq(_try(terms, execution), reason);
    }

    function _after(bytes memory terms, bytes memory execution) internal returns (bool passed, bytes memory reason) {
        return address(enforcer).call(
            abi.encodeWithSelector(0xd3eddcc5, terms, bytes(""), SINGLE, execution, HASH_A, PRINCIPAL, REDEEMER)
        );
    }

    function _selectorOf(bytes memory reason) internal pure returns (bytes4) {
        return bytes4(reason);
    }

    function _isCanonical(bytes memory terms) internal view returns (bool) {
        try reader.getTermsInfo(terms) {
            return true;
        } catch (bytes memory reason) {
            vm.assertEq(reason, abi.encodeWithSelector(TermsInfoLib.MalformedTerms.selector));
            return false;
        }
    }

    /// @dev What an event has first: rule, one execution, the first budget, and base units.
    function _first(uint256 rule, uint256 spent, uint256 left) internal pure returns (uint256) {
        return rule << 248 | 1 << 240 | spent << 112 | left;
    }

    function _notAdmitted(uint256 rule, TaskScopeRefusals.Reason reason, uint256 index, uint256 limit, uint256 used, uint256 requested)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(bytes4(keccak256("NotAdmitted(bytes32,uint256,uint256,uint8,uint256,uint256,uint256,uint256)")), HASH_A, 0, rule, reason, index, limit, used, requested);
    }

    /// @dev The same refusal by another delegation.
    function _by(bytes32 hash, bytes memory reason) internal pure returns (bytes memory) {
        assembly ("memory-safe") {
            mstore(add(reason, 36), hash)
        }
        return reason;
    }

    /// @dev A budget's or a rule's error with another item number.
    function _of(uint256 item, bytes memory reason) internal pure returns (bytes memory) {
        assembly ("memory-safe") {
            mstore(add(reason, 68), item)
        }
        return reason;
    }

    function _random(uint256 seed, uint256 i, uint256 most) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, i))) % (most + 1);
    }
}
