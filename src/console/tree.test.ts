import { describe, expect, test } from 'vitest'
import type { TreeNode } from '../grant/draw/nodes.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { meter } from './meter.ts'
import { createRoom } from './room.ts'
import type { CountedWords, LinkFacts } from './source.ts'
import { forestOf, tree } from './tree.ts'

const hash = (id: number): Hex => `0x${id.toString(16).padStart(64, '0')}`
const alice: Address = `0x${'a1'.repeat(20)}`
const bob: Address = `0x${'b2'.repeat(20)}`

function link(
  id: number,
  parent: number | null,
  more: Partial<LinkFacts> & { state?: TreeNode['state']; by?: Address } = {},
): LinkFacts {
  const { state = { kind: 'live', text: 'live' }, by = alice, ...rest } = more
  const authority = parent === null ? hash(0xffff) : hash(parent)
  return {
    delegation: { delegate: bob, delegator: by, authority, caveats: [], salt: hash(id), signature: '0x' },
    sentences: [],
    troubles: [],
    live: undefined,
    counts: [],
    above: [],
    drawn: { hash: hash(id), authority, delegator: by, delegate: bob, says: [], meters: [], until: null, state },
    ...rest,
  }
}

const ended = { kind: 'ended', text: 'revoked' } as const
const words: CountedWords = {
  budget: null,
  limit: '10 USDC',
  used: '4 USDC',
  left: '6 USDC',
  resetsAt: null,
  part: 0.6,
}
const roots = (links: readonly LinkFacts[], page = 1) =>
  forestOf(links, page).roots.map(({ principal, branches }) => [
    principal,
    branches.map((one) => Number(one.link.drawn.hash)),
  ])
const drawn = (links: readonly LinkFacts[], room = createRoom()) => `${tree(forestOf(links, 1), [], room)}`

describe('forestOf', () => {
  test('default: by principal, what lives first', () => {
    expect(roots([link(1, null, { state: ended }), link(2, null), link(3, 2), link(4, null, { by: bob })])).toEqual([
      [alice, [2, 1]],
      [bob, [4]],
    ])
  })

  test('behavior: a root that ended stays with the living where something under it lives', () => {
    const links = [
      link(1, null, { state: ended }),
      link(2, 1),
      link(3, null, { state: ended }),
      link(4, 3, { state: ended }),
      link(5, null),
    ]
    expect(roots(links)).toEqual([[alice, [1, 5, 3]]])
  })

  test('behavior: pages of fourteen cards, subtrees whole', () => {
    const single = (count: number) => Array.from({ length: count }, (_, index) => link(index + 1, null))
    expect(forestOf(single(14), 1).pages).toBe(1)
    expect(forestOf(single(15), 1).pages).toBe(2)
    expect(roots(single(15), 2)).toEqual([[alice, [15]]])
    expect(roots(single(15), 3)).toEqual([])
    // Thirteen, and then one of two links: it begins the next page.
    const pair = [...single(13), link(20, null), link(21, 20)]
    expect([forestOf(pair, 1).pages, roots(pair, 2)]).toEqual([2, [[alice, [20]]]])
    expect(forestOf([], 1)).toEqual({ roots: [], pages: 1 })
  })

  test('behavior: a tree larger than a page has one of its own', () => {
    const chain = Array.from({ length: 16 }, (_, index) => link(index + 1, index === 0 ? null : index))
    expect(roots([...chain, link(99, null)], 2)).toEqual([[alice, [99]]])
  })
})

describe('tree', () => {
  test('default: nested as the authority is', () => {
    const page = drawn([link(1, null), link(2, 1), link(3, 2), link(4, 1)])
    const depths = [...page.matchAll(/<ul|<\/ul>|class="card"/g)].reduce<{ depth: number; cards: number[] }>(
      ({ depth, cards }, [token]) =>
        token === '<ul'
          ? { depth: depth + 1, cards }
          : token === '</ul>'
            ? { depth: depth - 1, cards }
            : { depth, cards: [...cards, depth] },
      { depth: 0, cards: [] },
    )
    expect(depths).toEqual({ depth: 0, cards: [2, 3, 4, 3] })
  })

  test('behavior: six beside each other, the others counted', () => {
    const children = (count: number) => [
      link(1, null),
      ...Array.from({ length: count }, (_, index) => link(index + 2, 1)),
    ]
    expect(drawn(children(6))).not.toContain('more under it')
    expect(drawn(children(7))).toContain('1 more under it')
    expect(drawn(children(7)).match(/class="card"/g)).toHaveLength(7)
  })

  test('behavior: three limits of one link, what is less above, and none of what has ended', () => {
    const counts = Array.from({ length: 4 }, () => words)
    expect(drawn([link(1, null, { counts: counts.slice(0, 3) })])).not.toContain('more limits')
    expect(drawn([link(1, null, { counts })])).toContain('and 1 more limits')
    expect(drawn([link(1, null, { above: ['only 2 left above'] })])).toContain('Only 2 left above')
    expect(drawn([link(1, null, { counts, above: ['only 2 left above'], state: ended })])).not.toMatch(/meter|Only/)
  })

  test('behavior: without room it still says that something is there', () => {
    expect(drawn([link(1, null, { counts: [words] })], createRoom(0))).toMatch(/no room for it[\s\S]*and 1 more limits/)
  })
})

describe('meter', () => {
  const bar = (part: number | null) => /class="(f[^"]*)" width="(\d+)"/.exec(`${meter({ ...words, part })}`)?.slice(1)

  test('default: the bar is what is left, the words are all of it', () => {
    expect(bar(0.6)).toEqual(['f', '600'])
    expect(`${meter(words)}`.replace(/<[^>]*>/g, ' ')).toMatch(/6 USDC\s+left of 10 USDC\s+4 USDC used/)
  })

  test.each([
    [1, ['f', '1000']],
    [2, ['f', '1000']],
    [0.151, ['f', '151']],
    [0.15, ['f low', '150']],
    [0.001, ['f low', '4']],
    [0, ['f none', '4']],
    [-1, ['f none', '4']],
    [null, undefined],
  ])('behavior: a part of %s', (part, expected) => {
    expect(bar(part)).toEqual(expected)
  })

  test('behavior: what is not known is said to be', () => {
    const text = `${meter({ ...words, used: null, left: null, part: null })}`
    expect(text).toContain('10 USDC at most')
    expect(text).toContain('used: not known')
    expect(`${meter({ ...words, used: null })}`).toContain('used: not known')
    expect(`${meter({ ...words, left: null })}`).toContain('used: not known')
    expect(`${meter(words)}`).not.toContain('Budget')
    expect(`${meter({ ...words, budget: 'b' })}`).toContain('Budget “b”')
    expect(`${meter({ ...words, resetsAt: 'tomorrow' })}`).toContain('whole again tomorrow')
  })
})
