import { describe, expect, test } from 'vitest'
import {
  agent,
  ask,
  at,
  decide,
  document,
  environment,
  forge,
  hash,
  issue,
  issuer,
  makeGrant,
  makeState,
  minedTransaction,
  now,
  otherSigner,
  outcomeOf,
  transferTo,
  trust,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import type { Outcome } from '../outcome/index.ts'
import { createRequest, EMPTY_HEAD, grantReceipt, type Head, outcomeReceipt, signRequest } from '../receipt/index.ts'
import { encodeRedemption } from '../redemption/index.ts'
import { parseScope } from '../scope/index.ts'
import { denyFor } from '../verdict/index.ts'
import { replayReceipts } from './replay.ts'

const grant = await makeGrant()
const UNIT = 1_000_000n
const options = { trust, environment }
const scope = (change: object = {}) => parseScope({ ...document, ...change })
const budget = (max: string, more: object = {}) => ({
  budgets: { stables: { assets: { [document.rules[0]?.asset ?? '']: '1' }, max, ...more } },
})

let head: Head = EMPTY_HEAD
let number = 0n
/** One action of so many units, decided so many seconds after the first, with its outcome where it is given. */
async function acted(second: number, units: bigint, parts: { to?: `0x${string}`; outcome?: Outcome['status'] } = {}) {
  const { to = vendors[0], outcome: wanted } = parts
  const action = transferTo(to, units * UNIT)
  const state = makeState(grant)
  const at = { ...state, block: { ...state.block, timestamp: now + BigInt(second) } }
  const deadline = now + BigInt(second) + 600n
  const request = await signRequest(agent, createRequest(action, { grant: grant.id, number: ++number, deadline }))
  const decided = await decide({ grant, action, state: at, request })
  const decision = await issue(decided.drafted, head)
  head = decision.head
  if (wanted === undefined) return [decision]
  const redemption = encodeRedemption(grant, 0, action)
  const included = outcomeOf(minedTransaction(redemption, action), redemption, action)
  const outcome: Outcome =
    wanted === 'executed' || included.status !== 'executed'
      ? included
      : wanted === 'reverted'
        ? { ...included, status: 'reverted' }
        : { status: 'pending', transactionHash: hash('77') }
  const made = { grant, request, redemption, outcome, decision: decision.id, layer: 'redeemer' } as const
  const done = await issue(outcomeReceipt(made), head)
  head = done.head
  return [decision, done]
}
const texts = (...list: { text: string }[][]) => list.flat().map(({ text }) => text)

const granted = [await issue(grantReceipt({ grant, layer: 'wallet' }), head)]
head = granted[0]?.head ?? head
const first = await acted(0, 40n, { outcome: 'executed' })
const second = await acted(60, 40n, { outcome: 'executed' })
const stranger = await acted(70, 1n, { to: at('66') })
const reverted = await acted(80, 30n, { outcome: 'reverted' })
const pending = await acted(90, 10n, { outcome: 'pending' })
const late = await acted(4_000, 10n, { outcome: 'executed' })
const all = texts(granted, first, second, stranger, reverted, pending, late)

const said = async (change: object, bundles: readonly string[] = all) => {
  const { actions } = await replayReceipts(scope(change), bundles, options)
  return actions.map((action) => `${action.was} ${action.now}${action.now === 'fails' ? ` ${action.dimension}` : ''}`)
}

describe('replayReceipts', () => {
  test('default: under its own scope, what passed passes', async () => {
    const replay = await replayReceipts(scope(), all, options)
    expect(replay).toMatchObject({ cannotSay: [], others: 1 })
    expect(await said({})).toEqual([
      'executed passes',
      'executed passes',
      'denied fails payees',
      // Nothing was spent by what reverted: that, and what is open, fits into what is left.
      'reverted fails budgets',
      'open passes',
      'executed passes',
    ])
    expect(replay.actions[0]).toMatchObject({ receipt: first[0]?.id, index: 1, time: now, clock: 'block', rule: 'pay' })
  })

  test('behavior: in the order of time, whatever the order of the files, each receipt once', async () => {
    expect(await said({}, [...all, ...all].reverse())).toEqual(await said({}))
    expect(await replayReceipts(scope(), [...all, ...all, '{}'], options)).toMatchObject({
      others: 1,
      cannotSay: [{ index: all.length * 2 }],
    })
  })

  test('behavior: what failed on chain is not charged, what is not settled is', async () => {
    expect(await said(budget('120'))).toEqual([
      'executed passes',
      'executed passes',
      'denied fails payees',
      'reverted passes',
      'open passes',
      'executed passes',
    ])
    expect((await said(budget('95'))).slice(-2)).toEqual(['open passes', 'executed fails budgets'])
  })

  test('behavior: what a rule measures no receipt says, so nothing is charged', async () => {
    const asset = document.rules[0]?.asset ?? ''
    const spends = [{ asset, measured: true, budget: 'stables' }]
    const signature = 'function transfer(address to, uint256 amount)'
    const rule = {
      id: 'act',
      class: 'call',
      target: asset,
      function: signature,
      args: { to: { eq: vendors[0] } },
      spends,
    }
    const unknown = [
      'executed unknown',
      'executed unknown',
      'denied fails arguments',
      'reverted unknown',
      'open unknown',
    ]
    expect(await said({ rules: [rule], ...budget('1') })).toEqual([...unknown, 'executed unknown'])
    const { actions } = await replayReceipts(scope({ rules: [rule] }), all, options)
    expect(actions[0]).toMatchObject({ now: 'unknown', rule: 'act', pointer: '/rules/0/spends/0' })
    // A rule that knows admits as ever, wherever it stands.
    expect((await said({ rules: [rule, ...document.rules] }))[0]).toBe('executed passes')
  })

  test('behavior: rolling and fixed windows, as the scope anchors them', async () => {
    expect(await said(budget('50', { per: 'PT1H', window: 'rolling' }))).toEqual([
      'executed passes',
      'executed fails budgets',
      'denied fails payees',
      'reverted fails budgets',
      'open passes',
      'executed passes',
    ])
    // A window that begins between the first payment and the second.
    const notBefore = new Date((Number(now) - 3_600 + 30) * 1_000).toISOString().replace('.000Z', 'Z')
    const fixed = await said({ ...budget('50', { per: 'PT1H', window: 'fixed' }), notBefore })
    expect(fixed.slice(0, 2)).toEqual(['executed passes', 'executed passes'])
    const calls = await said({ ...budget('1000'), calls: { max: 2, per: 'PT1H', window: 'rolling' } })
    expect(calls).toEqual([
      'executed passes',
      'executed passes',
      'denied fails payees',
      'reverted fails calls',
      'open fails calls',
      'executed passes',
    ])
  })

  test('behavior: denied then, passes now, and then counts', async () => {
    const wider = { rules: [{ ...document.rules[0], to: [...vendors, at('66')] }], ...budget('100') }
    expect((await said(wider))[2]).toBe('denied passes')
    const calls = await said({ ...wider, calls: { max: 3 } })
    expect(calls.at(-1)).toBe('executed fails calls')
  })

  test('behavior: above a threshold it asks, and was not done', async () => {
    const asking = {
      ...budget('100'),
      escalation: { above: { stables: '30' }, confirmer: 'principal', timeout: 'PT5M', onTimeout: 'deny' },
    }
    expect(await said(asking)).toEqual([
      'executed asks',
      'executed asks',
      'denied fails payees',
      'reverted passes',
      'open passes',
      'executed passes',
    ])
  })

  test('behavior: a scope of somebody else, of another chain or of another time admits nothing', async () => {
    expect(new Set(await said({ principal: at('91') }))).toEqual(
      new Set([
        'executed fails principal',
        'denied fails principal',
        'reverted fails principal',
        'open fails principal',
      ]),
    )
    expect((await said({ chainId: 1 }))[0]).toBe('executed fails chain')
    expect((await said({ expiry: '2026-12-01T00:00:00Z' }))[0]).toBe('executed fails lifetime')
  })

  test('behavior: one action that was decided twice counts once', async () => {
    const action = transferTo(vendors[0], 60n * UNIT)
    const request = await ask(grant, action, 99n)
    const unseen = await decide({ grant, action, state: makeState(grant), request, verdict: denyFor('stopped') })
    const early = await issue(unseen.drafted)
    const then = await issue((await decide({ grant, action, state: makeState(grant), request })).drafted, early.head)
    expect(await said({}, [early.text])).toEqual(['denied passes'])
    expect(await said({}, [then.text, early.text])).toEqual(['open passes'])
    expect(await said({}, [early.text, then.text])).toEqual(['open passes'])
  })

  test('behavior: of several outcomes the last one counts', async () => {
    const action = transferTo(vendors[0], 60n * UNIT)
    const request = await ask(grant, action, 98n)
    const yes = await issue((await decide({ grant, action, state: makeState(grant), request })).drafted)
    const redemption = encodeRedemption(grant, 0, action)
    const of = { grant, request, redemption, decision: yes.id, layer: 'redeemer' } as const
    const pending = { status: 'pending', transactionHash: hash('77') } as const
    const sent = await issue(outcomeReceipt({ ...of, outcome: pending }), yes.head)
    const mined = outcomeOf(minedTransaction(redemption, action), redemption, action)
    const done = await issue(outcomeReceipt({ ...of, outcome: mined }), sent.head)
    expect(await said({}, [yes.text, sent.text, done.text])).toEqual(['executed passes'])
    expect(await said({}, [done.text, sent.text, yes.text])).toEqual(['executed passes'])
    expect(await said({}, [done.text, sent.text])).toEqual(['executed passes'])
  })

  test('behavior: an outcome without its decision is placed by the issuer’s clock', async () => {
    const { actions } = await replayReceipts(scope(), texts(second.slice(1)), options)
    expect(actions).toMatchObject([{ was: 'executed', now: 'passes', clock: 'issuer', time: now }])
  })

  test('behavior: a simulation that failed would fail again, and uses nothing up', async () => {
    const action = transferTo(vendors[0], 60n * UNIT)
    const failing = async (order: bigint) => {
      const request = await ask(grant, action, order)
      const verdict = denyFor('execution_failed')
      return issue(
        (await decide({ grant, action, state: makeState(grant), request, verdict, stage: 'simulation' })).drafted,
      )
    }
    const bundles = [await failing(201n), await failing(202n)].map(({ text }) => text)
    expect(await said({}, bundles)).toEqual(['denied passes', 'denied passes'])
  })

  test('error: what is not believed, or not whole, is never passed', async () => {
    const [bundle] = first
    if (bundle === undefined) throw new RangeError('no receipt')
    const { request: _request, ...rest } = bundle.bundle.evidence
    const cases: [Parameters<typeof replayReceipts>[1][number], string, string][] = [
      [
        await forge(bundle.statement, bundle.bundle.evidence, { key: issuer.key, signer: otherSigner }),
        'signature_wrong',
        'refuted',
      ],
      [{ ...bundle.bundle, evidence: rest }, 'evidence_missing', 'unavailable'],
      [
        { ...bundle.bundle, evidence: { ...rest, request: new TextEncoder().encode('{}') } },
        'evidence_changed',
        'refuted',
      ],
      ['{}', 'malformed', 'refuted'],
    ]
    for (const [input, why, status] of cases) {
      const replay = await replayReceipts(scope(), [input], options)
      expect(replay.actions).toEqual([])
      expect(replay.cannotSay).toMatchObject([{ index: 0, why, status }])
    }
    // Nor what came of it.
    const { action: _action, ...changed } = bundle.statement as { action?: unknown }
    const forged = await forge({ ...changed, action: { id: hash('12') } }, bundle.bundle.evidence)
    const believed = await replayReceipts(scope(), [forged], options)
    expect(believed).toMatchObject({ actions: [], cannotSay: [{ why: 'action_mismatch', status: 'refuted' }] })
    const tampered = { ...bundle.bundle, evidence: { ...rest, request: new TextEncoder().encode('{}') } }
    const both = await replayReceipts(scope(), [tampered, first[1]?.text ?? ''], options)
    expect(both.actions).toEqual([])
    expect(both.cannotSay.map(({ index, why }) => `${index} ${why}`)).toEqual([
      '0 evidence_changed',
      '1 evidence_changed',
    ])
    const untrusted = await replayReceipts(scope(), [bundle.text], { ...options, trust: { issuers: [] } })
    expect(untrusted).toMatchObject({ actions: [], cannotSay: [{ why: 'issuer_unknown', status: 'unavailable' }] })
  })
})
