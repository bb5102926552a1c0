import { type BruteForceReport, compareWithBruteForce } from '../test/oracles/bruteForce.ts'

/** Sequences of actions looked at for one pair: with these nearly every pair is looked at to its end. */
const SEQUENCES = 50_000

/** A long look for a yes of `isSubset` that brute force refutes. `cases` are pairs of scopes. */
export function measureSubset(options: {
  cases: number
  seed: number
  onProgress?: ((done: number) => void) | undefined
}): BruteForceReport & { sequences: number } {
  const { cases, seed, onProgress } = options
  return { sequences: SEQUENCES, ...compareWithBruteForce({ pairs: cases, sequences: SEQUENCES, seed, onProgress }) }
}
