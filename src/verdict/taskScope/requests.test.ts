import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { lifetime, type Terms, termsAt, termsOf, withWords } from '../../../test/fixtures/taskScope.ts'
import {
  act,
  agent,
  denied,
  grantOf,
  hashAt,
  NOW,
  stateOf,
  subAgent,
  transfer,
  vendor,
} from '../../../test/fixtures/verdict.ts'
import { concatBytes, type Hex, uintToBytes } from '../../primitives/hex.ts'
import { evaluate } from '../evaluate.ts'
import type { PreparedGrant } from '../prepared.ts'
import { type Action, type ActionRequest, counterKey, type State, type Verdict } from '../types.ts'
import { accountKey, digestOf, numberKey, signatureKey } from './requests.ts'
import { numberSlot } from './slots.ts'

const KEY = privateKeyToAccount(`0x${'11'.repeat(32)}`)
const CONFIRMER = privateKeyToAccount(`0x${'22'.repeat(32)}`)
const key = KEY.address.toLowerCase() as Hex
const confirmer = CONFIRMER.address.toLowerCase() as Hex
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const keyed: Partial<Terms> = { requestKey: key }
const confirmed: Partial<Terms> = { confirmer, budgets: [lifetime(100n, 25n)] }

type Signing = { hop?: number; number?: bigint; deadline?: bigint; about?: Pick<Action, 'calls'> }

async function requestFor(
  prepared: PreparedGrant,
  action: Action,
  signers: { key?: typeof KEY | null; confirmer?: typeof KEY | null },
  { hop = 0, number = 7n, deadline = NOW, about = action }: Signing = {},
): Promise<ActionRequest> {
  const hash = digestOf(termsAt(prepared, hop), about, { number, deadline })
  return {
    number,
    deadline,
    signature: signers.key ? await signers.key.sign({ hash }) : null,
    confirmation: signers.confirmer ? await signers.confirmer.sign({ hash }) : null,
  }
}

/** Nothing used, and the confirmer a plain account. */
function read(prepared: PreparedGrant, number = 7n, hop = 0): State {
  const state = withWords(stateOf(prepared), { [numberKey(termsAt(prepared, hop), number) ?? '']: 0n })
  return { ...state, counters: { ...state.counters, [accountKey(confirmer)]: { kind: 'account', code: false } } }
}

const codeOf = (verdict: Verdict) => (verdict.verdict === 'deny' ? verdict.code : verdict.verdict)

describe('a request that the agent signs', () => {
  const prepared = grantOf([termsOf(keyed)])
  const action = act(transfer(5n))
  const state = read(prepared)
  const judged = (request: ActionRequest | undefined, at = state) =>
    evaluate(prepared, request === undefined ? action : { ...action, request }, at)

  test('default: lets it pass up to its last second', async () => {
    const request = await requestFor(prepared, action, { key: KEY })
    expect(judged(request)).toMatchObject({ verdict: 'allow', rule: 'rule-0', remaining: 95n })
    const late = { ...state, block: { ...state.block, timestamp: NOW + 1n } }
    expect(denied(judged(request, late))).toMatchObject({
      code: 'request_expired',
      limit: NOW,
      requested: NOW + 1n,
      fix: { do: 'sign_request', key, number: 7n },
    })
  })

  test('behavior: none, or none by the key, is asked for', async () => {
    expect(denied(judged(undefined))).toMatchObject({
      code: 'request_required',
      hop: 0,
      largestAllowed: 100n,
      fix: { do: 'sign_request', key, number: null },
    })
    const unsigned = await requestFor(prepared, action, {})
    expect(denied(judged(unsigned))).toMatchObject({ code: 'request_required', fix: { number: 7n } })
  })

  test('behavior: of another key, another call, another number, another delegation it is refused', async () => {
    const refusals = await Promise.all([
      requestFor(prepared, action, { key: CONFIRMER }),
      requestFor(prepared, action, { key: KEY }, { about: act(transfer(6n)) }),
      requestFor(prepared, action, { key: KEY }, { about: { calls: [transfer(5n), transfer(5n)] } }),
      requestFor(grantOf([termsOf({ ...keyed, group: '0x9999999999999999' })]), action, { key: KEY }),
    ])
    for (const request of refusals) expect(codeOf(judged(request))).toBe('request_refused')
    const good = await requestFor(prepared, action, { key: KEY })
    expect(codeOf(judged({ ...good, deadline: NOW + 1n }))).toBe('request_refused')
    const other = { ...good, number: 8n }
    expect(codeOf(judged(other, read(prepared, 8n)))).toBe('request_refused')
  })

  test('behavior: the twin with high s is refused', async () => {
    const request = await requestFor(prepared, action, { key: KEY })
    const [r, s, v] = [
      request.signature?.slice(2, 66),
      request.signature?.slice(66, 130),
      request.signature?.slice(130),
    ]
    const twin = (ORDER - BigInt(`0x${s}`)).toString(16).padStart(64, '0')
    expect(codeOf(judged({ ...request, signature: `0x${r}${twin}${v === '1b' ? '1c' : '1b'}` }))).toBe(
      'request_refused',
    )
  })

  test('behavior: each number once, by its own bit; what was not read denies', async () => {
    const terms = termsAt(prepared)
    const word = (value: bigint, number = 7n) => withWords(state, { [numberKey(terms, number) ?? '']: value })
    const request = await requestFor(prepared, action, { key: KEY })
    expect(denied(judged(request, word(1n << 7n)))).toMatchObject({
      code: 'request_used',
      requested: 7n,
      fix: { do: 'sign_request', key, number: 8n },
    })
    expect(codeOf(judged(request, word(~(1n << 7n) & (2n ** 256n - 1n))))).toBe('allow')
    const { [numberKey(terms, 7n) ?? '']: _, ...counters } = state.counters
    expect(codeOf(judged(request, { ...state, counters }))).toBe('state_missing')
    const last = await requestFor(prepared, action, { key: KEY }, { number: 255n })
    // Number 256 stands in the next word, of which nothing is known.
    expect(denied(judged(last, word(1n << 255n, 255n))).fix).toEqual({ do: 'sign_request', key, number: null })
    expect(numberKey(terms, 255n)).toBe(numberKey(terms, 0n))
    expect(numberKey(terms, 256n)).not.toBe(numberKey(terms, 255n))
    expect(numberKey(terms, 7n)).toBe(counterKey(terms.place.enforcer, numberSlot(hashAt(prepared, 0), key, 7n)))
  })

  test('behavior: a confirmation that nobody asks for makes it too long', async () => {
    const request = await requestFor(prepared, action, { key: KEY, confirmer: CONFIRMER })
    expect(denied(judged(request))).toMatchObject({
      code: 'args_not_allowed',
      fix: { do: 'sign_request', key, number: 7n },
    })
  })

  test('behavior: the rules come first, and fixes lead to an action that has to be signed anew', async () => {
    const over = act(transfer(101n))
    const request = await requestFor(prepared, over, { key: KEY })
    const refused = denied(evaluate(prepared, { ...over, request }, state))
    expect(refused).toMatchObject({
      code: 'budget_exceeded',
      largestAllowed: 100n,
      fix: { do: 'lower_amount', to: 100n },
    })
    const lowered = { ...over, request, calls: [transfer(100n)] }
    expect(denied(evaluate(prepared, lowered, state)).code).toBe('request_refused')
  })

  test('behavior: as bytes that the grant carries it counts as well', async () => {
    const { number, deadline, signature } = await requestFor(prepared, action, { key: KEY })
    const added = concatBytes(uintToBytes(number, 8), uintToBytes(deadline, 5), signature ?? '0x')
    const carrying = grantOf([{ ...termsOf(keyed), added }])
    expect(codeOf(evaluate(carrying, action, state))).toBe('allow')
    const short = grantOf([{ ...termsOf(keyed), added: '0x'.padEnd(26, '0') as Hex }])
    expect(codeOf(evaluate(short, action, state))).toBe('request_required')
  })

  test.each<[string, unknown]>([
    ['a number beyond 64 bits', { number: 2n ** 64n }],
    ['a deadline beyond 40 bits', { deadline: 2n ** 40n }],
    ['a short signature', { signature: `0x${'00'.repeat(64)}` }],
    ['a long signature', { signature: `0x${'00'.repeat(66)}` }],
    ['no bytes as a confirmation', { confirmation: '0x' }],
    ['upper case', { confirmation: '0xAB' }],
    ['a text', 'request'],
  ])('error: %s is no action', (_name, change) => {
    const request = { number: 1n, deadline: NOW, signature: null, confirmation: null }
    const broken = typeof change === 'object' ? { ...request, ...change } : change
    expect(codeOf(judged(broken as ActionRequest))).toBe('malformed_action')
    const above = { ...action, requestsAbove: { [hashAt(prepared, 0)]: broken as ActionRequest } }
    expect(codeOf(evaluate(prepared, above, state))).toBe('malformed_action')
  })

  test('behavior: the largest number and the last second there is are well formed', () => {
    const request = { number: 2n ** 64n - 1n, deadline: 2n ** 40n - 1n, signature: null, confirmation: null }
    expect(codeOf(judged(request))).toBe('request_required')
  })
})

describe('a charge above its threshold', () => {
  const prepared = grantOf([termsOf(confirmed)])
  const state = read(prepared)
  const large = act(transfer(26n))

  test('default: escalates to the confirmer, and passes with its signature', async () => {
    expect(codeOf(evaluate(prepared, act(transfer(25n)), state))).toBe('allow')
    expect(evaluate(prepared, large, state)).toEqual({
      verdict: 'escalate',
      code: 'above_threshold',
      branch: 0,
      rule: 'rule-0',
      message: expect.any(String),
      threshold: 25n,
      requested: 26n,
      confirmer,
      timeout: 0n,
      delegation: hashAt(prepared, 0),
    })
    const request = await requestFor(prepared, large, { confirmer: CONFIRMER })
    expect(evaluate(prepared, { ...large, request }, state)).toMatchObject({ verdict: 'allow', remaining: 74n })
    const by = await requestFor(prepared, large, { confirmer: KEY })
    expect(codeOf(evaluate(prepared, { ...large, request: by }, state))).toBe('escalate')
  })

  test('behavior: what is outside the bounds, expired or used is not confirmed away', async () => {
    expect(denied(evaluate(prepared, act(transfer(101n)), state))).toMatchObject({
      code: 'budget_exceeded',
      largestAllowed: 25n,
    })
    const request = await requestFor(prepared, large, { confirmer: CONFIRMER }, { deadline: NOW - 1n })
    expect(codeOf(evaluate(prepared, { ...large, request }, state))).toBe('request_expired')
    const used = withWords(state, { [numberKey(termsAt(prepared), 7n) ?? '']: 1n << 7n })
    for (const signers of [{ confirmer: CONFIRMER }, { confirmer: KEY }]) {
      const asked = await requestFor(prepared, large, signers)
      expect(denied(evaluate(prepared, { ...large, request: asked }, used))).toMatchObject({
        code: 'request_used',
        fix: { do: 'sign_request', key: confirmer, number: 8n },
      })
    }
  })

  test('behavior: an account with code is asked, not its key; what was not asked denies', async () => {
    const request = await requestFor(prepared, large, { confirmer: CONFIRMER })
    const asked = { ...large, request }
    const coded = { ...state.counters, [accountKey(confirmer)]: { kind: 'account' as const, code: true } }
    const digest = digestOf(termsAt(prepared), large, request)
    const said = (accepted: boolean) => ({
      ...state,
      counters: {
        ...coded,
        [signatureKey(confirmer, digest, request.confirmation ?? '0x')]: { kind: 'signature' as const, accepted },
      },
    })
    expect(codeOf(evaluate(prepared, asked, said(true)))).toBe('allow')
    expect(codeOf(evaluate(prepared, asked, said(false)))).toBe('escalate')
    expect(codeOf(evaluate(prepared, asked, { ...state, counters: coded }))).toBe('state_missing')
    const { [accountKey(confirmer)]: _, ...counters } = state.counters
    expect(codeOf(evaluate(prepared, asked, { ...state, counters }))).toBe('state_missing')
  })

  test('behavior: key and confirmer sign one request, and neither stands for the other', async () => {
    const both = grantOf([termsOf({ ...confirmed, ...keyed })])
    const at = read(both)
    const judged = async (signers: Parameters<typeof requestFor>[2]) =>
      codeOf(evaluate(both, { ...large, request: await requestFor(both, large, signers) }, at))
    expect(await judged({ key: KEY, confirmer: CONFIRMER })).toBe('allow')
    expect(await judged({ key: KEY })).toBe('escalate')
    expect(await judged({ key: KEY, confirmer: KEY })).toBe('escalate')
    expect(await judged({ key: CONFIRMER, confirmer: CONFIRMER })).toBe('request_refused')
    // The contract takes the first 65 bytes for the key's.
    expect(await judged({ confirmer: CONFIRMER })).toBe('request_refused')
    expect(codeOf(evaluate(both, large, at))).toBe('request_required')
  })

  test('behavior: below the threshold nobody looks at the confirmer, read or not', async () => {
    const both = grantOf([termsOf({ ...confirmed, ...keyed })])
    const small = act(transfer(25n))
    const { [accountKey(confirmer)]: _, ...counters } = read(both).counters
    const request = await requestFor(both, small, { key: KEY })
    expect(evaluate(both, { ...small, request }, { ...read(both), counters }).verdict).toBe('allow')
    const over = { ...large, request: await requestFor(both, large, { key: KEY }) }
    expect(codeOf(evaluate(both, over, { ...read(both), counters }))).toBe('state_missing')
  })

  test('behavior: a link above the leaf has a request of its own', async () => {
    const two = grantOf([termsOf()], [termsOf(confirmed)])
    const at = read(two, 7n, 1)
    const action = act(transfer(26n), subAgent)
    expect(evaluate(two, action, at)).toMatchObject({ verdict: 'escalate', delegation: hashAt(two, 1), confirmer })
    const request = await requestFor(two, action, { confirmer: CONFIRMER }, { hop: 1 })
    expect(codeOf(evaluate(two, { ...action, request }, at))).toBe('escalate')
    const above = { ...action, requestsAbove: { [hashAt(two, 1)]: request } }
    expect(codeOf(evaluate(two, above, at))).toBe('allow')
    // Whatever else refuses comes before anybody is asked.
    const wide = grantOf([termsOf(confirmed)], [termsOf({ rules: [] })])
    expect(denied(evaluate(wide, action, read(wide)))).toMatchObject({ hop: 1, code: 'target_not_allowed' })
  })

  test('behavior: of a batch the first charge above it is named', () => {
    const many = grantOf([termsOf({ ...confirmed, maxExecutions: 3 })])
    const calls = [transfer(20n), transfer(27n), transfer(30n, vendor)]
    const action = { chainId: act(transfer(1n)).chainId, redeemer: agent, calls }
    expect(evaluate(many, action, read(many))).toMatchObject({ verdict: 'escalate', threshold: 25n, requested: 27n })
  })
})
