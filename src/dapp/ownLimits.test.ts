import { describe, expect, it } from 'vitest'
import type { GrantCheck } from '../grant/check.ts'
import type { Hex } from '../primitives/hex.ts'
import type { Scope } from '../scope/types.ts'
import type { Meter, NodeMeters } from '../verdict/meters.ts'
import type { PreparedGrant } from '../verdict/prepared.ts'
import { isUsedUp, limitsOf } from './ownLimits.ts'

const [LEAF, ROOT, OTHER]: [Hex, Hex, Hex] = [`0x${'01'.repeat(32)}`, `0x${'02'.repeat(32)}`, `0x${'03'.repeat(32)}`]
const TOKEN: Hex = `0x${'aa'.repeat(20)}`

const meter = (counts: Meter['counts'], left: bigint, budget?: string): Meter => ({
  counts,
  ...(budget === undefined ? {} : { budget }),
  limit: 10n,
  used: 10n - left,
  left,
  resetsAt: null,
})

/** Ways of leaf and root each, with what either counts. */
function grantOf(leaves: Record<Hex, { own: Meter[]; rule?: string }>, above: Meter[] = []) {
  const root: NodeMeters = { delegation: ROOT, own: above, remaining: [], ended: null }
  const nodes = Object.entries(leaves).map(([delegation, { own }]): NodeMeters => {
    const by = delegation as Hex
    const inherited = above.map((one) => ({ ...one, by: ROOT, inherited: true }))
    return {
      delegation: by,
      own,
      remaining: [...own.map((one) => ({ ...one, by, inherited: false })), ...inherited],
      ended: null,
    }
  })
  const branches = Object.entries(leaves).map(([hash, { rule = null }], index) => ({
    index,
    rule,
    links: [{ hash }, { hash: ROOT }],
  }))
  return {
    prepared: { branches } as unknown as PreparedGrant,
    meters: new Map([root, ...nodes].map((node) => [node.delegation, node])),
  }
}

describe('limitsOf', () => {
  const limits = (...parameters: Parameters<typeof grantOf>) => {
    const { prepared, meters } = grantOf(...parameters)
    return limitsOf(prepared, meters).map(({ by, counts, budget, left }) => ({ by, counts, budget, left }))
  }

  it('default: what one link counts', () => {
    expect(limits({ [LEAF]: { own: [meter(TOKEN, 3n, 'day'), meter('calls', 2n)] } })).toEqual([
      { by: LEAF, counts: TOKEN, budget: 'day', left: 3n },
      { by: LEAF, counts: 'calls', budget: undefined, left: 2n },
    ])
  })

  it('behavior: what a link above counts of an asset as a whole stands for a budget only where it leaves less', () => {
    const under = (left: bigint) => limits({ [LEAF]: { own: [meter(TOKEN, 3n, 'day')] } }, [meter(TOKEN, left)])
    expect(under(2n)).toEqual([{ by: ROOT, counts: TOKEN, budget: undefined, left: 2n }])
    expect(under(3n)).toEqual([{ by: LEAF, counts: TOKEN, budget: 'day', left: 3n }])
    expect(under(4n)).toEqual([{ by: LEAF, counts: TOKEN, budget: 'day', left: 3n }])
  })

  it('behavior: of another asset it stands beside', () => {
    expect(limits({ [LEAF]: { own: [meter(TOKEN, 3n, 'day')] } }, [meter('native', 1n)])).toEqual([
      { by: LEAF, counts: TOKEN, budget: 'day', left: 3n },
      { by: ROOT, counts: 'native', budget: undefined, left: 1n },
    ])
  })

  it('behavior: two budgets of one asset are two limits, and one limit of two branches is one', () => {
    const own = [meter(TOKEN, 3n, 'day'), meter(TOKEN, 4n, 'month')]
    expect(limits({ [LEAF]: { own } }).map(({ budget }) => budget)).toEqual(['day', 'month'])
    expect(limits({ [LEAF]: { own: [] }, [OTHER]: { own: [] } }, [meter(TOKEN, 5n)])).toEqual([
      { by: ROOT, counts: TOKEN, budget: undefined, left: 5n },
    ])
  })
})

describe('isUsedUp', () => {
  const scope = {
    rules: [
      { id: 'pay', class: 'transfer', budget: 'day' },
      { id: 'swap', class: 'call', spends: [{ budget: 'month' }] },
    ],
  } as unknown as Scope
  const used = (leaves: Parameters<typeof grantOf>[0], statuses: string[] = ['valid', 'valid'], of = scope) => {
    const { prepared, meters } = grantOf(leaves)
    const check = { branches: statuses.map((status) => ({ status })) } as unknown as GrantCheck
    return isUsedUp(prepared, { check, scope: of, meters })
  }

  it('default: as long as something of one budget is left, it is not', () => {
    expect(used({ [LEAF]: { own: [meter(TOKEN, 0n, 'day'), meter(TOKEN, 1n, 'month')] } })).toBe(false)
    expect(used({ [LEAF]: { own: [meter(TOKEN, 1n, 'day'), meter(TOKEN, 0n, 'month')] } })).toBe(false)
    expect(used({ [LEAF]: { own: [meter(TOKEN, 0n, 'day'), meter(TOKEN, 0n, 'month')] } })).toBe(true)
  })

  it('behavior: a rule without a budget goes on', () => {
    const free = { rules: [...scope.rules, { id: 'free', class: 'transfer' }] } as unknown as Scope
    expect(used({ [LEAF]: { own: [meter(TOKEN, 0n, 'day'), meter(TOKEN, 0n, 'month')] } }, ['valid'], free)).toBe(false)
  })

  it('behavior: what counts a link as a whole ends all of it, and only what it is on', () => {
    expect(used({ [LEAF]: { own: [meter('calls', 0n)] } })).toBe(true)
    expect(used({ [LEAF]: { own: [meter('calls', 1n)] } })).toBe(false)
    const branches = {
      [LEAF]: { own: [meter(TOKEN, 0n)], rule: 'pay' },
      [OTHER]: { own: [meter(TOKEN, 1n)], rule: 'pay' },
    }
    expect(used(branches)).toBe(false)
    // The one with something left has been ended.
    expect(used(branches, ['valid', 'invalid'])).toBe(true)
  })

  it('behavior: of a branch for one rule, only that rule’s budget counts', () => {
    const own = [meter(TOKEN, 0n, 'day'), meter(TOKEN, 1n, 'month')]
    expect(used({ [LEAF]: { own, rule: 'pay' } })).toBe(true)
    expect(used({ [LEAF]: { own, rule: 'swap' } })).toBe(false)
  })

  it('behavior: what nobody could read counts as used up', () => {
    expect(used({ [LEAF]: { own: [{ ...meter('calls', 1n), left: null }] } })).toBe(true)
  })
})
