import { describe, expect, test } from 'vitest'
import {
  ask,
  decide,
  document,
  environment,
  forge,
  hash,
  issue,
  makeGrant,
  makeState,
  minedTransaction,
  now,
  outcomeOf,
  transferTo,
  trust,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import { EMPTY_HEAD, type Head, outcomeReceipt, type SignedRequest } from '../receipt/index.ts'
import { encodeRedemption } from '../redemption/index.ts'
import { parseScope } from '../scope/index.ts'
import { denyFor } from '../verdict/index.ts'
import { replayReceipts } from './replay.ts'

/** Which receipt speaks for an action, in what order actions are asked again, and which doubts are named. */

const grant = await makeGrant()
const scope = parseScope(document)
const action = transferTo(vendors[0], 1n)
const request = await ask(grant, action, 1n)
const redemption = encodeRedemption(grant, 0, action)
const executed = outcomeOf(minedTransaction(redemption, action), redemption, action)

/** One decision: refused because stopped, or allowed; so many seconds after the first. */
async function decided(parts: { head?: Head; no?: true; request?: SignedRequest; second?: bigint }) {
  const { head = EMPTY_HEAD, no, request: asked = request, second = 0n } = parts
  const before = makeState(grant)
  const state = { ...before, block: { ...before.block, timestamp: now + second } }
  const { drafted } = await decide({
    grant,
    action,
    state,
    request: asked,
    ...(no === undefined ? {} : { verdict: denyFor('stopped') }),
  })
  return issue(drafted, head)
}
const done = (decision: string, head: Head, of = { request, redemption, outcome: executed }) =>
  issue(outcomeReceipt({ grant, ...of, decision, layer: 'redeemer' }), head)
const replay = (bundles: Parameters<typeof replayReceipts>[1], options: object = { environment }) =>
  replayReceipts(scope, bundles, { trust, ...options })
const past = async (...bundles: Parameters<typeof replayReceipts>[1]) =>
  (await replay(bundles)).actions.map(({ was, index }) => `${was} ${index}`)

describe('replayReceipts: which receipt speaks', async () => {
  const no = await decided({ no: true })
  const yes = await decided({ head: no.head })

  test('behavior: a decision before an outcome whose own decision is not here, in either order', async () => {
    const outcome = await done(yes.id, yes.head)
    expect(await past(outcome.text)).toEqual(['executed 0'])
    expect(await past(outcome.text, no.text)).toEqual(['denied 1'])
    expect(await past(no.text, outcome.text)).toEqual(['denied 0'])
  })

  test('behavior: of two in one place the first that was given', async () => {
    const other = await decided({})
    expect(other.statement.seq).toBe(no.statement.seq)
    expect(await past(no.text, other.text)).toEqual(['denied 0'])
    expect(await past(other.text, no.text)).toEqual(['open 0'])
  })

  test('behavior: the later by the issuer’s clock, whatever its number', async () => {
    const early = await forge({ ...yes.statement, iat: yes.statement.iat - 1 }, yes.bundle.evidence)
    expect(await past(no.text, early)).toEqual(['denied 0'])
    expect(await past(early, no.text)).toEqual(['denied 1'])
    const late = await forge({ ...no.statement, iat: no.statement.iat + 1 }, no.bundle.evidence)
    expect(await past(late, yes.text)).toEqual(['denied 0'])
    expect(await past(yes.text, late)).toEqual(['denied 1'])
    expect(await past(no.text, yes.text)).toEqual(['open 1'])
    expect(await past(yes.text, no.text)).toEqual(['open 0'])
  })

  test('behavior: an outcome that names a decision which is here adds no action of its own', async () => {
    const to = transferTo(vendors[0], 2n)
    const other = { request: await ask(grant, to, 2n), redemption: encodeRedemption(grant, 0, to) }
    const mined = outcomeOf(minedTransaction(other.redemption, to), other.redemption, to)
    const outcome = await done(yes.id, yes.head, { ...other, outcome: mined })
    expect((await replay([yes.text, outcome.text])).actions).toHaveLength(1)
  })
})

describe('replayReceipts: order', async () => {
  const requests = await Promise.all([11n, 12n, 13n].map((number) => ask(grant, action, number)))
  const [one, two, three] = requests as [SignedRequest, SignedRequest, SignedRequest]

  test('behavior: by time, then by number, then as given', async () => {
    const first = await decided({ request: one, second: 2n })
    const second = await decided({ request: two, second: 1n, head: first.head })
    const third = await decided({ request: three, second: 1n, head: second.head })
    const order = async (...bundles: { text: string; id: string }[]) =>
      (await replay(bundles.map(({ text }) => text))).actions.map(({ receipt }) =>
        [first, second, third].findIndex(({ id }) => id === receipt),
      )
    expect(await order(first, second, third)).toEqual([1, 2, 0])
    expect(await order(third, second, first)).toEqual([1, 2, 0])
    expect(await order(second, first, third)).toEqual([1, 2, 0])
    const same = [await decided({ request: one }), await decided({ request: two }), await decided({ request: three })]
    const given = (await replay(same.map(({ text }) => text))).actions
    expect(given.map(({ index }) => index)).toEqual([0, 1, 2])
  })
})

describe('replayReceipts: doubts', async () => {
  const yes = await decided({})

  test('behavior: what only a deployment could tell is no reason to leave a receipt out', async () => {
    expect(await replay([yes.text], {})).toMatchObject({ cannotSay: [], actions: [{ was: 'open', now: 'passes' }] })
  })

  test('behavior: a kind of a later version is named as such', async () => {
    const later = await forge(
      { ...yes.statement, kind: 'escalation', vct: 'urn:ambit:receipt:v1:escalation' },
      yes.bundle.evidence,
    )
    expect((await replay([later])).cannotSay).toMatchObject([{ why: 'kind_not_supported', status: 'unavailable' }])
  })

  test('behavior: of several refutations the first', async () => {
    const forged = await forge(
      { ...yes.statement, principal: yes.statement.agent, action: { id: hash('12') } },
      yes.bundle.evidence,
    )
    expect((await replay([forged])).cannotSay).toMatchObject([{ why: 'grant_mismatch', status: 'refuted' }])
  })
})
