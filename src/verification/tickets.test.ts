import { describe, expect, test } from 'vitest'
import {
  agent,
  ask,
  at,
  decide,
  environment,
  forge,
  issue,
  lower,
  makeGrant,
  makeState,
  stranger,
  transferTo,
  trust,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import { type Bundle, type Drafted, grantReceipt, type Head, ticketReceipt } from '../receipt/index.ts'
import { verifyBundle, verifyJournal } from './index.ts'

const grant = await makeGrant()
const state = makeState(grant)
const options = { trust, environment }
const pay = transferTo(vendors[0], 5_000_000n)
const RECEIVED = 1_800_000_000n
const DECIDE_BY = 1_800_000_120n

async function ticketOf(number: number, action = pay, change: { received?: bigint; by?: typeof agent } = {}) {
  const request = await ask(grant, action, BigInt(number), change.by)
  const received = change.received ?? RECEIVED
  const decideBy = received > DECIDE_BY ? received : DECIDE_BY
  return { request, drafted: ticketReceipt({ grant, request, number, received, decideBy, layer: 'redeemer' }) }
}

/** In their places, one after the other. */
async function journalOf(...drafts: readonly Drafted<'ticket' | 'decision' | 'grant'>[]) {
  const issued = []
  let head: Head | undefined
  for (const drafted of drafts) {
    const next = await issue(drafted as Drafted<'grant'>, head)
    issued.push(next)
    head = next.head
  }
  return issued
}

const doubtsOf = async (bundle: string | Bundle) =>
  (await verifyBundle(bundle, options)).checks
    .filter(({ status }) => status !== 'proven')
    .map(({ check, status, code }) => `${check} ${status} ${code}`)

describe('ticketReceipt', () => {
  test('default: who asked what is proven; when, and as which one, is the issuer’s word', async () => {
    const { drafted, request } = await ticketOf(1)
    const { statement, text } = await issue(drafted)
    expect(statement).toMatchObject({
      kind: 'ticket',
      ticket: { number: 1, received: Number(RECEIVED), decideBy: Number(DECIDE_BY) },
      intent: { asker: lower(agent), signed: true, redeemer: request.request.redeemer, mode: 'single' },
    })
    expect(await verifyBundle(text, options)).toMatchObject({ result: 'valid' })
    expect(await doubtsOf(text)).toEqual(['ticket attested ticket_attested', 'links attested links_attested'])
  })

  test('error: a request of another grant is not given one', async () => {
    const { request } = await ticketOf(1)
    const other = { ...request, request: { ...request.request, grant: `0x${'09'.repeat(32)}` as const } }
    const make = () =>
      ticketReceipt({ grant, request: other, number: 1, received: 1n, decideBy: 2n, layer: 'redeemer' })
    expect(make).toThrow(expect.objectContaining({ code: 'receipt.inputs_disagree' }))
  })

  test('error: a decision that is due before the request came, and a number of none', async () => {
    const { drafted } = await ticketOf(1)
    const { statement, bundle } = await issue(drafted)
    const forged = (ticket: object) => forge({ ...statement, ticket }, bundle.evidence)
    for (const ticket of [
      { number: 1, received: 5, decideBy: 4 },
      { number: 0, received: 5, decideBy: 5 },
    ]) {
      expect(await verifyBundle(await forged(ticket), options)).toMatchObject({ result: 'invalid' })
    }
    expect(await verifyBundle(await forged({ number: 1, received: 5, decideBy: 5 }), options)).toMatchObject({
      result: 'valid',
    })
  })

  test('error: somebody else’s request, and one that was out of date', async () => {
    const foreign = await issue((await ticketOf(1, pay, { by: stranger })).drafted)
    expect(await doubtsOf(foreign.text)).toContain('request refuted request_other_signer')
    const { request } = await ticketOf(1)
    const { deadline } = request.request
    const just = await issue((await ticketOf(1, pay, { received: deadline })).drafted)
    expect(await verifyBundle(just.text, options)).toMatchObject({ result: 'valid' })
    const late = await issue((await ticketOf(1, pay, { received: deadline + 1n })).drafted)
    expect(await doubtsOf(late.text)).toContain('request refuted request_late')
  })

  test('error: another intent than the request’s', async () => {
    const { drafted } = await ticketOf(1)
    const { statement, bundle } = await issue(drafted)
    if (statement.kind !== 'ticket') throw new TypeError('a ticket')
    const edited = { ...statement, intent: { ...statement.intent, redeemer: at('66') } }
    expect(await doubtsOf(await forge(edited, bundle.evidence))).toContain('action refuted action_mismatch')
  })
})

describe('verifyJournal', () => {
  const seen = async (texts: readonly string[], now?: bigint) => {
    const journal = await verifyJournal(texts, { ...options, ...(now === undefined ? {} : { now }) })
    const { result, owed } = journal
    return { result, owed: owed.length, findings: journal.findings.map(({ code, status }) => `${code} ${status}`) }
  }
  const denied = transferTo(at('66'), 1n)

  test('default: what was taken in and answered owes nothing', async () => {
    const { drafted, request } = await ticketOf(1, denied)
    const decision = await decide({ grant, action: denied, state, request })
    const all = await journalOf(grantReceipt({ grant, layer: 'wallet' }), drafted, decision.drafted)
    expect(await seen(all.map(({ text }) => text))).toEqual({ result: 'valid', owed: 0, findings: [] })
  })

  test('behavior: a decision that is owed is told, and late when its time is over', async () => {
    const [ticket] = await journalOf((await ticketOf(1)).drafted)
    const texts = [ticket?.text ?? '']
    expect(await seen(texts)).toEqual({ result: 'valid', owed: 1, findings: [] })
    expect(await seen(texts, DECIDE_BY)).toEqual({ result: 'valid', owed: 1, findings: [] })
    const late = { result: 'insufficient', owed: 1, findings: ['ticket_unanswered unavailable'] }
    expect(await seen(texts, DECIDE_BY + 1n)).toEqual(late)
  })

  test('error: a decision before its ticket', async () => {
    const { drafted, request } = await ticketOf(1, denied)
    const decision = await decide({ grant, action: denied, state, request })
    const all = await journalOf(decision.drafted, drafted)
    expect((await seen(all.map(({ text }) => text))).findings).toEqual(['ticket_late refuted'])
  })

  test('error: two tickets with one number, and two for one request', async () => {
    const first = await ticketOf(1)
    const second = await ticketOf(2)
    const renumbered = { ...second.drafted, draft: { ...second.drafted.draft, ticket: first.drafted.draft.ticket } }
    const sameNumber = await journalOf(first.drafted, renumbered)
    expect((await seen(sameNumber.map(({ text }) => text))).findings).toEqual(['ticket_twice refuted'])
    const moved = { ...first.drafted.draft, ticket: { ...first.drafted.draft.ticket, number: 2 } }
    const sameRequest = await journalOf(first.drafted, { ...first.drafted, draft: moved })
    expect((await seen(sameRequest.map(({ text }) => text))).findings).toEqual(['ticket_twice refuted'])
  })

  test('error: a number is missing, for who holds all receipts; for others it is not theirs to know', async () => {
    const all = await journalOf((await ticketOf(1)).drafted, (await ticketOf(3)).drafted)
    const texts = all.map(({ text }) => text)
    expect((await seen(texts)).findings).toEqual(['ticket_gap refuted'])
    expect((await seen(texts.slice(1))).findings.filter((it) => it.startsWith('ticket'))).toEqual([])
    const late = await journalOf((await ticketOf(2)).drafted)
    expect((await seen(late.map(({ text }) => text))).findings).toEqual(['ticket_gap refuted'])
  })
})
