import { type Dimension, isSubset } from '../../src/scope/subset.ts'
import { seeded } from '../arbitraries/draw.ts'
import { findEscape } from './escape.ts'
import { drawPairs } from './scopePairs.ts'

export type BruteForceReport = {
  seed: number
  pairs: number
  /** `isSubset` said yes, and of these: every sequence of the grid was looked at. */
  yes: number
  exhausted: number
  /** It said no, and of these: brute force has a sequence that the parent does not admit. */
  no: number
  refuted: number
  /** Refusals with and without a witness, by dimension. `cautious`: there is none on the grid, which is finite. */
  refutedBy: Partial<Record<Dimension, number>>
  cautious: Partial<Record<Dimension, number>>
  /** A yes with a witness: the first few, with what reproduces them. Empty, or `isSubset` is wrong. */
  wrong: { child: unknown; parent: unknown; escape: unknown }[]
}

const MAX_WRONG = 3

/**
 * Asks `isSubset` and brute force about the same pairs of scopes.
 *
 * @param options.sequences - Sequences looked at for one pair, at most.
 */
export function compareWithBruteForce(options: {
  pairs: number
  sequences: number
  seed: number
  onProgress?: ((done: number) => void) | undefined
}): BruteForceReport {
  const { pairs, sequences, seed } = options
  const report: BruteForceReport = {
    seed,
    pairs: 0,
    yes: 0,
    exhausted: 0,
    no: 0,
    refuted: 0,
    refutedBy: {},
    cautious: {},
    wrong: [],
  }
  for (const { child, parent } of drawPairs(seeded(seed))) {
    if (report.pairs === pairs) break
    const said = isSubset(child, parent)
    const truth = findEscape(child, parent, sequences)
    report.pairs++
    if (said.subset) {
      report.yes++
      if (truth.found === 'none') report.exhausted++
      if (truth.found === 'escape' && report.wrong.length < MAX_WRONG) {
        report.wrong.push({ child, parent, escape: truth.escape })
      }
    } else {
      report.no++
      const { dimension } = said
      if (truth.found === 'escape') {
        report.refuted++
        report.refutedBy[dimension] = (report.refutedBy[dimension] ?? 0) + 1
      } else if (truth.found === 'none') report.cautious[dimension] = (report.cautious[dimension] ?? 0) + 1
    }
    if (report.pairs % 1_000 === 0) options.onProgress?.(report.pairs)
  }
  return report
}
