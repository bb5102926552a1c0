import { beforeAll, describe, expect, test } from 'vitest'
import { USDC } from '../../test/arbitraries/scope.ts'
import { makeGrant, richDocument } from '../../test/arbitraries/signedGrant.ts'
import { environment, payingGrant, rowOf } from '../../test/fixtures/console.ts'
import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { parseInstant } from '../primitives/time.ts'
import { exposureOf, leavesOf, stands } from './exposure.ts'
import type { GrantStatus } from './source.ts'

/** The last day of the scopes: one filling is left. */
const NOW = parseInstant('2026-12-19T12:00:00Z')

let grant: Grant
let other: Grant
beforeAll(async () => {
  grant = await payingGrant()
  other = await payingGrant({ task: { id: 'other', purpose: 'p' } })
})

const totals = (rows: Parameters<typeof exposureOf>[0]) =>
  exposureOf(rows, NOW).assets.map(({ asset, total }) => [asset, total])

describe('stands', () => {
  test.each<[GrantStatus, boolean]>([
    ['live', true],
    ['partial', true],
    ['not_asked', true],
    ['not_yet', true],
    ['expired', false],
    ['stopped', false],
    ['ended', false],
    ['unreadable', false],
  ])('default: %s', (status, standing) => {
    expect(stands({ status })).toBe(standing)
  })
})

describe('exposureOf', () => {
  test('default: the sum over what stands', () => {
    expect(totals([rowOf(grant)])).toEqual([[USDC, 200_000_000n]])
    expect(totals([rowOf(grant), rowOf(other)])).toEqual([[USDC, 400_000_000n]])
    expect(totals([rowOf(grant), rowOf(other, { status: 'ended' })])).toEqual([[USDC, 200_000_000n]])
    expect(totals([])).toEqual([])
  })

  test('behavior: what was handed on draws from what is above, and is not counted again', () => {
    const above = rowOf(grant)
    const under = rowOf(other, { hashes: [...rowOf(other).hashes, ...above.hashes] })
    expect(totals([above, under])).toEqual([[USDC, 200_000_000n]])
    expect(totals([under, above])).toEqual([[USDC, 200_000_000n]])
    // Where what is above has ended here, nobody else counts it.
    expect(totals([{ ...above, status: 'stopped' }, under])).toEqual([[USDC, 200_000_000n]])
  })

  test('behavior: what is shared above is no grant of its own', () => {
    const root: Hex = `0x${'aa'.repeat(32)}`
    const [one, two] = [grant, other].map((each) => rowOf(each, { hashes: [root, ...rowOf(each).hashes.slice(1)] }))
    expect(totals([one as never, two as never])).toEqual([[USDC, 400_000_000n]])
  })

  test('behavior: what no rule measures is said, and a file that cannot be read counts for nothing', async () => {
    const calling = await makeGrant(environment, richDocument())
    const { unmeasured, assets } = exposureOf(
      [rowOf(calling), rowOf(grant), rowOf(grant, { id: '0x12', grant: null })],
      NOW,
    )
    expect(unmeasured).toBe(1)
    expect(assets.map(({ asset }) => asset).sort()).toEqual([USDC, 'native'].sort())
  })

  test('behavior: the same token of two chains is two', () => {
    const elsewhere = { ...other, chainId: 10 }
    expect(totals([rowOf(grant), rowOf(elsewhere)])).toEqual([
      [USDC, 200_000_000n],
      [USDC, 200_000_000n],
    ])
  })
})

describe('leavesOf', () => {
  test('default: the first link of each branch', () => {
    const row = rowOf(grant)
    expect(leavesOf(row)).toEqual(grant.branches.map(({ links }) => row.hashes[links[0] as number]))
    expect(leavesOf({ grant: null, hashes: row.hashes })).toEqual([])
  })
})
