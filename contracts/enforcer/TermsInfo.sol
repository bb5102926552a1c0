// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {SpendCounter} from "./SpendCounter.sol";
import {
    AT_LEAST,
    BITS,
    BY_BALANCE,
    EQUAL,
    HASH,
    HEADER,
    LONGER,
    MEASURED,
    MOST_CAP,
    NOT_EQUAL,
    ONE_OF,
    SIGNED_AT_LEAST,
    SIGNED_AT_MOST,
    VERSION_BITS,
    WITH_ALLOWANCE,
    WITH_CALLS,
    WITH_CONFIRMER,
    WITH_KEY,
    WITH_MEASURED,
    WITH_VALUE
} from "./TaskScopeTerms.sol";

struct TermsInfo {
    uint40 notBefore;
    uint40 expiry;
    uint8 mostExecutions;
    bytes8 group;
    address guardian;
    /// Zero where the terms name none; so is the confirmer.
    address requestKey;
    address confirmer;
    /// Zero where calls are not counted.
    uint24 mostCalls;
    uint32 callsPeriod;
    address[] redeemers;
    BudgetInfo[] budgets;
    RuleInfo[] rules;
}

struct BudgetInfo {
    bool rolling;
    uint8 shift;
    uint32 period;
    uint256 cap;
    /// Zero without a confirmer.
    uint256 threshold;
}

struct RuleInfo {
    address target;
    bytes4 selector;
    uint16 length;
    uint8 flags;
    uint96 mostValue;
    /// Of the call between the approvals; zero without.
    address callTarget;
    bytes4 callSelector;
    uint16 callLength;
    uint8 amountWord;
    ConditionInfo[] conditions;
    ChargeInfo[] charges;
    address measuredAsset;
    address measuredAccount;
}

struct ConditionInfo {
    uint8 operation;
    uint8 word;
    uint8 widthOrCount;
    uint8 size;
    uint256[] operands;
}

struct ChargeInfo {
    uint8 budget;
    uint8 source;
    uint256 weight;
}

/// @title TermsInfoLib
/// @notice Reads terms, and refuses all that are not canonical: what the enforcer takes without looking, it may take because
/// nobody signs terms that this refuses.
library TermsInfoLib {
    error MalformedTerms();

    bytes4 private constant APPROVE = 0x095ea7b3;

    /// @dev Where in the terms the reader stands.
    struct Cursor {
        uint256 place;
    }

    function read(bytes calldata terms) internal pure returns (TermsInfo memory info) {
        _require(terms.length >= HEADER && uint16(bytes2(terms[0:2])) >> 4 == VERSION_BITS);
        uint256 flags = uint8(terms[1]);
        info.notBefore = uint40(bytes5(terms[2:7]));
        info.expiry = uint40(bytes5(terms[7:12]));
        _require(info.notBefore < info.expiry);
        info.mostExecutions = uint8(terms[12]);
        info.group = bytes8(terms[16:24]);
        info.guardian = address(bytes20(terms[24:44]));
        Cursor memory cursor = Cursor(HEADER);
        if (flags & WITH_KEY != 0) info.requestKey = _party(terms, cursor);
        if (flags & WITH_CONFIRMER != 0) info.confirmer = _party(terms, cursor);
        if (flags & WITH_CALLS != 0) {
            info.mostCalls = uint24(_take(terms, cursor, 3));
            info.callsPeriod = uint32(_take(terms, cursor, 4));
            _require(info.mostCalls != 0);
        }
        info.redeemers = new address[](uint8(terms[13]));
        for (uint256 i; i < info.redeemers.length; ++i) info.redeemers[i] = _party(terms, cursor);
        _readBudgets(terms, cursor, info, flags & WITH_CONFIRMER != 0);
        bool measured = _readRules(terms, cursor, info);
        _require(measured == (flags & WITH_MEASURED != 0) && !(measured && flags & WITH_CONFIRMER != 0) && cursor.place == terms.length);
    }

    function _readBudgets(bytes calldata terms, Cursor memory cursor, TermsInfo memory info, bool thresholds) private pure {
        BudgetInfo[] memory budgets = new BudgetInfo[](uint8(terms[14]));
        info.budgets = budgets;
        _require(!thresholds || budgets.length != 0);
        for (uint256 i; i < budgets.length; ++i) {
            uint256 kind = _take(terms, cursor, 1);
            (budgets[i].rolling, budgets[i].shift) = (kind >> 7 != 0, uint8(kind & 0x7f));
            budgets[i].period = uint32(_take(terms, cursor, 4));
            uint256 cap = _take(terms, cursor, 15);
            budgets[i].cap = cap;
            _require(cap != 0 && cap <= MOST_CAP);
            // The finest unit that fits: a coarser one would round by more than 0.1 %.
            if (kind >> 7 == 0) _require(kind == 0);
            else _require(budgets[i].period != 0 && cap >> (kind & 0x7f) <= SpendCounter.MOST_UNITS && (kind & 0x7f == 0 || cap >> (kind & 0x7f) - 1 > SpendCounter.MOST_UNITS));
        }
        for (uint256 i; thresholds && i < budgets.length; ++i) {
            budgets[i].threshold = _take(terms, cursor, 15);
            _require(budgets[i].threshold <= budgets[i].cap);
        }
    }

    function _readRules(bytes calldata terms, Cursor memory cursor, TermsInfo memory info) private pure returns (bool measured) {
        info.rules = new RuleInfo[](uint8(terms[15]));
        _require(info.rules.length < 255);
        for (uint256 i; i < info.rules.length; ++i) {
            _readRule(terms, cursor, info, info.rules[i]);
            if (info.rules[i].flags & MEASURED != 0) measured = true;
        }
    }

    function _readRule(bytes calldata terms, Cursor memory cursor, TermsInfo memory info, RuleInfo memory rule) private pure {
        rule.target = address(uint160(_take(terms, cursor, 20)));
        rule.selector = bytes4(uint32(_take(terms, cursor, 4)));
        rule.length = uint16(_take(terms, cursor, 2));
        uint256 flags = _take(terms, cursor, 1);
        rule.flags = uint8(flags);
        rule.conditions = new ConditionInfo[](_take(terms, cursor, 1));
        rule.charges = new ChargeInfo[](_take(terms, cursor, 1));
        uint256 size = _take(terms, cursor, 2);
        _require(flags < 16 && _take(terms, cursor, 1) == 0);
        _requireShape(rule.selector, rule.length, flags & LONGER != 0 && flags & WITH_ALLOWANCE == 0);
        uint256 end = cursor.place + size;
        uint256 length = rule.length;
        if (flags & WITH_VALUE != 0) {
            rule.mostValue = uint96(_take(terms, cursor, 12));
            _require(rule.mostValue != 0);
        }
        if (flags & WITH_ALLOWANCE != 0) {
            _require(rule.selector == APPROVE && length == 68 && info.mostExecutions >= 3);
            rule.callTarget = _party(terms, cursor);
            rule.callSelector = bytes4(uint32(_take(terms, cursor, 4)));
            rule.callLength = uint16(_take(terms, cursor, 2));
            rule.amountWord = uint8(_take(terms, cursor, 1));
            length = rule.callLength;
            _requireShape(rule.callSelector, length, flags & LONGER != 0);
            _requireWord(rule.amountWord, length);
        }
        for (uint256 i; i < rule.conditions.length; ++i) rule.conditions[i] = _readCondition(terms, cursor, length);
        bool byBalance = _readCharges(terms, cursor, info, rule, length);
        _require(byBalance == (flags & MEASURED != 0));
        if (byBalance) {
            rule.measuredAsset = address(uint160(_take(terms, cursor, 20)));
            rule.measuredAccount = _party(terms, cursor);
        }
        _require(cursor.place == end);
    }

    function _readCondition(bytes calldata terms, Cursor memory cursor, uint256 length) private pure returns (ConditionInfo memory condition) {
        (uint256 operation, uint256 word) = (_take(terms, cursor, 1), _take(terms, cursor, 1));
        (uint256 width, uint256 size) = (_take(terms, cursor, 1), _take(terms, cursor, 1));
        _require(operation >= EQUAL && operation <= HASH && size <= 32);
        _requireWord(word, length);
        if (operation == ONE_OF) _require(width != 0 && size != 0);
        else if (operation == SIGNED_AT_MOST || operation == SIGNED_AT_LEAST) _require(width < 32);
        else if (operation == NOT_EQUAL || operation == AT_LEAST || operation == BITS) _require(width < 32 || width > 0x80 && width < 0xa0);
        else _require(width == 0 && (operation != HASH || size == 32));
        uint256 count = operation == ONE_OF ? width : operation == BITS ? 2 : 1;
        condition = ConditionInfo(uint8(operation), uint8(word), uint8(width), uint8(size), new uint256[](count));
        uint256 joined;
        for (uint256 i; i < count; ++i) {
            condition.operands[i] = _take(terms, cursor, size);
            joined |= condition.operands[i];
        }
        // One form for operands: the shortest that holds them all.
        if (operation != HASH && size > (operation == ONE_OF ? 1 : 0)) _require(joined >> 8 * (size - 1) != 0);
        // A bit that is asked for outside the mask is never there.
        if (operation == BITS) _require(condition.operands[0] != 0 && condition.operands[1] & ~condition.operands[0] == 0);
    }

    function _readCharges(bytes calldata terms, Cursor memory cursor, TermsInfo memory info, RuleInfo memory rule, uint256 length)
        private
        pure
        returns (bool byBalance)
    {
        uint256 least;
        for (uint256 i; i < rule.charges.length; ++i) {
            (uint256 budget, uint256 source) = (_take(terms, cursor, 1), _take(terms, cursor, 1));
            uint256 size = _take(terms, cursor, 1);
            uint256 weight = size == 0 ? 1 : _take(terms, cursor, size);
            _require(budget >= least && budget < info.budgets.length);
            // One form for a weight: the shortest.
            if (size != 0) _require(weight > 1 && size <= 14 && weight >> 8 * (size - 1) != 0);
            if (source < BY_BALANCE) _requireWord(source, length);
            else if (source == BY_BALANCE) byBalance = true;
            least = budget;
            rule.charges[i] = ChargeInfo(uint8(budget), uint8(source), weight);
        }
    }

    /// @dev Empty calldata, or a selector with what follows it.
    function _requireShape(bytes4 selector, uint256 length, bool longer) private pure {
        _require(length == 0 ? selector == 0 && !longer : length >= 4);
    }

    function _requireWord(uint256 word, uint256 length) private pure {
        _require(word < BY_BALANCE && 36 + 32 * word <= length);
    }

    function _party(bytes calldata terms, Cursor memory cursor) private pure returns (address party) {
        party = address(uint160(_take(terms, cursor, 20)));
        _require(party != address(0));
    }

    /// @dev The next `size` bytes, at most 32, as a number.
    function _take(bytes calldata terms, Cursor memory cursor, uint256 size) private pure returns (uint256 value) {
        uint256 end = cursor.place + size;
        _require(size <= 32 && end <= terms.length);
        for (uint256 i = cursor.place; i < end; ++i) value = value << 8 | uint8(terms[i]);
        cursor.place = end;
    }

    function _require(bool condition) private pure {
        if (!condition) revert MalformedTerms();
    }
}
