/** The larger of two integers. */
export function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

/** The smaller of two integers. */
export function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
