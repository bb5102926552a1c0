// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Fixture, Parts} from "./Fixture.t.sol";
import {TermsInfo} from "./TermsInfo.sol";

/// @notice Terms have one form: what is read is every byte of them, and what is not canonical is refused.
///
/// getTermsInfo
/// ├── header: version, flags, times, parties, counts → each next to what is refused
/// ├── budgets: shift, period, cap, threshold
/// ├── rules: shape, value, allowance, bytes left over
/// ├── conditions: operation, word, width, operands in the fewest bytes
/// ├── charges: order, source, weight in the fewest bytes
/// └── else decoded; the vectors of both languages: {VectorsTest}
contract TermsInfoTest is Fixture {
    function test_termsComeBackDecoded() public view {
        TermsInfo memory info = reader.getTermsInfo(_pack(_payments()));
        vm.assertEq(info.notBefore, START - 10);
        vm.assertEq(info.expiry, START + 30 days);
        vm.assertEq(info.guardian, GUARDIAN);
        vm.assertEq(info.mostCalls, 20);
        vm.assertTrue(info.budgets.length == 1 && info.budgets[0].rolling && info.budgets[0].cap == 200 && info.budgets[0].period == DAY);
        vm.assertTrue(info.rules.length == 1 && info.rules[0].target == address(token) && info.rules[0].length == 68);
        vm.assertTrue(info.rules[0].conditions[0].operands[1] == uint160(BOB) && info.rules[0].conditions[1].operands[0] == 50);
        vm.assertTrue(info.rules[0].charges[0].source == 1 && info.rules[0].charges[0].weight == 1);
    }

    function testFuzz_oneChangedByteIsOtherTermsOrNone(uint16 place, uint8 flip) public view {
        // A codec that ignored a byte would give two terms one meaning.
        vm.assume(flip != 0);
        bytes memory terms = _pack(_payments());
        bytes memory before = abi.encode(reader.getTermsInfo(terms));
        terms[place % terms.length] ^= bytes1(flip);
        try reader.getTermsInfo(terms) returns (TermsInfo memory info) {
            vm.assertTrue(keccak256(abi.encode(info)) != keccak256(before));
        } catch {}
    }

    function _isRuleCanonical(bytes memory rule) private view returns (bool) {
        Parts memory t = _payments();
        t.rules = _list(rule);
        return _isCanonical(_pack(t));
    }

    function _condition4(uint8 operation, uint8 word, uint8 width, uint8 size, bytes memory operands) private view returns (bool) {
        return _isRuleCanonical(_rule(BOB, 0x12345678, 68, 0, 1, 0, abi.encodePacked(operation, word, width, size, operands)));
    }

    function test_headersThatAreRefused() public view {
        vm.assertTrue(_isCanonical(_pack(_payments())));
        vm.assertTrue(!_isCanonical(bytes.concat(_pack(_payments()), hex"00")));
        Parts memory t = _payments();
        t.notBefore = t.expiry;
        vm.assertTrue(!_isCanonical(_pack(t)));
        t = _payments();
        t.redeemers = new address[](1);
        vm.assertTrue(!_isCanonical(_pack(t)));
        bytes memory terms = _pack(_payments());
        terms[1] = 0x14;
        vm.assertTrue(!_isCanonical(terms));
        // The flag for measured rules without one; thresholds without budgets, or above the cap.
        terms[1] = 0x0c;
        vm.assertTrue(!_isCanonical(terms));
        t = _payments();
        t.confirmer = ALICE;
        t.thresholds = new uint256[](1);
        t.thresholds[0] = 200;
        vm.assertTrue(_isCanonical(_pack(t)));
        t.thresholds[0] = 201;
        vm.assertTrue(!_isCanonical(_pack(t)));
    }

    function test_budgetsThatAreRefused() public view {
        bytes[6] memory budgets = [
            abi.encodePacked(uint8(128), uint32(0), uint120(200)),
            abi.encodePacked(uint8(128), DAY, uint120(0)),
            abi.encodePacked(uint8(129), DAY, uint120(200)),
            abi.encodePacked(uint8(128), DAY, uint120(2 ** 24 - 1)),
            abi.encodePacked(uint8(1), DAY, uint120(200)),
            abi.encodePacked(uint8(0), DAY, uint120(2 ** 112))
        ];
        for (uint256 i; i < 6; ++i) {
            Parts memory t = _payments();
            t.budgets = _list(budgets[i]);
            vm.assertTrue(!_isCanonical(_pack(t)));
        }
    }

    function test_conditionsThatAreRefused() public view {
        vm.assertTrue(_condition4(3, 1, 0, 1, hex"05"));
        vm.assertTrue(!_condition4(3, 2, 0, 1, hex"05")); // word beyond the calldata
        vm.assertTrue(!_condition4(3, 253, 0, 1, hex"05"));
        vm.assertTrue(!_condition4(0, 1, 0, 1, hex"05"));
        vm.assertTrue(!_condition4(11, 1, 0, 1, hex"05"));
        vm.assertTrue(!_condition4(3, 1, 1, 1, hex"05")); // a width that says nothing
        vm.assertTrue(_condition4(4, 1, 31, 1, hex"05") && _condition4(5, 1, 31, 1, hex"05") && _condition4(4, 1, 0x9f, 1, hex"05"));
        // A whole word has nothing beside it: that width is written 0.
        vm.assertTrue(!_condition4(4, 1, 32, 1, hex"05") && !_condition4(5, 1, 32, 1, hex"05") && !_condition4(4, 1, 0xa0, 1, hex"05"));
        vm.assertTrue(!_condition4(4, 1, 0x80, 1, hex"05"));
        vm.assertTrue(!_condition4(3, 1, 0, 33, new bytes(33)));
        vm.assertTrue(!_condition4(7, 1, 0, 1, ""));
        vm.assertTrue(!_condition4(7, 1, 1, 0, ""));
        vm.assertTrue(!_condition4(10, 1, 0, 31, new bytes(31)));
        vm.assertTrue(!_condition4(8, 1, 0, 1, hex"0f10")); // a bit outside the mask
        vm.assertTrue(_condition4(8, 1, 0, 1, hex"0f01"));
        vm.assertTrue(!_condition4(3, 1, 0, 1, hex"0500")); // a byte left over
    }

    function test_operandsTakeTheFewestBytesThatHoldThemAll() public view {
        vm.assertTrue(_condition4(3, 1, 0, 0, "") && !_condition4(3, 1, 0, 1, hex"00"));
        vm.assertTrue(_condition4(3, 1, 0, 2, hex"0100") && !_condition4(3, 1, 0, 2, hex"00ff"));
        vm.assertTrue(_condition4(7, 1, 1, 1, hex"00") && _condition4(7, 1, 2, 2, hex"00020100") && !_condition4(7, 1, 2, 2, hex"00020001"));
        vm.assertTrue(_condition4(8, 1, 0, 2, hex"01010001") && !_condition4(8, 1, 0, 2, hex"000f0001"));
        vm.assertTrue(_condition4(10, 1, 0, 32, new bytes(32)) && !_condition4(10, 1, 0, 0, ""));
    }

    function test_rulesAndChargesThatAreRefused() public view {
        bytes4 selector = 0x12345678;
        vm.assertTrue(_isRuleCanonical(_rule(BOB, 0, 0, 0, 0, 0, "")));
        vm.assertTrue(!_isRuleCanonical(_rule(BOB, 0, 0, 1, 0, 0, "")));
        vm.assertTrue(!_isRuleCanonical(_rule(BOB, selector, 0, 0, 0, 0, "")));
        vm.assertTrue(!_isRuleCanonical(_rule(BOB, selector, 3, 0, 0, 0, "")));
        vm.assertTrue(!_isRuleCanonical(_rule(BOB, selector, 4, 2, 0, 0, abi.encodePacked(uint96(0)))));
        vm.assertTrue(!_isRuleCanonical(_rule(BOB, selector, 68, 0, 0, 1, _charge(1, 0))));
        vm.assertTrue(!_isRuleCanonical(_rule(BOB, selector, 68, 0, 0, 1, _charge(0, 2))));
        vm.assertTrue(!_isRuleCanonical(_rule(BOB, selector, 68, 0, 0, 1, _charge(0, 253))));
        vm.assertTrue(_isRuleCanonical(_rule(BOB, selector, 68, 0, 0, 1, hex"00010102")));
        vm.assertTrue(!_isRuleCanonical(_rule(BOB, selector, 68, 0, 0, 1, hex"00010101")));
        vm.assertTrue(!_isRuleCanonical(_rule(BOB, selector, 68, 0, 0, 1, hex"00010100")));
        vm.assertTrue(!_isRuleCanonical(_rule(BOB, selector, 68, 0, 0, 1, hex"0001020002")));
        // Charges out of order.
        Parts memory t = _payments();
        t.budgets = _list(_rolling(DAY, 200), _rolling(DAY, 200));
        t.rules = _list(_rule(BOB, selector, 68, 0, 0, 2, abi.encodePacked(_charge(0, 1), _charge(1, 1))));
        vm.assertTrue(_isCanonical(_pack(t)));
        t.rules = _list(_rule(BOB, selector, 68, 0, 0, 2, abi.encodePacked(_charge(1, 1), _charge(0, 1))));
        vm.assertTrue(!_isCanonical(_pack(t)));
        // An allowance whose first call is not approve(address,uint256), or where batches are too small for it.
        bytes memory body = abi.encodePacked(BOB, selector, uint16(68), uint8(1));
        vm.assertTrue(_isRuleCanonical(_rule(address(token), 0x095ea7b3, 68, 4, 0, 0, body)));
        vm.assertTrue(!_isRuleCanonical(_rule(address(token), 0x095ea7b3, 100, 4, 0, 0, body)));
        vm.assertTrue(!_isRuleCanonical(_rule(address(token), selector, 68, 4, 0, 0, body)));
        t = _payments();
        t.most = 2;
        t.rules = _list(_rule(address(token), 0x095ea7b3, 68, 4, 0, 0, body));
        vm.assertTrue(!_isCanonical(_pack(t)));
    }
}
