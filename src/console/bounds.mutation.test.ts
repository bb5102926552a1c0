import { beforeAll, describe, expect, test } from 'vitest'
import { factsOf, memorySource, openConsole, payingGrant, reading, rowOf } from '../../test/fixtures/console.ts'
import type { CheckRow } from '../delegation/facts.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { ConsoleError } from './errors.ts'
import { html } from './html.ts'
import { errorView, frame } from './layout.ts'
import { createRoom } from './room.ts'
import type { CountedWords, GrantFacts, GrantRow, LinkFacts, Overview } from './source.ts'
import { readAnswers } from './walletForm.ts'
import { capital, grouped, statusBadge } from './words.ts'

/** Every list of a page at its bound and one past it, and every text at the length to which it is cut. */

let grant: Grant
let facts: GrantFacts
let link: LinkFacts
beforeAll(async () => {
  grant = await payingGrant()
  // Nothing in it but what a test puts there.
  facts = { ...factsOf(grant), links: [], coverage: [], spent: [], enders: [] }
  link = { ...(factsOf(grant).links[0] as LinkFacts), sentences: [], troubles: [], counts: [], above: [] }
})

const times = <item>(count: number, make: (index: number) => item): item[] =>
  Array.from({ length: count }, (_, index) => make(index))
const hashOf = (index: number): Hex => `0x${(index + 1).toString(16).padStart(64, '0')}`
const addressOf = (index: number): Address => `0x${(index + 1).toString(16).padStart(40, '0')}`

/** The page of a grant with this in it. */
async function grantPage(more: Partial<GrantFacts>, path = ''): Promise<string> {
  return (await (await openConsole(memorySource([{ ...facts, ...more }]))).get(`/grants/${grant.id}${path}`)).text()
}

async function overviewPage(overview: Partial<Overview>, query = ''): Promise<string> {
  return (await (await openConsole(memorySource([], { overview }))).get(`/${query}`)).text()
}

/** Which of `item-0`, `item-1`, … are there, and how many more it says there are. */
const listed = (page: string) => [
  [...new Set([...page.matchAll(/item-(\d+)\b/gi)].map(([, index]) => Number(index)))],
  Number(/and (\d+) more/.exec(page)?.[1] ?? 0),
]
const upTo = (count: number) => times(count, (index) => index)
const words: CountedWords = { budget: null, limit: 'x', used: 'x', left: 'x', resetsAt: null, part: null }

type Case = [what: string, most: number, page: (count: number) => Promise<string>]

const CASES: Case[] = [
  [
    'sentences of a link',
    16,
    (n) =>
      grantPage({
        links: [{ ...link, sentences: times(n, (index) => ({ sentence: `item-${index}`, draft: 0, caveat: 0 })) }],
      }),
  ],
  [
    'failed checks of a link',
    3,
    (n) =>
      grantPage({
        links: [{ ...link, troubles: times(n, (index) => ({ result: 'fail', detail: `item-${index}` }) as CheckRow) }],
      }),
  ],
  [
    'constraints',
    40,
    (n) =>
      grantPage({
        coverage: times(n, (index) => ({ constraint: '', text: `item-${index}`, held: { by: 'redeemer' } }) as const),
      }),
  ],
  [
    'ways of which something passes',
    12,
    (n) =>
      grantPage({ remaining: times(n, (index) => ({ rule: `item-${index}`, payee: null, text: 'x', refused: null })) }),
  ],
  [
    'grants that die too',
    12,
    (n) =>
      grantPage(
        { ...endable(), under: times(n, (index) => ({ id: grant.id, task: `item-${index}` })) },
        `/revoke/${addressOf(0)}`,
      ),
  ],
  [
    'links of the raw page',
    8,
    (n) =>
      grantPage(
        {
          links: times(n, (index) => ({
            ...link,
            delegation: { ...link.delegation, authority: `item-${index}` as Hex, salt: hashOf(index) },
          })),
        },
        '/raw',
      ),
  ],
  [
    'caveats of a raw link',
    8,
    (n) =>
      grantPage(
        {
          links: [
            {
              ...link,
              delegation: {
                ...link.delegation,
                caveats: times(n, (index) => ({ enforcer: `item-${index}` as Address, terms: '0x', args: '0x' })),
              },
            },
          ],
        },
        '/raw',
      ),
  ],
  [
    'grants that are not drawn',
    8,
    (n) =>
      overviewPage({
        links: [],
        grants: times(n, (index) => rowOf(grant, { id: `item-${index}` as Hex, grant: null, hashes: [] })),
      }),
  ],
]

const endable = () => ({
  enders: [
    { delegator: addressOf(0), open: [hashOf(0)], command: 'c', keyHere: false, contract: false, transactions: null },
  ],
})

describe('lists', () => {
  test.each(CASES)('behavior: %s: %i of them, and one more is counted', async (_what, most, page) => {
    expect(listed(await page(most))).toEqual([upTo(most), 0])
    expect(listed(await page(most + 1))).toEqual([upTo(most), 1])
  })

  test('behavior: links, and of each its limits', async () => {
    const own = (count: number) =>
      times(count, (index) => ({ ...link, above: [`item-${index}`], drawn: { ...link.drawn, hash: hashOf(index) } }))
    expect(listed(await grantPage({ links: own(4) }))).toEqual([upTo(4), 0])
    expect(listed(await grantPage({ links: own(5) }))).toEqual([upTo(4), 1])
    const counts = (count: number) => times(count, (index) => ({ ...words, left: `item-${index}` }))
    for (const count of [4, 5]) {
      expect(listed(await grantPage({ links: [{ ...link, counts: counts(count) }] }))[0]).toEqual(upTo(4))
      expect(
        listed(await grantPage({ links: [{ ...link, above: counts(count).map(({ left }) => left) }] }))[0],
      ).toEqual(upTo(4))
    }
  })

  test('behavior: links whose sentences are shown', async () => {
    const links = (count: number) =>
      times(count, (index) => ({ ...link, sentences: [{ sentence: `item-${index}`, draft: 0, caveat: 0 }] }))
    expect(listed(await grantPage({ links: links(6) }))).toEqual([upTo(6), 0])
    expect(listed(await grantPage({ links: links(7) }))).toEqual([upTo(6), 1])
  })

  test('behavior: its own limits stand before those above it', async () => {
    const leaf = {
      ...link,
      above: ['item-1'],
      drawn: { ...link.drawn, hash: rowOf(grant).hashes[grant.branches[0]?.links[0] as number] as Hex },
    }
    const other = { ...link, above: ['item-0'], drawn: { ...link.drawn, hash: hashOf(9) } }
    for (const links of [
      [leaf, other],
      [other, leaf],
    ]) {
      const ids = [...(await grantPage({ links: [...links] })).matchAll(/Item-(\d)/g)].map(([, index]) => index)
      expect(ids).toEqual(['1', '0'])
    }
  })

  test('behavior: accounts that can end it', async () => {
    const enders = (count: number) =>
      times(count, (index) => ({
        ...(endable().enders[0] as GrantFacts['enders'][number]),
        delegator: addressOf(index),
      }))
    const shown = async (count: number) => (await grantPage({ enders: enders(count) })).match(/Revoke as/g)?.length
    expect([await shown(6), await shown(7)]).toEqual([6, 6])
  })

  test('behavior: assets of the sum', async () => {
    const row = (index: number): GrantRow =>
      rowOf({ ...grant, id: hashOf(index), chainId: index + 1 }, { id: hashOf(index), hashes: [hashOf(index)] })
    const shown = async (count: number) => {
      const page = await overviewPage({ links: [], grants: times(count, row) })
      return [page.match(/class="big">[^<]* <small>/g)?.length, /and (\d+) more assets/.exec(page)?.[1]]
    }
    expect([await shown(4), await shown(5)]).toEqual([
      [4, undefined],
      [4, '1'],
    ])
  })

  test('behavior: grants named on one link', async () => {
    const leaf = rowOf(grant)
    const named = async (count: number) => {
      const grants = times(count, (index) =>
        rowOf(
          { ...grant, scopes: [{ ...grant.scopes[0], task: { id: `item-${index}`, purpose: 'p' } } as never] },
          { hashes: leaf.hashes, id: hashOf(index) },
        ),
      )
      return listed(
        await overviewPage({
          links: [
            { ...link, drawn: { ...link.drawn, hash: leaf.hashes[grant.branches[0]?.links[0] as number] as Hex } },
          ],
          grants,
        }),
      )
    }
    expect([await named(3), await named(4)]).toEqual([
      [upTo(3), 0],
      [upTo(3), 1],
    ])
  })

  test('behavior: values of an error', async () => {
    const view = (count: number) =>
      `${errorView(new ConsoleError('console.bad_form', 'm', { fix: 'f', details: Object.fromEntries(times(count, (index) => [`key${index}`, `item-${index}`])) })).body}`
    expect(listed(view(8))[0]).toEqual(upTo(8))
    expect(listed(view(9))[0]).toEqual(upTo(8))
    expect(view(0)).not.toContain('<dl')
  })

  test('behavior: one page has no pages to choose from; of several the one that is shown is marked', async () => {
    const links = (count: number) =>
      times(count, (index) => ({ ...link, drawn: { ...link.drawn, hash: hashOf(index), authority: hashOf(999) } }))
    const one = await overviewPage({ links: links(14), grants: [rowOf(grant)] })
    const two = await overviewPage({ links: links(15), grants: [rowOf(grant)] })
    expect(one).not.toContain('Pages of the tree')
    expect(two).toContain('<li><a href="/?page=1" aria-current="page">1</a></li><li><a href="/?page=2">2</a></li></ul>')
    const grants = [rowOf(grant)]
    const numbers = async (count: number, page: number) => {
      const text = await overviewPage({ links: links(14 * count), grants }, `?page=${page}`)
      const [, list = ''] = /Pages of the tree"><ul>(.*?)<\/ul>/.exec(text) ?? []
      return [...list.matchAll(/>(\d+|…)</g)].map(([, number]) => number).join(' ')
    }
    expect(await numbers(10, 5)).toBe('1 2 3 4 5 6 7 8 9 10')
    expect(await numbers(11, 6)).toBe('1 2 3 4 5 6 7 8 9 10 11')
    expect(await numbers(13, 7)).toBe('1 … 3 4 5 6 7 8 9 10 11 … 13')
    expect(await numbers(72, 1)).toBe('1 2 3 4 5 … 72')
    expect(await numbers(72, 72)).toBe('1 … 68 69 70 71 72')
  })
})

describe('sizes', () => {
  test('behavior: call data of one page, to the letter', async () => {
    const asked = async (...lengths: number[]) => {
      const transactions = lengths.map((length) => ({ to: addressOf(1), data: `0x${'a'.repeat(length - 2)}` as Hex }))
      const enders = endable().enders.map((one) => ({ ...one, transactions }))
      return (await grantPage({ enders }, `/revoke/${addressOf(0)}`)).match(/eth_sendTransaction/g)?.length
    }
    expect(await asked(5_000, 5_000)).toBe(2)
    expect(await asked(5_000, 5_001)).toBe(1)
    expect(await asked(20_000, 10)).toBe(1)
  })

  test('behavior: the parts of one page together', () => {
    const part = (bytes: number) => html`${'x'.repeat(bytes)}`
    expect(createRoom().take(part(16_000))).not.toBe(false)
    expect(createRoom().take(part(16_001))).toBe(false)
  })

  test('behavior: a form of the largest size and one byte more', async () => {
    const browser = await openConsole(memorySource([facts]))
    const csrf = /name="csrf" value="([^"]+)"/.exec(await (await browser.get(`/grants/${grant.id}`)).text())?.[1] ?? ''
    const posted = (bytes: number) =>
      browser.post(`/grants/${grant.id}/stop`, { csrf, filler: 'x'.repeat(bytes - `csrf=${csrf}&filler=`.length) })
    expect([(await posted(65_536)).status, (await posted(65_537)).status]).toEqual([303, 413])
  })
})

describe('texts', () => {
  const long = 'W'.repeat(2_000)
  const cuts = (page: string) => [...page.matchAll(/(W+)…/g)].map(([, text]) => text?.length)

  test('behavior: of a grant, each to its length', async () => {
    const scope = {
      ...grant.scopes[0],
      task: { id: long, purpose: long },
      revocation: { ...grant.scopes[0]?.revocation, group: long },
    }
    const page = await grantPage({
      grant: { ...grant, scopes: [scope as never] },
      reading: { ...reading, chain: long },
      stopped: { by: grant.id, at: long, own: true },
      coverage: [{ constraint: '', text: long, held: { by: 'nobody', why: long } }],
      remaining: [{ rule: long, payee: null, text: long, refused: long }],
      links: [
        {
          ...link,
          sentences: [{ sentence: long, draft: 0, caveat: 0, warning: long }],
          troubles: [{ result: 'fail', detail: long } as CheckRow],
          counts: [{ ...words, budget: long, limit: long, used: long, left: long, resetsAt: long }],
          above: [long],
        },
      ],
    })
    // Window, heading, purpose, group, chain; left, limit, used, budget, again; above; in one action; sentence, note, check; since; fine print.
    expect(cuts(page)).toEqual([80, 120, 240, 60, 60, 60, 60, 60, 60, 60, 120, 60, 60, 60, 600, 300, 240, 40, 300, 200])
  })

  test('behavior: of the pages beside it', async () => {
    const raw = {
      ...link,
      delegation: {
        ...link.delegation,
        caveats: [{ enforcer: addressOf(0), terms: long as Hex, args: '0x' as const }],
      },
    }
    expect(cuts(await grantPage({ links: [raw] }, '/raw'))).toEqual([640])
    const enders = endable().enders.map((one) => ({ ...one, command: long }))
    expect(cuts(await grantPage({ enders, under: [{ id: grant.id, task: long }] }, `/revoke/${addressOf(0)}`))).toEqual(
      [60, 400],
    )
  })

  test('behavior: of the overview and of health', async () => {
    const drawn = { ...link.drawn, until: long, state: { kind: 'live', text: long } as const }
    const page = await overviewPage({
      reading: { ...reading, chain: long },
      grants: [rowOf(grant)],
      links: [{ ...link, drawn, above: [long] }],
    })
    expect(cuts(page)).toEqual([60, 60, 60, 120])
    const checks = [{ check: long, status: 'ok', found: long, fix: long }] as const
    expect(cuts(await (await (await openConsole(memorySource([], { checks }))).get('/health')).text())).toEqual([
      60, 240, 240,
    ])
  })

  test('behavior: of an error', () => {
    const error = new ConsoleError('console.bad_form', long, { fix: long, details: { [long]: long } })
    expect(cuts(`${frame(errorView(error), { nonce: 'n', pages: [], current: undefined, open: false })}`)).toEqual([
      80, 200, 600, 60, 240,
    ])
  })
})

describe('frame', () => {
  const view = { title: 't', body: html`b` }
  const pages = [
    { label: 'One', path: '/one' as const, routes: [] },
    { path: '/hidden' as const, routes: [] },
  ]
  const framed = (more: object, open = true) =>
    `${frame({ ...view, ...more }, { nonce: 'n', pages, current: '/one', open })}`

  test('behavior: navigation for who is in, of what has a name, the present page marked', () => {
    expect(framed({})).toContain('<ul><li><a href="/one" aria-current="page">One</a></li></ul>')
    expect(framed({}, false)).not.toContain('/one')
  })

  test('behavior: script and refreshing only where the view says so', () => {
    expect(framed({})).not.toMatch(/<script|http-equiv/)
    expect(framed({ wallet: true })).toContain('<script nonce="n">')
    expect(framed({ refresh: 7 })).toContain('content="7"')
  })
})

describe('words', () => {
  test.each([
    ['ended', 'revoked', 'Revoked'],
    ['ended', 'group_revoked', 'Revoked'],
    ['ended', 'paused, revoked', 'Revoked'],
    ['ended', 'revoked, paused', 'Revoked'],
    ['ended', 'unrevoked', 'Ended'],
    ['ended', 'revoked_not', 'Ended'],
    ['ended', null, 'Ended'],
    ['live', 'revoked', 'Live'],
    ['partial', null, 'Partly live'],
    ['not_asked', null, 'Chain not asked'],
    ['not_yet', null, 'Not begun'],
    ['expired', null, 'Expired'],
    ['stopped', null, 'Stopped here'],
    ['unreadable', null, 'Unreadable'],
  ] as const)('default: a grant that is %s (%s)', (status, why, said) => {
    expect(`${statusBadge({ status, why })}`).toContain(`>${said}<`)
  })

  test('behavior: thousands apart, the fraction whole; a fragment as a line', () => {
    const said = ['0', '999', '1000', '1234567', '1234.56789', '100000.5'].map(grouped)
    expect(said.map((text) => text.replaceAll('\u202f', '_'))).toEqual([
      '0',
      '999',
      '1_000',
      '1_234_567',
      '1_234.56789',
      '100_000.5',
    ])
    expect([capital('only'), capital('')]).toEqual(['Only', ''])
  })
})

describe('readAnswers', () => {
  test('behavior: an answer of the largest size and one digit more', () => {
    const answer = (digits: number) => readAnswers(JSON.stringify([`0x${'a'.repeat(digits)}`]))
    expect(answer(131_072)?.[0]).toHaveLength(131_074)
    expect(answer(131_073)).toBeNull()
    expect(readAnswers('["0xAB"]')).toEqual(['0xab'])
    expect(readAnswers('["0x12","1x34"]')).toBeNull()
    expect(readAnswers('["0x"]')).toEqual(['0x'])
  })
})
