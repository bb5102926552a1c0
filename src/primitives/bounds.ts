/** Bounds alone, so that a page that needs one of them loads no reader of amounts or times. */

/** Largest amount of an ERC-20, in base units. */
export const MAX_UINT256 = (1n << 256n) - 1n

/** 9999-12-31T23:59:59Z, the last instant that the text form can write. Unix seconds. */
export const LAST_INSTANT = 253_402_300_799n
