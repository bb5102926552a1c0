import { describe, expect, test } from 'vitest'
import { AGENT, PAYEES, PRINCIPAL } from '../../test/arbitraries/scope.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { type DelegationLike, type Link, leavesOf, linksOf, pathOf, redeemableLinks } from './links.ts'
import type { Draft } from './types.ts'

const ROOT: Hex = `0x${'ff'.repeat(32)}`
const hashed = (at: number): Hex => `0x${at.toString(16).padStart(64, '0')}`
const delegation = (authority: Hex, salt = 0): DelegationLike => {
  return { delegate: AGENT, delegator: PRINCIPAL, authority, caveats: [], salt: hashed(salt) }
}
const draft = (parent: number | null): Draft => {
  return { delegate: AGENT, delegator: PRINCIPAL, parent, caveats: [], salt: hashed(0) }
}
const link = (parent: Link['parent'], delegator: Address = PRINCIPAL, delegate: Address = AGENT): Link => {
  return { delegate, delegator, parent, caveats: [], salt: hashed(0) }
}

describe('linksOf', () => {
  const parents = (items: Parameters<typeof linksOf>[0], hash?: (item: DelegationLike) => Hex) =>
    linksOf(items as DelegationLike[], hash).map(({ parent }) => parent)

  test('behavior: one context is leaf first, each under the next; the last has nothing above it', () => {
    const under = hashed(9)
    expect(parents([delegation(under), delegation(under), delegation(ROOT)])).toEqual([1, 2, null])
    expect(parents([delegation(under), delegation(under)])).toEqual([1, 'missing'])
    expect(parents([delegation(ROOT), delegation(ROOT)])).toEqual([null, null])
    expect(parents([])).toEqual([])
  })

  test('behavior: by their hashes they may stand in any order', () => {
    const hash = ({ salt }: DelegationLike) => salt
    expect(parents([delegation(ROOT, 1), delegation(hashed(3), 2), delegation(hashed(1), 3)], hash)).toEqual([
      null,
      2,
      0,
    ])
    expect(parents([delegation(hashed(8), 1)], hash)).toEqual(['missing'])
  })

  test('behavior: a draft stands behind its parent', () => {
    expect(parents([draft(null), draft(0), draft(1), draft(0)])).toEqual([null, 0, 1, 0])
    expect(parents([draft(0), draft(1), draft(3), draft(-1), draft(0.5)])).toEqual(Array(5).fill('missing'))
  })
})

describe('pathOf', () => {
  test('behavior: itself first, up to the root, or to where the way ends', () => {
    const links = [link(null), link(0), link(1), link('missing'), link(3), link(9)]
    expect(links.map((_, at) => pathOf(links, at))).toEqual([[0], [1, 0], [2, 1, 0], [3], [4, 3], [5]])
    expect(pathOf(links, 6)).toEqual([])
  })

  test('behavior: one link more than can be redeemed, so that it shows, and no more; a circle once', () => {
    const chain = Array.from({ length: 20 }, (_, at) => link(at === 0 ? null : at - 1))
    expect([7, 8, 9, 19].map((at) => pathOf(chain, at).length)).toEqual([8, 9, 9, 9])
    expect(pathOf([link(1), link(2), link(0)], 0)).toEqual([0, 1, 2])
    expect(pathOf([link(0)], 0)).toEqual([0])
  })
})

describe('redeemableLinks', () => {
  const redeemable = (links: Link[]) => [...redeemableLinks(links)]

  test('behavior: leaves, and whatever gives somebody else than the principal something', () => {
    expect(redeemable([link(null)])).toEqual([0])
    expect(redeemable([link(null, PRINCIPAL, PRINCIPAL)])).toEqual([0])
    expect(redeemable([link(null, PRINCIPAL, PRINCIPAL), link(0)])).toEqual([1])
    expect(redeemable([link(null), link(0, AGENT, PAYEES[0])])).toEqual([0, 1])
    expect(redeemable([link(null, PRINCIPAL, PRINCIPAL), link(0, PRINCIPAL, PRINCIPAL), link(1)])).toEqual([2])
  })

  test('attack: an agent that delegates to itself still may redeem what it was given', () => {
    expect(redeemable([link(null), link(0, AGENT, AGENT), link(1, AGENT, PAYEES[0])])).toEqual([0, 1, 2])
    expect(leavesOf([link(null), link(0), link(0)])).toEqual([1, 2])
  })
})
