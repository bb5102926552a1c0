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

/** The largest number of which both are multiples; 0 of two zeros. */
export function gcd(a: bigint, b: bigint): bigint {
  let [larger, rest] = [a, b]
  while (rest !== 0n) [larger, rest] = [rest, larger % rest]
  return larger
}

/** Sums of many terms would otherwise grow without end. */
function reduce(n: bigint, d: bigint): Fraction {
  const common = gcd(n, d)
  return { n: n / common, d: d / common }
}
