import { beforeAll, describe, expect, test } from 'vitest'
import { factsOf, memorySource, openConsole, payingGrant } from '../../../test/fixtures/console.ts'
import { assertHarmless, HOSTILE, MOST, skippedHeadings, words } from '../../../test/fixtures/consolePage.ts'
import { environment, trust } from '../../../test/vectors/receipts/example.ts'
import { makeStory } from '../../../test/vectors/receipts/story.ts'
import type { Grant } from '../../grant/types.ts'
import type { Statement } from '../../receipt/statement.ts'
import {
  type Check,
  type JournalVerification,
  type Verification,
  verifyBundle,
  verifyJournal,
} from '../../verification/index.ts'
import type { ReceiptQuery, ReceiptRow, ReceiptSource } from '../source.ts'

let grant: Grant
let rows: ReceiptRow[]
let texts: string[]
beforeAll(async () => {
  grant = await payingGrant()
  const { facts: _, ...story } = await makeStory()
  texts = Object.values(story).map(({ text }) => text)
  rows = await Promise.all(
    texts.map(async (text, index) => {
      const verification = await verifyBundle(text, { trust, environment })
      const statement = verification.statement as Statement
      return {
        seq: index + 1,
        id: verification.id ?? '',
        statement,
        text,
        verification,
        calls: statement.kind === 'decision' || statement.kind === 'outcome' ? ['Pay 5 USDC to a vendor'] : null,
        scope: null,
      }
    }),
  )
})

type Asked = { queries: ReceiptQuery[]; files: [string, string | undefined][] }
function receiptsOf(
  list: readonly ReceiptRow[],
  more: { older?: boolean; unreadable?: number; verified?: JournalVerification } = {},
): ReceiptSource & Asked {
  const asked: Asked = { queries: [], files: [] }
  return {
    ...asked,
    page: async (query) => {
      asked.queries.push(query)
      return { rows: list.slice(0, query.most), older: more.older ?? false, unreadable: more.unreadable ?? 0 }
    },
    receipt: async (seq) => list.find((row) => row.seq === seq),
    all: async () => list.map(({ text }) => text).join(''),
    verify: async (text, keySet) => {
      asked.files.push([text, keySet])
      const verification = more.verified ?? (await verifyJournal([text], { trust, environment }))
      return { verification, texts: [text] }
    },
  }
}
async function consoleWith(source: ReceiptSource) {
  return openConsole({ ...memorySource([factsOf(grant)]), receipts: source })
}
const textOf = async (path: string, source = receiptsOf(rows)) => (await (await consoleWith(source)).get(path)).text()
const rowOf = (kind: Statement['kind']) => rows.find(({ statement }) => statement.kind === kind) as ReceiptRow

describe('receipts', () => {
  test('default: a refusal is as large as a payment, each with what was asked and what was checked', async () => {
    const page = await textOf('/receipts')
    assertHarmless(page)
    expect(skippedHeadings(page)).toEqual([])
    const entries = page.split('<article ').slice(1)
    expect(entries).toHaveLength(rows.length)
    const text = words(page)
    for (const said of ['Granted', 'Not permitted', 'Allowed', 'Executed', 'Revoked on chain', 'recipient not allowed'])
      expect(text).toContain(said)
    expect(text).toMatch(/Not permitted #2 .* Pay 5 USDC to a vendor/)
    expect(text).toMatch(/Verified \d+ proven · \d+ attested/)
    expect(page).toMatch(/<article class="card notice bad"><div class="row"><h3><a href="\/receipts\/2">/)
    expect(page).toMatch(/<article class="card notice good"><div class="row"><h3><a href="\/receipts\/4">/)
  })

  test('default: filters reach the source, and stay in the addresses', async () => {
    const source = receiptsOf(rows, { older: true })
    const browser = await consoleWith(source)
    const id = `0x${'ab'.repeat(32)}`
    const page = await (await browser.get(`/receipts?kind=refusal&grant=${id}&before=9`)).text()
    expect(source.queries).toEqual([{ kind: 'refusal', grant: id, before: 9, most: 10 }])
    expect(page).toContain(`<a href="/receipts?kind=refusal&amp;grant=${id}" aria-current="true">Refusals</a>`)
    expect(page).toContain(`<a href="/receipts?kind=outcome&amp;grant=${id}">Outcomes</a>`)
    expect(page).toContain(`<a href="/receipts?kind=refusal&amp;grant=${id}&amp;before=${rows.at(-1)?.seq}">Older</a>`)
    expect(page).toContain(`<a href="/receipts?kind=refusal&amp;grant=${id}">Newest</a>`)
    expect(page).toContain('<a href="/receipts?kind=refusal">Of all grants</a>')
  })

  test.each([
    ['kind=other'],
    ['grant=0x12'],
    ['before=0'],
    ['before=-1'],
    ['before=1e3'],
    ['kind=__proto__'],
    [`grant=${'g'.repeat(66)}`],
  ])('error: %s is no filter', async (query) => {
    const source = receiptsOf(rows)
    await textOf(`/receipts?${query}`, source)
    expect(source.queries).toEqual([{ kind: null, grant: null, before: null, most: 10 }])
  })

  test('behavior: damaged ones are counted, and hide no other', async () => {
    const said = async (unreadable: number) => words(await textOf('/receipts', receiptsOf(rows, { unreadable })))
    expect(await said(0)).not.toContain('cannot be read')
    expect(await said(1)).toMatch(/One receipt cannot be read.*Executed/)
    expect(await said(2)).toContain('2 receipts cannot be read')
  })

  test('behavior: where there is none, and where there are no older ones', async () => {
    expect(words(await textOf('/receipts', receiptsOf([])))).toContain('No receipt here')
    const page = await textOf('/receipts')
    expect(page).not.toContain('>Older<')
    expect(page).not.toContain('>Newest<')
  })

  test('default: one receipt: every check, what failed first, what it claims and what it does not prove', async () => {
    for (const { seq, statement, verification } of rows) {
      const page = await textOf(`/receipts/${seq}`)
      assertHarmless(page)
      const text = words(page)
      for (const { check, status, detail } of verification.checks) {
        expect(page).toContain(`<th scope="row">${check.replaceAll('_', ' ')}</th>`)
        expect(text).toContain(`${status} ${check.replaceAll('_', ' ')} ${detail.replace(/[ \n]+/g, ' ').slice(0, 60)}`)
      }
      for (const { path, basis } of statement.claims) expect(text).toContain(`${path} by ${basis}`)
      expect(skippedHeadings(page)).toEqual([])
      expect(text).toContain('What it does not prove')
    }
    const checks = (rows[1]?.verification.checks ?? []).map(
      (check, index): Check => ({
        ...check,
        status: (['proven', 'attested', 'unavailable', 'refuted'] as const)[index % 4] ?? 'proven',
      }),
    )
    const row = { ...(rows[1] as ReceiptRow), verification: { result: 'invalid', checks } as Verification }
    const page = await textOf('/receipts/2', receiptsOf([row]))
    const order = [...page.matchAll(/<td><span class="badge [^"]*">(\w+)<\/span>/g)].map(([, status]) => status)
    expect(order.toSorted((a, b) => RANK.indexOf(a ?? '') - RANK.indexOf(b ?? ''))).toEqual(order)
    expect(words(page)).toContain('Refuted')
  })

  test('behavior: a bundle and all of them, byte by byte, to keep', async () => {
    const browser = await consoleWith(receiptsOf(rows))
    const one = await browser.get('/receipts/2/file')
    expect(await one.text()).toBe(texts[1])
    expect(one.headers.get('content-disposition')).toBe('attachment; filename="receipt-2.json"')
    const all = await browser.get('/receipts/export')
    expect(await all.text()).toBe(texts.join(''))
    expect(all.headers.get('content-type')).toBe('application/x-ndjson')
  })

  test.each([['/receipts/99'], ['/receipts/0'], ['/receipts/02'], ['/receipts/x'], ['/receipts/99/file']])(
    'error: there is no receipt at %s',
    async (path) => {
      expect((await (await consoleWith(receiptsOf(rows))).get(path)).status).toBe(404)
    },
  )

  test('behavior: without a journal there are no such pages', async () => {
    expect((await (await openConsole(memorySource([]))).get('/receipts')).status).toBe(404)
  })

  test.each<[Partial<Statement>, string]>([
    [{ outcome: { status: 'reverted', reason: 'no funds' } as never }, 'Reverted'],
    [{ outcome: { status: 'ineffective', effects: [] } as never }, 'Did not do what was asked'],
    [{ outcome: { status: 'pending' } as never }, 'Not included yet'],
    [{ outcome: { status: 'replaced' } as never }, 'Replaced by another transaction'],
    [{ outcome: { status: 'unknown', doubt: 'x' } as never }, 'Not known what became of it'],
  ])('behavior: an outcome says what it was: %o', async (change, said) => {
    const row = rowOf('outcome')
    const text = words(
      await textOf('/receipts', receiptsOf([{ ...row, statement: { ...row.statement, ...change } as Statement }])),
    )
    expect(text).toContain(said)
    expect(text).not.toContain('Executed #')
  })

  test.each([
    ['allowed', undefined, 'By rule pay.'],
    ['allowed', ['pay', 'tip', 'pay'], 'By rules pay, tip.'],
    ['allowed', ['pay', 'pay'], 'By rule pay.'],
    ['escalated', ['pay', 'tip'], 'Above the threshold of rules pay, tip:'],
  ])('behavior: of a batch every rule is said: %s by %o', async (result, rules, said) => {
    const row = rowOf('decision')
    const verdict = {
      result,
      rule: 'pay',
      confirmer: `0x${'c0'.repeat(20)}`,
      ...(rules === undefined ? {} : { rules }),
    }
    const statement = { ...row.statement, verdict } as unknown as Statement
    expect(words(await textOf('/receipts', receiptsOf([{ ...row, statement }])))).toContain(said)
  })

  test.each([
    ['disable', 'Revoked on chain'],
    ['raise_nonce', 'Everything of the account ended'],
    ['end_group', 'Its group was ended'],
    ['stop', 'Stopped here'],
    ['resume', 'Resumed here'],
  ])('behavior: an ending by %s', async (act, said) => {
    const row = rowOf('revocation')
    const revocation = { ...(row.statement as { revocation: object }).revocation, act }
    const text = words(
      await textOf('/receipts', receiptsOf([{ ...row, statement: { ...row.statement, revocation } as Statement }])),
    )
    expect(text).toContain(said)
  })
})

const RANK = ['refuted', 'unavailable', 'attested', 'proven']

describe('receipts: a file that is brought', () => {
  test('default: one receipt is checked and shown with every check', async () => {
    const source = receiptsOf(rows)
    const browser = await consoleWith(source)
    const page = await (await browser.post('/receipts/verify', { bundles: texts[1] ?? '' })).text()
    assertHarmless(page)
    expect(source.files).toEqual([[texts[1], undefined]])
    expect(words(page)).toContain('Not permitted')
    expect(words(page)).toContain('One receipt. The chain was not asked')
    await browser.post('/receipts/verify', { bundles: 'x', keys: 'keys' })
    expect(source.files[1]).toEqual(['x', 'keys'])
    expect((await browser.post('/receipts/verify', {})).status).toBe(400)
  })

  test('default: one other byte is refuted, and said to be', async () => {
    const text = (texts[1] ?? '').replace(
      /"receipt":"(.{40})(.)/,
      (_, head, one) => `"receipt":"${head}${one === 'A' ? 'B' : 'A'}`,
    )
    const page = await (await (await consoleWith(receiptsOf(rows))).post('/receipts/verify', { bundles: text })).text()
    expect(words(page)).toContain('Something in it is false')
    expect(words(page)).toContain('refuted')
  })

  test('behavior: many are listed with the worst first, and what they show together', async () => {
    const [good, bad] = [
      rows[1]?.verification as Verification,
      {
        result: 'invalid',
        checks: rows[1]?.verification.checks.map((check) => ({ ...check, status: 'refuted' as const })) ?? [],
      } as Verification,
    ]
    const receipts = [...Array.from({ length: 60 }, () => good), bad]
    const verified: JournalVerification = {
      result: 'invalid',
      receipts,
      findings: [{ code: 'gap', status: 'unavailable', iss: 'i', seq: 4, ids: [] }],
      open: [{ decision: 'd', action: 'a' }],
      owed: [],
    }
    const source = receiptsOf(rows, { verified })
    const page = await (await (await consoleWith(source)).post('/receipts/verify', { bundles: 'x' })).text()
    const text = words(page)
    expect(text).toMatch(/Together unavailable gap at 4/)
    expect(text).toMatch(/One by one Line 61: unreadable. Refuted/)
    expect(text).toContain('61 receipts.')
    expect(text).toContain('1 allowed without a settled outcome')
    expect(text).toContain('and 37 more')
    expect(new Blob([page]).size).toBeLessThan(MOST)
    const settled = { ...verified, result: 'insufficient' as const, open: [], findings: [] }
    const other = await (
      await (await consoleWith(receiptsOf(rows, { verified: settled }))).post('/receipts/verify', { bundles: 'x' })
    ).text()
    expect(words(other)).toContain('Not everything could be settled')
    expect(words(other)).not.toContain('Together')
  })

  test('error: more than a page takes is refused before it is read', async () => {
    const source = receiptsOf(rows)
    const response = await (await consoleWith(source)).post('/receipts/verify', { bundles: 'x'.repeat(5_000_000) })
    expect([response.status, source.files]).toEqual([413, []])
  })
})

describe('receipts: hostile texts', () => {
  test.each(HOSTILE)('behavior: %s stays text, wherever it stands', async (_what, text) => {
    const statements = rows.map(({ statement }): Statement => {
      const about = { principal: text, agent: text, iss: text }
      if (statement.kind === 'decision') {
        const verdict = {
          ...statement.verdict,
          ...(statement.verdict.result === 'allowed' ? { rule: text } : { limit: '1' }),
        }
        return { ...statement, ...about, intent: { ...statement.intent, reason: text }, verdict } as Statement
      }
      if (statement.kind === 'outcome')
        return { ...statement, ...about, outcome: { status: 'reverted', reason: text } } as never
      return { ...statement, ...about } as Statement
    })
    const scope = grant.scopes[0]
    const hostile = rows.map(
      (row, index): ReceiptRow => ({
        ...row,
        id: text,
        statement: statements[index] as Statement,
        calls: Array.from({ length: 20 }, () => text),
        scope: scope === undefined ? null : { ...scope, task: { id: text, purpose: text } },
        verification: {
          ...row.verification,
          checks: row.verification.checks.map((check) => ({ ...check, detail: text, at: text })),
        },
      }),
    )
    const many = Array.from({ length: 20 }, (_, index) => hostile[index % hostile.length] as ReceiptRow)
    assertHarmless(await textOf('/receipts', receiptsOf(many)))
    for (const { seq } of hostile) assertHarmless(await textOf(`/receipts/${seq}`, receiptsOf(hostile)))
    const verified: JournalVerification = {
      result: 'invalid',
      receipts: hostile.map(({ verification }) => verification),
      findings: [],
      open: [],
      owed: [],
    }
    const browser = await consoleWith(receiptsOf(rows, { verified }))
    assertHarmless(await (await browser.post('/receipts/verify', { bundles: 'x' })).text())
  })
})
