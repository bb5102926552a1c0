import { byteLength, concatBytes, type Hex } from '../primitives/hex.ts'
import type { Codec } from './codec.ts'
import { CaveatError } from './errors.ts'
import { addressAt, assertBytes, assertPeriod, assertTerms, word, wordAt } from './terms.ts'
import type { TokenPeriod } from './types.ts'

const SIZE = 116

/**
 * For each of `periods`, at most `amount` in each fixed window of `duration` seconds from `start` (inclusive); the zero
 * address is the native coin. Only plain payments and `transfer(address,uint256)` of exactly 68 bytes. The caps add up: there
 * is none over all tokens. The redeemer names the entry in `args`, so a token that stands twice has both caps to spend.
 *
 * Terms, 116 bytes each, at least one: `[0,20) token · [20,52) amount · [52,84) duration, seconds · [84,116) start, unix seconds`, no
 * number zero. The contract takes zeros and then refuses every use of that entry; refused here.
 */
export const multiTokenPeriod: Codec<'multiTokenPeriod'> = {
  name: 'MultiTokenPeriodEnforcer',
  kind: 'multiTokenPeriod',
  callType: 'single',
  counts: true,
  encode({ periods }) {
    assertPeriods(periods)
    return concatBytes(
      ...periods.flatMap(({ token, amount, duration, start }) => [token, word(amount), word(duration), word(start)]),
    )
  },
  decode(terms) {
    assertTerms(terms)
    if (byteLength(terms) % SIZE !== 0) {
      throw new CaveatError('caveats.wrong_length', 'These terms have the wrong length.', {
        details: { bytes: byteLength(terms), itemBytes: SIZE },
        fix: `Give a whole number of entries of ${SIZE} bytes.`,
      })
    }
    const periods: TokenPeriod[] = []
    for (let offset = 0; offset < byteLength(terms); offset += SIZE) periods.push(periodAt(terms, offset))
    assertPeriods(periods)
    return { kind: 'multiTokenPeriod', periods }
  },
}

function periodAt(terms: Hex, offset: number): TokenPeriod {
  return {
    token: addressAt(terms, offset),
    amount: wordAt(terms, offset + 20),
    duration: wordAt(terms, offset + 52),
    start: wordAt(terms, offset + 84),
  }
}

function assertPeriods(periods: readonly TokenPeriod[]): void {
  if (periods.length === 0) {
    throw new CaveatError('caveats.empty_list', 'There is no allowance: nothing could ever pass.', {
      fix: 'Name at least one token.',
    })
  }
  for (const period of periods) {
    assertBytes(period.token, 20, 'token')
    assertPeriod(period)
  }
}
