import { describe, expect, test } from 'vitest'
import {
  at,
  decide,
  environment,
  forge,
  hash,
  issue,
  issuer,
  makeGrant,
  makeState,
  minedTransaction,
  outcomeOf,
  transferTo,
  trust,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import type { Outcome } from '../outcome/index.ts'
import { type Bundle, grantReceipt, type Head, outcomeReceipt, type StatementOf } from '../receipt/index.ts'
import { encodeRedemption } from '../redemption/index.ts'
import { verifyJournal } from './index.ts'

const grant = await makeGrant()
const state = makeState(grant)
const options = { trust, environment }
const pay = transferTo(vendors[0], 5_000_000n)
const redemption = encodeRedemption(grant, 0, pay)

/** grant, denial, allowed decision, its outcome, in their places. */
async function story(outcome: Outcome = outcomeOf(minedTransaction(redemption, pay), redemption, pay)) {
  const granted = await issue(grantReceipt({ grant, layer: 'wallet' }))
  const no = await issue((await decide({ grant, action: transferTo(at('66'), 1n), state })).drafted, granted.head)
  const { drafted, request } = await decide({ grant, action: pay, state })
  const yes = await issue(drafted, no.head)
  const of = { grant, request, redemption, outcome, decision: yes.id, layer: 'redeemer' } as const
  const done = await issue(outcomeReceipt(of), yes.head)
  return { granted, no, yes, done, of }
}
const { granted, no, yes, done, of } = await story()
const all = [granted, no, yes, done]

async function findings(bundles: readonly (string | Bundle)[], change: object = {}) {
  const journal = await verifyJournal(bundles, { ...options, ...change })
  const { result, open } = journal
  const found = journal.findings.map(({ code, status, root, seq }) =>
    `${root ? 'root ' : ''}${code} ${status} ${seq ?? ''}`.trim(),
  )
  return { result, open, findings: found }
}
const texts = (...list: { text: string }[]) => list.map(({ text }) => text)

describe('verifyJournal', () => {
  test('default: a whole journal, in any order, each receipt once or twice', async () => {
    const fine = { result: 'valid', open: [], findings: [] }
    expect(await findings(texts(...all))).toEqual(fine)
    expect(await findings(texts(...all.toReversed(), yes, granted))).toEqual(fine)
    expect((await verifyJournal(texts(...all), options)).receipts.map(({ id }) => id)).toEqual(all.map(({ id }) => id))
  })

  test('behavior: allowed and not settled is open, and no fault', async () => {
    const open = [{ decision: yes.id, action: yes.statement.kind === 'decision' ? yes.statement.action.id : '' }]
    expect(await findings(texts(granted, no, yes))).toEqual({ result: 'valid', open, findings: [] })
    const pending = await story({ status: 'pending', transactionHash: hash('77') })
    expect((await findings(texts(pending.granted, pending.no, pending.yes, pending.done))).open.length).toBe(1)
  })

  test('error: a denial that was left out between others shows, to the principal too', async () => {
    const without = await findings(texts(granted, yes, done))
    expect(without).toMatchObject({ result: 'insufficient' })
    // The issuer's own chain, and that of the root: the denial was about all of the grant's roots.
    expect(without.findings).toEqual(['gap unavailable 2', 'root gap unavailable 2'])
    expect((await findings(texts(no, yes, done))).findings).toEqual(['gap unavailable 1', 'root gap unavailable 1'])
  })

  test('error: the last receipt left out shows only to who knows of it', async () => {
    expect((await findings(texts(granted, no, yes))).result).toBe('valid')
    const heads = [{ iss: issuer.iss, seq: 4, id: done.id }]
    expect(await findings(texts(granted, no, yes), { heads })).toMatchObject({
      result: 'insufficient',
      findings: ['tail_missing unavailable 4'],
    })
    expect((await findings(texts(...all), { heads })).result).toBe('valid')
    const told = [{ iss: issuer.iss, seq: 2, id: granted.id }]
    expect((await findings(texts(...all), { heads: told })).findings).toEqual(['fork refuted 2'])
  })

  test('error: two receipts in one place', async () => {
    const other = await issue((await decide({ grant, action: transferTo(at('67'), 1n), state })).drafted, granted.head)
    expect(await findings(texts(...all, other))).toMatchObject({
      result: 'invalid',
      findings: ['fork refuted 2', 'broken_link refuted 3', 'root fork refuted 2', 'root broken_link refuted 3'],
    })
    // A second beginning under the same name.
    const again = await story()
    const restarted = await issue((await decide({ grant, action: transferTo(at('68'), 1n), state })).drafted)
    expect((await findings(texts(again.granted, restarted))).findings).toContain('fork refuted 1')
  })

  test('error: a receipt that continues another than the one before it', async () => {
    const wrong = { ...no.statement, prev: yes.id }
    const relinked = await forge(wrong, no.bundle.evidence)
    expect((await findings([granted.text, relinked])).findings).toEqual(['broken_link refuted 2'])
    const roots = no.statement.roots.map((root) => ({ ...root, prev: yes.id }))
    const rerooted = await forge({ ...no.statement, roots }, no.bundle.evidence)
    expect((await findings([granted.text, rerooted])).findings).toEqual(['root broken_link refuted 2'])
  })

  test('error: what is no receipt of the issuer makes the whole invalid and links nothing', async () => {
    const journal = await verifyJournal([...texts(...all), '{}'], options)
    expect(journal.result).toBe('invalid')
    expect(journal.findings).toEqual([])
    expect((await verifyJournal(texts(...all), { ...options, trust: { issuers: [] } })).result).toBe('insufficient')
    expect((await verifyJournal([], options)).result).toBe('insufficient')
  })

  test('error: outcomes of what was denied, of another action, or of nothing here', async () => {
    const outcomeOfDecision = async (decision: string, head: Head = yes.head) =>
      (await issue(outcomeReceipt({ ...of, decision }), head)).text
    expect((await findings([...texts(granted, no, yes), await outcomeOfDecision(no.id)])).findings).toEqual([
      'outcome_mismatch refuted',
    ])
    expect((await findings([...texts(granted, no, yes), await outcomeOfDecision('A'.repeat(43))])).findings).toEqual([
      'decision_missing unavailable',
    ])
    const second = await issue((await decide({ grant, action: transferTo(vendors[0], 1n), state })).drafted, yes.head)
    const mixed = [...texts(granted, no, yes, second), await outcomeOfDecision(second.id, second.head)]
    expect((await findings(mixed)).findings).toEqual(['outcome_mismatch refuted'])
    // The same action through another branch: what was decided drew on other limits.
    const redemption = encodeRedemption(grant, 1, of.request.request)
    const aside = await issue(outcomeReceipt({ ...of, redemption }), yes.head)
    expect((await findings(texts(granted, no, yes, aside))).findings).toEqual(['outcome_mismatch refuted'])
  })

  test('error: settled twice, executed twice', async () => {
    const twice = await issue(outcomeReceipt(of), done.head)
    expect((await findings(texts(...all, twice))).findings).toEqual(['outcome_twice refuted'])
    const { request } = of
    const repeated = await issue((await decide({ grant, action: pay, state, request })).drafted, done.head)
    const elsewhere = { ...of.outcome, transactionHash: hash('79') } as Outcome
    const sent = await issue(outcomeReceipt({ ...of, outcome: elsewhere, decision: repeated.id }), repeated.head)
    expect((await findings(texts(...all, repeated, sent))).findings).toEqual(['executed_twice refuted'])
  })

  test('error: replaced and executed, in either order: one nonce has one end', async () => {
    const replaced = { status: 'replaced', transactionHash: hash('77'), by: null } as const
    const after = await issue(outcomeReceipt({ ...of, outcome: replaced }), done.head)
    const later = await findings(texts(...all, after))
    expect(later).toEqual({ result: 'invalid', open: [], findings: ['outcome_twice refuted'] })
    const gone = await story(replaced)
    expect((await findings(texts(gone.granted, gone.no, gone.yes, gone.done))).result).toBe('valid')
    const done2 = await issue(outcomeReceipt({ ...gone.of, outcome: of.outcome }), gone.done.head)
    const earlier = await findings(texts(gone.granted, gone.no, gone.yes, gone.done, done2))
    expect(earlier).toEqual({ result: 'invalid', open: [], findings: ['outcome_twice refuted'] })
  })

  test('behavior: an outcome that was not final may be followed by another', async () => {
    const young = await story({ ...of.outcome, final: false } as Outcome)
    const old = await issue(outcomeReceipt({ ...young.of, outcome: of.outcome }), young.done.head)
    const journal = await findings(texts(young.granted, young.no, young.yes, young.done, old))
    expect(journal).toEqual({ result: 'valid', open: [], findings: [] })
  })

  test('behavior: the chain of a root can be followed by who sees nothing else', async () => {
    const other = await makeGrant({ document: { expiry: '2029-01-01T00:00:00Z' } })
    const theirs = await issue(grantReceipt({ grant: other, layer: 'wallet' }), granted.head)
    const ours = await issue((await decide({ grant, action: transferTo(at('66'), 1n), state })).drafted, theirs.head)
    const seen = await findings(texts(granted, ours))
    expect(seen.findings).toEqual(['gap unavailable 2'])
    expect((ours.statement as StatementOf<'decision'>).roots).toMatchObject([{ seq: 2, prev: granted.id }])
  })
})
