// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {modOf, quotient} from "./Words.sol";

/// @title SpendCounter
/// @notice What was spent of one budget, in one storage word, and no loop to read it.
///
/// | Bits     | What                                                                     |
/// |----------|--------------------------------------------------------------------------|
/// | 64 … 255 | spent: a number (lifetime, fixed), or eight buckets of 24 bits (rolling) |
/// | 24 … 63  | when anything was last counted here, unix seconds                        |
/// | 0 … 23   | calls counted (only in the first counter of a delegation)                |
///
/// @dev **Lifetime** (no period): counts for ever. **Fixed**: windows of `period` seconds follow one another from `origin` on;
/// across a boundary twice the cap can go. **Rolling**: no interval as long as `period` holds more than the cap.
///
/// Rolling time is cut in sevenths of the period; bucket 0 is the current seventh, bucket 7 the eighth latest. A spend leaves
/// when its bucket is shifted out, hence never before a whole period has passed, and at most one seventh (14.3 %) and a second
/// later. The sum of eight 24-bit digits is the number modulo 2^24 - 1, exact while it stays below that, which the cap ensures.
/// Rolling amounts are in units of 2^shift and round up: a spend counts for at most one unit, cap / 2^23, more than it is.
/// Measured and not taken: twelve buckets of 16 bits are late by 8.3 % only, but coarser than 0.1 % of the cap for small spends.
library SpendCounter {
    /// @dev Largest cap of a rolling counter, in its units: the sum of the buckets stays exact.
    uint256 internal constant MOST_UNITS = 2 ** 24 - 2;

    /// @notice What of the spent part still counts now.
    /// @param period Seconds, zero for a lifetime. Not zero for a rolling window, which would never forget.
    /// @param origin Of fixed windows; not after any time at which something was counted.
    /// @return spent In the form it is stored in.
    /// @return used The sum of it, in the counter's units.
    function read(uint256 word, bool rolling, uint256 period, uint256 origin) internal view returns (uint256 spent, uint256 used) {
        unchecked {
            spent = word >> 64;
            uint256 last = (word >> 24) & 0xffffffffff;
            if (rolling) {
                // Times have 40 bits: nothing overflows. After eight sevenths nothing is left of 192 bits.
                uint256 passed = quotient(7 * block.timestamp, period) - quotient(7 * last, period);
                spent = (spent << 24 * passed) & (2 ** 192 - 1);
                return (spent, modOf(spent, 2 ** 24 - 1));
            }
            if (period != 0) {
                if (!isInWindow(last, period, origin)) spent = 0;
            }
            return (spent, spent);
        }
    }

    /// @notice Whether something counted at `last`, not after now, is in the fixed window that holds now.
    /// @param period Not zero.
    function isInWindow(uint256 last, uint256 period, uint256 origin) internal view returns (bool) {
        unchecked {
            return last >= block.timestamp - modOf(block.timestamp - origin, period);
        }
    }
}
