/** An exact non-negative quotient. `d` is positive. */
export type Fraction = { n: bigint; d: bigint }

export function fraction(n: bigint, d = 1n): Fraction {
  return { n, d }
}

export function add(a: Fraction, b: Fraction): Fraction {
  return reduce(a.n * b.d + b.n * a.d, a.d * b.d)
}

export function multiply(a: Fraction, b: Fraction): Fraction {
  return reduce(a.n * b.n, a.d * b.d)
}

export function atMost(a: Fraction, b: Fraction): boolean {
  return a.n * b.d <= b.n * a.d
}

export function larger(a: Fraction, b: Fraction): Fraction {
  return atMost(a, b) ? b : a
}

export function smaller(a: Fraction, b: Fraction): Fraction {
  return atMost(a, b) ? a : b
}

/** Sums of many terms would otherwise grow without end. */
function reduce(n: bigint, d: bigint): Fraction {
  let [a, b] = [n, d]
  while (b !== 0n) [a, b] = [b, a % b]
  return { n: n / a, d: d / a }
}
