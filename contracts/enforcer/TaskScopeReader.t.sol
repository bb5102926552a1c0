// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../testing/Vm.sol";
import {Execution, Fixture, Parts} from "./Fixture.t.sol";
import {TaskScopeReader} from "./TaskScopeReader.sol";
import {TermsInfo} from "./TermsInfo.sol";

/// @notice What the reader says is what the enforcer does; terms have one form.
contract TaskScopeReaderTest is Fixture {
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

    function testFuzz_previewSaysWhatTheHookDoes(address to, uint256 amount, uint8 place, uint8 flip, bool changeTerms) public {
        // Near-valid executions and terms: the same verdict with the same error, and the same budgets left.
        if (amount % 4 != 0) amount %= 60;
        bytes memory terms = _pack(_payments());
        bytes memory execution = _pay(amount % 5 == 0 ? to : ALICE, amount);
        if (changeTerms) terms[place % terms.length] ^= bytes1(flip);
        else if (flip % 2 == 0) execution[place % execution.length] ^= bytes1(flip);
        if (!_isCanonical(terms)) return;
        _passes(_pack(_payments()), _pay(BOB, 11));
        try reader.preview(terms, "", SINGLE, execution, HASH_A, PRINCIPAL, REDEEMER) returns (TaskScopeReader.Preview memory preview) {
            _passes(terms, execution);
            (TaskScopeReader.Left[] memory left, uint256 calls) = reader.left(terms, HASH_A);
            for (uint256 b; !changeTerms && b < left.length; ++b) {
                vm.assertEq(preview.budgets[b].left, left[b].left);
                vm.assertEq(preview.budgets[b].spent, left[b].spent);
            }
            vm.assertTrue(calls == type(uint256).max || preview.calls != 0);
        } catch (bytes memory reason) {
            _refuses(terms, execution, reason);
        }
    }

    function _preview(Parts memory t, bytes32 mode, bytes memory execution) private view returns (TaskScopeReader.Preview memory) {
        return reader.preview(_pack(t), "", mode, execution, HASH_A, PRINCIPAL, REDEEMER);
    }

    function _twoPayments(uint256 one, uint256 two) private view returns (bytes memory) {
        Execution[] memory executions = new Execution[](2);
        (executions[0], executions[1]) = (_transfer(ALICE, one), _transfer(BOB, two));
        return abi.encode(executions);
    }

    function test_previewNamesTheRuleOfEachExecution() public view {
        Parts memory t = _payments();
        t.rules = _list(_transferRule(15), _transferRule(50));
        TaskScopeReader.Preview memory preview = _preview(t, SINGLE, _pay(ALICE, 20));
        vm.assertTrue(preview.rules.length == 1 && preview.rules[0] == 1 && preview.calls == 1);
        // Rules that are the same, and rules that differ, are kept in two ways.
        preview = _preview(t, BATCH, _twoPayments(20, 30));
        vm.assertTrue(preview.rules.length == 2 && preview.rules[0] == 1 && preview.rules[1] == 1 && preview.calls == 2);
        preview = _preview(t, BATCH, _twoPayments(10, 30));
        vm.assertTrue(preview.rules.length == 2 && preview.rules[0] == 0 && preview.rules[1] == 1);
        vm.assertTrue(preview.budgets[0].spent == 40 && preview.budgets[0].left == 160);
    }

    function test_previewSaysWhoseSignatureIsNeeded() public view {
        Parts memory t = _payments();
        TaskScopeReader.Preview memory preview = _preview(t, SINGLE, _pay(ALICE, 11));
        vm.assertTrue(!preview.needsRequest && !preview.needsConfirmation && !preview.measured);
        t.confirmer = BOB;
        t.thresholds = new uint256[](1);
        t.thresholds[0] = 10;
        vm.assertTrue(!_preview(t, SINGLE, _pay(ALICE, 10)).needsConfirmation);
        preview = _preview(t, SINGLE, _pay(ALICE, 11));
        vm.assertTrue(preview.needsConfirmation && !preview.needsRequest);
        t.key = ALICE;
        vm.assertTrue(_preview(t, SINGLE, _pay(ALICE, 10)).needsRequest);
    }

    function test_leftOfCallsInTheWindowAndForEver() public {
        Parts memory t = _payments();
        (t.mostCalls, t.callsPeriod) = (2, DAY);
        for (uint256 used; used < 3; ++used) {
            (, uint256 calls) = reader.left(_pack(t), HASH_A);
            vm.assertEq(calls, 2 - used);
            if (used < 2) _passes(_pack(t), _pay(ALICE, 1));
        }
        // Terms of the same delegation hash that allow fewer, as after a collision: none is left, not nearly all.
        t.mostCalls = 1;
        (, uint256 fewer) = reader.left(_pack(t), HASH_A);
        vm.assertEq(fewer, 0);
        t.mostCalls = 2;
        vm.warp(uint256(t.notBefore) + DAY);
        (, uint256 anew) = reader.left(_pack(t), HASH_A);
        vm.assertEq(anew, 2);
        t.callsPeriod = 0;
        (, uint256 ever) = reader.left(_pack(t), HASH_A);
        vm.assertEq(ever, 0);
        t.mostCalls = 0;
        (, uint256 uncounted) = reader.left(_pack(t), HASH_A);
        vm.assertEq(uncounted, type(uint256).max);
    }

    function test_leftOfEveryBudgetInBaseUnits() public {
        Parts memory t = _payments();
        t.budgets = new bytes[](3);
        (t.budgets[0], t.budgets[1], t.budgets[2]) = (_rolling(DAY, 2 ** 30), _fixed(DAY, 120), _fixed(0, 500));
        bytes memory charges = abi.encodePacked(_charge(0, 1), _charge(1, 1), _charge(2, 1));
        t.rules = _list(_rule(address(token), 0xa9059cbb, 68, 0, 0, 3, charges));
        _passes(_pack(t), _pay(ALICE, 65));
        (TaskScopeReader.Left[] memory left,) = reader.left(_pack(t), HASH_A);
        // The rolling counter has units of 128.
        vm.assertTrue(left[0].spent == 128 && left[0].left == 2 ** 30 - 128);
        vm.assertTrue(left[1].spent == 65 && left[1].left == 55 && left[2].spent == 65 && left[2].left == 435);
        vm.warp(uint256(t.notBefore) + DAY);
        (left,) = reader.left(_pack(t), HASH_A);
        vm.assertTrue(left[0].spent == 128 && left[1].left == 120 && left[2].left == 435);
        // Other terms counted here: nothing is left, not nearly everything.
        t.budgets[2] = _fixed(0, 64);
        (left,) = reader.left(_pack(t), HASH_A);
        vm.assertTrue(left[2].spent == 65 && left[2].left == 0);
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
