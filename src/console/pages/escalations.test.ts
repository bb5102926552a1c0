import { hashTypedData } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { PAYEES, USDC } from '../../../test/arbitraries/scope.ts'
import { addressOf, principal } from '../../../test/arbitraries/signedGrant.ts'
import { type Browser, factsOf, memorySource, NOW, openConsole } from '../../../test/fixtures/console.ts'
import { assertHarmless, HOSTILE, skippedHeadings, words } from '../../../test/fixtures/consolePage.ts'
import { askingGrant, escalationOf, memoryEscalations } from '../../../test/fixtures/escalation.ts'
import { requestDigest } from '../../caveats/taskScope/requestDigest.ts'
import { encodeCalls } from '../../delegation/execution.ts'
import type { Grant } from '../../grant/types.ts'
import type { Escalation, Settled, Submission } from '../../redemption/escalation.ts'
import type { Scope } from '../../scope/types.ts'

let grant: Grant
let open: Escalation
beforeAll(async () => {
  grant = await askingGrant()
  open = escalationOf(grant)
})

async function consoleWith(escalations: readonly Escalation[], submits = false) {
  const source = memoryEscalations(escalations, submits)
  const browser = await openConsole({ ...memorySource([factsOf(grant)]), escalations: source })
  return { browser, source }
}
const textOf = async (path: string, ...escalations: Escalation[]) =>
  (await (await consoleWith(escalations)).browser.get(path)).text()
const post = (browser: Browser, path: string, fields: Record<string, string>) => browser.post(path, fields)
const submission = (more: Partial<Submission> = {}): Submission => ({
  at: NOW,
  status: 'executed',
  code: null,
  transactionHash: `0x${'cd'.repeat(32)}`,
  receipts: { decision: 'a'.repeat(43), outcome: 'b'.repeat(43) },
  ...more,
})
const settledAs = (settled: Settled, number = 3) => escalationOf(grant, { number, settled })
const confirmed = (done: Submission | null): Settled => ({
  as: 'confirmed',
  at: NOW,
  confirmation: '0x12',
  submission: done,
})

describe('escalations', () => {
  test('default: what waits comes first, what was answered after it, newest first', async () => {
    const rejected = settledAs({ as: 'rejected', at: NOW, why: null }, 1)
    const executed = settledAs(confirmed(submission()), 2)
    const text = words(await textOf('/escalations', rejected, executed, open))
    expect(text).toContain('One question waits')
    expect(text).toMatch(
      /#3 · 30 USDC Waits for an answer.*asks for more than the 25 USDC it may take alone.*Answered, or over.*#2.*Executed.*#1.*Rejected/,
    )
  })

  test('behavior: no heading is skipped, whatever waits', async () => {
    const rejected = settledAs({ as: 'rejected', at: NOW, why: null }, 1)
    for (const escalations of [[open], [rejected, open], [rejected]]) {
      expect(skippedHeadings(await textOf('/escalations', ...escalations))).toEqual([])
    }
    for (const one of [open, { ...open, request: null }, { ...rejected, number: 3 }]) {
      expect(skippedHeadings(await textOf('/escalations/3', one))).toEqual([])
    }
  })

  test('behavior: a question is over with its last second', async () => {
    const headline = async (expires: bigint) => words(await textOf('/escalations', { ...open, expires }))
    expect(await headline(NOW + 1n)).toContain('One question waits')
    expect(await headline(NOW)).toContain('Nothing waits')
    expect(await headline(NOW)).toContain('Over: no answer is a no')
    expect(words(await textOf('/escalations'))).toContain('Nothing waits')
  })

  test('behavior: many questions are a page all the same', async () => {
    const many = Array.from({ length: 200 }, (_, index) => ({
      ...(index % 2 === 0 ? open : settledAs({ as: 'rejected', at: NOW, why: null })),
      number: index + 1,
    }))
    const page = await textOf('/escalations', ...many)
    assertHarmless(page)
    expect(words(page)).toContain('100 questions wait')
    expect(words(page)).toContain('and 76 more')
    expect(words(page)).toContain('88 older ones')
    expect(words(await textOf('/escalations', ...many.slice(0, 48)))).not.toContain('and 0 more')
  })

  test('default: requested beside allowed, the bytes beside the words', async () => {
    const text = words(await textOf('/escalations/3', open))
    expect(text).toMatch(
      /Requested 30 USDC In one action by rule pay.*Allowed without you 25 USDC Asks above 25 USDC Budget stables 200 USDC in each period of 1 day/,
    )
    expect(text).toMatch(
      /What you sign does Pay 30 USDC \(token 0x[0-9a-fA-F]{40}\) to 0x[0-9a-fA-F]{40}.*What the agent says The November invoice/,
    )
    expect(text).toContain('A signature of the confirmer over these very bytes')
  })

  test('behavior: what is shown is read from what is signed, whatever the action says beside it', async () => {
    const data = `0xa9059cbb${PAYEES[1].slice(2).padStart(64, '0')}${1n.toString(16).padStart(64, '0')}` as const
    const other = encodeCalls([{ to: USDC, value: 0n, data }])
    const request = { ...(open.request as NonNullable<Escalation['request']>), ...other }
    const text = words(await textOf('/escalations/3', { ...open, request }))
    expect(text).toContain('Pay 0.000001 USDC')
    expect(text).not.toContain('Pay 30 USDC')
  })

  test('default: the wallet is asked for exactly this request, of exactly this account', async () => {
    const page = await textOf('/escalations/3', open)
    const [, data = ''] = /data-wallet="([^"]*)"/.exec(page) ?? []
    const asked = JSON.parse(data.replaceAll('&quot;', '"'))
    expect(asked).toMatchObject({ account: addressOf(principal), chainId: '0x2105', verb: 'Confirm with' })
    const [{ method, params }] = asked.requests
    expect([method, params[0]]).toEqual(['eth_signTypedData_v4', addressOf(principal)])
    const typedData = JSON.parse(params[1])
    expect(Object.keys(typedData.types)).toEqual(['EIP712Domain', 'Request'])
    const { EIP712Domain: _, ...types } = typedData.types
    expect(hashTypedData({ ...typedData, types })).toBe(requestDigest(open.request as never))
    expect(page).toMatch(/<script nonce=/)
  })

  test('behavior: a threshold that the chain does not hold is said to be that, and no wallet is asked', async () => {
    const page = await textOf('/escalations/3', { ...open, request: null })
    expect(words(page)).toContain('The chain does not hold this threshold')
    expect(words(page)).toContain('The calls Pay 30 USDC')
    expect(page).not.toContain('data-wallet')
    expect(page).not.toContain('<script')
    expect(words(page)).toContain('Reject')
  })

  test('behavior: what became of it, and nothing to answer any more', async () => {
    const cases: [Settled | null, RegExp][] = [
      [{ as: 'rejected', at: NOW, why: 'Wrong month' }, /Rejected .*“Wrong month”/],
      [confirmed(null), /Confirmed, not submitted yet.*ambit escalations submit 3/],
      [confirmed(submission()), /Executed .*Transaction 0xcdcd.*Receipt aaa.*Receipt bbb/],
      [
        confirmed(submission({ status: 'denied', code: 'budget_exceeded', transactionHash: null })),
        /Denied .*Why budget_exceeded/,
      ],
    ]
    for (const [settled, wanted] of cases) {
      const page = await textOf('/escalations/3', { ...open, settled })
      expect(words(page)).toMatch(wanted)
      expect(page).not.toContain('data-wallet')
      expect(page).not.toContain('/reject')
    }
    const over = await textOf('/escalations/3', { ...open, expires: NOW })
    expect(words(over)).toContain('Nobody answered until')
    expect(over).not.toContain('data-wallet')
  })

  test('behavior: who may submit here has a button for it', async () => {
    const waiting = settledAs(confirmed(null))
    const { browser, source } = await consoleWith([waiting], true)
    expect(await (await browser.get('/escalations/3')).text()).toContain('action="/escalations/3/submit"')
    expect((await post(browser, '/escalations/3/submit', {})).headers.get('location')).toBe('/escalations/3')
    expect(source.answered).toEqual(['submit 3'])
    const without = await consoleWith([waiting])
    expect(await (await without.browser.get('/escalations/3')).text()).not.toContain('/submit"')
    expect((await post(without.browser, '/escalations/3/submit', {})).status).toBe(404)
  })

  test.each([
    ['/escalations/4'],
    ['/escalations/0'],
    ['/escalations/03'],
    ['/escalations/-3'],
    ['/escalations/3.0'],
    ['/escalations/1e1'],
    ['/escalations/12345678901'],
    ['/escalations/..%2f3'],
  ])('error: there is no question at %s', async (path) => {
    const { browser } = await consoleWith([open])
    expect((await browser.get(path)).status).toBe(404)
  })

  test('behavior: without a queue there are no such pages', async () => {
    const browser = await openConsole(memorySource([]))
    expect((await browser.get('/escalations')).status).toBe(404)
    expect(await (await browser.get('/')).text()).not.toContain('href="/escalations"')
  })
})

describe('escalations: answers', () => {
  const signature = `0x${'ab'.repeat(65)}`

  test('behavior: where a link above asks as well, the next signature is asked for, and nothing is submitted', async () => {
    const source = memoryEscalations([open], true, true)
    const browser = await openConsole({ ...memorySource([factsOf(grant)]), escalations: source })
    const response = await post(browser, '/escalations/3/confirm', { answers: JSON.stringify([signature]) })
    expect(response.headers.get('location')).toBe('/escalations/3?done=next')
    expect(source.answered).toEqual([`confirm 3 ${signature}`])
    const page = await (await browser.get('/escalations/3?done=next')).text()
    expect(words(page)).toContain('A link above asks for a signature of its own')
    expect(page).toContain('data-wallet')
  })

  test('default: a signature goes to the source, and is submitted where somebody here may', async () => {
    for (const submits of [true, false]) {
      const { browser, source } = await consoleWith([open], submits)
      const response = await post(browser, '/escalations/3/confirm', { answers: JSON.stringify([signature]) })
      expect(response.headers.get('location')).toBe('/escalations/3?done=confirm')
      expect(source.answered).toEqual([`confirm 3 ${signature}`, ...(submits ? ['submit 3'] : [])])
    }
  })

  test.each([
    ['a bare click', {}],
    ['no answer', { answers: '[]' }],
    ['two', { answers: JSON.stringify([`0x${'ab'.repeat(65)}`, `0x${'ab'.repeat(65)}`]) }],
    ['no list', { answers: '"0xab"' }],
    ['a yes', { answers: '["yes"]' }],
    ['an object', { answers: '[{"approved":true}]' }],
  ])('error: %s confirms nothing', async (_what, fields) => {
    const { browser, source } = await consoleWith([open], true)
    const response = await post(browser, '/escalations/3/confirm', fields)
    expect([response.status, source.answered]).toEqual([400, []])
    expect(await response.text()).toContain('console.bad_form')
  })

  test('error: a link, another page or no session confirms or rejects nothing', async () => {
    const { browser, source } = await consoleWith([open], true)
    const answers = JSON.stringify([signature])
    for (const path of ['/escalations/3/confirm', '/escalations/3/reject']) {
      expect((await browser.get(path)).status).toBe(404)
      expect((await browser.post(path, { answers, csrf: 'x' })).status).toBe(403)
      expect((await browser.post(path, { answers }, { origin: 'https://evil.example' })).status).toBe(403)
      expect((await browser.post(path, { answers }, { cookie: '' })).status).toBe(401)
    }
    expect(source.answered).toEqual([])
  })

  test('default: a no, with or without a word', async () => {
    const { browser, source } = await consoleWith([open])
    expect((await post(browser, '/escalations/3/reject', { why: ' Wrong month ' })).headers.get('location')).toBe(
      '/escalations/3?done=reject',
    )
    await post(browser, '/escalations/3/reject', { why: '  ' })
    expect(source.answered).toEqual(['reject 3 Wrong month', 'reject 3 -'])
    expect(words(await (await browser.get('/escalations/3?done=reject')).text())).toContain('Nothing was sent.')
    expect(await (await browser.get('/escalations/3?done=constructor')).text()).not.toContain('notice good')
  })
})

describe('escalations: hostile texts', () => {
  test.each(HOSTILE)('behavior: %s stays text, wherever it stands', async (_what, text) => {
    const scope = grant.scopes[0] as Scope
    const hostile = {
      ...grant,
      scopes: [
        {
          ...scope,
          task: { id: text, purpose: text },
          assets: { [USDC]: { symbol: text, decimals: 6 } },
          rules: scope.rules.map((rule) => ({ ...rule, id: text })),
        },
      ],
    } as Grant
    const question = escalationOf(grant, { grant: hostile, rule: text, reasonLength: text.length })
    const cases: Escalation[] = [
      { ...question, action: { ...question.action, reason: text } },
      { ...question, settled: { as: 'rejected', at: NOW, why: text } },
      { ...question, settled: confirmed(submission({ code: text, receipts: { decision: text, outcome: text } })) },
    ]
    for (const one of cases) {
      assertHarmless(await textOf('/escalations/3', one))
      assertHarmless(await textOf('/escalations', one))
    }
  })

  test('behavior: a call of sixty arguments and a batch of fifty are cut, and it is said that they are', async () => {
    const calls = Array.from({ length: 50 }, (_, index) => ({
      to: USDC,
      value: BigInt(index),
      data: `0x${'ab'.repeat(900)}` as const,
    }))
    const request = { ...(open.request as NonNullable<Escalation['request']>), ...encodeCalls(calls) }
    const page = await textOf('/escalations/3', { ...open, request })
    expect(words(page)).toContain('and 42 more calls')
    expect(page).not.toContain('data-wallet')
    expect(words(page)).toContain('too long for a page to show all of it')
    assertHarmless(page)
  })
})
