import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { DAI, USDC } from '../../test/arbitraries/scope.ts'
import { makeGrant } from '../../test/arbitraries/signedGrant.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Meter, NodeMeters } from '../verdict/meters.ts'
import { nodesOf } from './treeNodes.ts'

const environment = await baseEnvironment()
const { delegations } = await makeGrant(environment)
const [delegation] = delegations.slice(0, 1)
const assets = { [USDC]: { symbol: 'USDC', decimals: 6 }, [DAI]: { symbol: 'DAI', decimals: 18 } }

/** What is drawn of a delegation that counts so, and has so much left above it. */
function drawn(own: readonly Meter[], remaining: NodeMeters['remaining'] = []) {
  if (delegation === undefined) throw new RangeError('no delegation')
  const hash = hashDelegation(delegation)
  const live = new Map([[hash, { delegation: hash, own, remaining, ended: null }]])
  const [node] = nodesOf({ delegations: [delegation], environment, assets, rowsOf: () => [], live })
  return node?.drawn.meters.map(({ text, left }) => [text, left])
}

describe('nodesOf', () => {
  const several: Meter = {
    counts: 'budget:stables',
    budget: 'stables',
    unit: { amount: 5n, decimals: 7, weights: { [USDC]: '1', [DAI]: '1' } as never },
    limit: 400_000_000n,
    used: 3n,
    left: 399_999_997n,
    resetsAt: null,
  }
  const { unit: _, ...unnamed } = several

  test('default: a budget of one asset in its display units, one of several in its own', () => {
    const one: Meter = { ...unnamed, counts: USDC, budget: 'usdc', limit: 2_000_000n, used: 500_000n, left: 1_500_000n }
    expect(drawn([one, several])).toEqual([
      ['budget usdc: 1.5 USDC left of 2 USDC, 0.5 USDC used', 0.75],
      ['budget stables: 199.9999985 units left of 200 units, 0.0000015 units used', 0.999],
    ])
  })

  test('behavior: where nobody knows the scope, what the terms count is called that', () => {
    expect(drawn([unnamed])).toMatchObject([[expect.stringContaining('399999997 units of its terms left of'), 0.999]])
  })

  test('behavior: what is left above, in the same words', () => {
    const { counts, unit } = several
    const above = {
      counts,
      budget: 'stables',
      ...(unit && { unit }),
      left: 2n,
      by: `0x${'ab'.repeat(32)}`,
      inherited: true,
    } as const
    expect(drawn([], [above, { ...above, inherited: false }])).toEqual([
      [expect.stringMatching(/^only 0\.000001 units left under 0xabab/), null],
    ])
  })
})
