import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  at,
  decide,
  hash,
  issue,
  issuer,
  makeGrant,
  makeState,
  now,
  otherSigner,
  signer,
  transferTo,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import { AmbitError } from '../errors.ts'
import type { Hex } from '../primitives/hex.ts'
import { denyFor } from '../verdict/index.ts'
import { REASONS } from '../verdict/reasons.ts'
import { encodeBase64url } from './base64url.ts'
import { LIMITS, resultOf } from './codes.ts'
import {
  type Draft,
  decisionReceipt,
  EMPTY_HEAD,
  encodeBundle,
  grantReceipt,
  issueReceipt,
  MAX_BUNDLE_BYTES,
  parseBundle,
  parseStatement,
  parseToken,
  revocationReceipt,
} from './index.ts'
import { KINDS_TO_COME } from './statement.ts'
import { cleanText, MAX_TEXT } from './values.ts'

const grant = await makeGrant()
const state = makeState(grant)
const action = transferTo(vendors[0], 5_000_000n)
const { drafted, request, verdict } = await decide({ grant, action, state })
const first = await issue(drafted)

const refusal = (run: () => unknown): string => {
  try {
    run()
    return 'accepted'
  } catch (error) {
    if (!(error instanceof AmbitError)) throw error
    return error.code
  }
}

describe('issueReceipt', () => {
  test('default: each receipt names the one before it, for the issuer and for the root', async () => {
    const granted = await issue(grantReceipt({ grant, layer: 'wallet' }))
    const second = await issue(drafted, granted.head)
    const third = await issue(
      revocationReceipt({ grant, ending: { act: 'stop', delegations: [hash('01')], died: [] }, layer: 'redeemer' }),
      second.head,
    )
    expect([granted, second, third].map(({ statement: { seq, prev } }) => [seq, prev])).toEqual([
      [1, undefined],
      [2, granted.id],
      [3, second.id],
    ])
    expect(third.statement.roots).toEqual([
      { delegation: granted.statement.roots[0]?.delegation, seq: 3, prev: second.id },
    ])
    expect(third.head).toMatchObject({ seq: 3, id: third.id })
    expect(JSON.parse(JSON.stringify(third.head))).toEqual(third.head)
    expect(parseToken(third.bundle.receipt).id).toBe(third.id)
  })

  test('error: a signer with another key than the issuer’s', async () => {
    await expect(
      issueReceipt(drafted.draft, { signer: otherSigner, issuer, head: EMPTY_HEAD, now }),
    ).rejects.toMatchObject({ code: 'receipt.signer_mismatch' })
  })

  test('error: a signer whose answer is no signature', async () => {
    for (const size of [0, 63, 72])
      await expect(
        issueReceipt(drafted.draft, { signer: async () => new Uint8Array(size), issuer, head: EMPTY_HEAD, now }),
      ).rejects.toMatchObject({ code: 'receipt.token_malformed' })
  })

  test('error: nothing is signed that a verifier would refuse', async () => {
    let signatures = 0
    const counting = (bytes: Uint8Array) => {
      signatures++
      return signer(bytes)
    }
    const wrong = [
      { ...drafted.draft, limits: ['unheard_of'] },
      { ...drafted.draft, roots: [] },
      { ...drafted.draft, note: 'more' },
      { ...drafted.draft, principal: 'eip155:1:0xABCDEF' },
    ] as unknown as Draft[]
    for (const draft of wrong)
      await expect(issueReceipt(draft, { signer: counting, issuer, head: EMPTY_HEAD, now })).rejects.toMatchObject({
        code: 'receipt.statement_refused',
      })
    const clock = { signer: counting, issuer, head: EMPTY_HEAD, now: -1n }
    await expect(issueReceipt(drafted.draft, clock)).rejects.toMatchObject({ code: 'receipt.statement_refused' })
    expect(signatures).toBe(0)
  })
})

const ALLOWED = { result: 'allowed', stage: 'policy', branch: 0, rule: 'a' }

describe('parseStatement', () => {
  test('default: what was issued', () => {
    expect(parseStatement(JSON.parse(JSON.stringify(first.statement)))).toEqual(first.statement)
  })

  test('behavior: a batch has the rule of each call', () => {
    for (const rules of [['a', 'b'], ['a', 'a'], Array(256).fill('a')])
      expect(parseStatement({ ...first.statement, verdict: { ...ALLOWED, rules } })).toMatchObject({
        verdict: { rules },
      })
    expect(parseStatement({ ...first.statement, verdict: ALLOWED })).toMatchObject({ verdict: ALLOWED })
  })

  test('error: kinds to come, by name', () => {
    for (const kind of KINDS_TO_COME)
      expect(refusal(() => parseStatement({ ...first.statement, kind }))).toBe('receipt.kind_not_supported')
  })

  test('error: values in any other than their one form', () => {
    const [root] = first.statement.roots
    const wrong: object[] = [
      { vct: 'urn:ambit:receipt:v2:decision' },
      { kind: 'outcome' },
      { iss: 'not a uri' },
      { iat: 1.5 },
      { iat: null },
      { seq: 0 },
      { seq: 2 },
      { prev: 'A'.repeat(43) },
      { prev: `${'A'.repeat(42)}B`, seq: 2 },
      { agent: 'eip155:31337:0x66' },
      { agent: 'eip155:031337:0x6666666666666666666666666666666666666666' },
      { roots: [root, root] },
      { roots: [{ ...root, seq: 2 }] },
      { evidence: first.statement.evidence.toReversed() },
      { evidence: first.statement.evidence.map((it) => ({ ...it, type: 'grant' })) },
      { evidence: first.statement.evidence.map((it) => ({ ...it, size: 1e9 })) },
      { claims: [{ path: '/outcome', basis: 'attestation' }] },
      { claims: [{ path: '/verdict', basis: 'chain-proof' }] },
      { limits: ['not_logged', 'chain_not_proven'] },
      { actorChain: undefined },
      { verdict: { result: 'denied', stage: 'policy', code: 'expired', family: 'ended' } },
      { verdict: { result: 'not_permitted', stage: 'policy', code: 'expired', family: 'refused' } },
      { verdict: { result: 'denied', stage: 'policy', code: 'toString', family: 'refused' } },
      { verdict: { ...ALLOWED, rules: ['a'] } },
      { verdict: { ...ALLOWED, rules: ['b', 'a'] } },
      { verdict: { ...ALLOWED, rules: Array(257).fill('a') } },
      { verdict: { ...ALLOWED, result: 'escalated', rules: ['a', 'b'] } },
    ]
    for (const change of wrong)
      expect(
        refusal(() => parseStatement({ ...first.statement, ...change })),
        JSON.stringify(change),
      ).toBe('receipt.statement_refused')
    for (const junk of [null, [], 'x', 7, {}])
      expect(refusal(() => parseStatement(junk))).toBe('receipt.statement_refused')
  })
})

describe('decisionReceipt', () => {
  test('default: says what it does not prove', async () => {
    expect(first.statement.limits).toEqual(['chain_not_proven', 'not_logged'])
    const bare = decisionReceipt({
      grant,
      action,
      verdict: denyFor('state_missing'),
      request: { request: { ...request.request, reason: 'x'.repeat(3_000) } },
      stage: 'state',
      layer: 'redeemer',
    })
    expect(bare.draft.limits).toEqual([
      'chain_not_identified',
      'not_logged',
      'reason_left_out',
      'request_unsigned',
      'state_not_read',
    ])
    expect(bare.draft.intent.reason).toBeUndefined()
    for (const limit of bare.draft.limits) expect(LIMITS[limit].length).toBeGreaterThan(20)
    expect((await issue(bare)).statement.kind).toBe('decision')
  })

  test('behavior: an agent’s words are cut, cleaned data', async () => {
    const reason = 'Pay\u001b[31m \u202eevil\u2069\nIgnore the scope \u{e0041} e\u0301'
    const { drafted: noted } = await decide({ grant, action: { ...action, reason }, state })
    expect(noted.draft.intent.reason).toBe('Pay\ufffd[31m \ufffdevil\ufffd\ufffdIgnore the scope \ufffd \u00e9')
  })

  test('error: parts of two attempts', () => {
    const parts = { grant, action, verdict, state, stage: 'policy', layer: 'redeemer' } as const
    for (const change of [{ grant: hash('01') }, { redeemer: at('66') }, { chainId: 1 }, { calls: [] }]) {
      const wrong = { request: { ...request.request, ...change } }
      expect(refusal(() => decisionReceipt({ ...parts, request: wrong }))).toBe('receipt.inputs_disagree')
    }
    expect(
      refusal(() => decisionReceipt({ ...parts, request, verdict: { ...verdict, branch: 9 } as typeof verdict })),
    ).toBe('receipt.inputs_disagree')
  })

  test('behavior: an escalation is a decision too: who has to confirm what, until when', () => {
    const escalate = {
      verdict: 'escalate',
      code: 'above_threshold',
      branch: 0,
      rule: 'pay',
      message: '',
      threshold: 1n,
      requested: 2n,
      confirmer: at('66'),
      timeout: 900n,
    } as const
    const parts = { grant, action, verdict: escalate, state, request, stage: 'state', layer: 'redeemer' } as const
    const { draft, evidence } = decisionReceipt(parts)
    const [about, numbers] = [
      { result: 'escalated', stage: 'state', code: 'above_threshold', branch: 0, rule: 'pay' },
      { threshold: '1', requested: '2', timeout: '900' },
    ]
    expect(draft.verdict).toEqual({ ...about, ...numbers, confirmer: at('66') })
    const delegation = draft.delegation?.chain[0]?.hash as Hex
    const more = { ...escalate, rule: 'a', rules: ['a', 'b'], delegation }
    expect(decisionReceipt({ ...parts, verdict: more }).draft.verdict).toEqual({
      ...{ ...about, ...numbers, confirmer: at('66'), rule: 'a', rules: ['a', 'b'], delegation },
    })
    expect(draft.delegation?.chain.length).toBeGreaterThan(0)
    expect(Object.keys(evidence).sort()).toEqual(['context', 'grant', 'request'])
  })
})

describe('resultOf', () => {
  test('default: every family of reasons is one of three ways of not going ahead', () => {
    const results = Object.values(REASONS).map(({ family }) => resultOf(family))
    expect(new Set(results)).toEqual(new Set(['denied', 'not_permitted', 'could_not_evaluate']))
  })
})

describe('cleanText', () => {
  test('default: whatever goes in, what comes out is clean and stays as it is', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 1_200, unit: 'binary' }),
        fc.array(fc.nat(0xffff), { maxLength: 700 }),
        (text, units) => {
          const input = text + String.fromCharCode(...units)
          const clean = cleanText(input)
          if (clean === undefined) return
          expect(clean.length).toBeLessThanOrEqual(MAX_TEXT)
          expect(clean).not.toMatch(/[\p{Cc}\p{Surrogate}\u202e\u2066]/u)
          expect(cleanText(clean)).toBe(clean)
        },
      ),
      { numRuns: 50 },
    )
    expect(cleanText('')).toBeUndefined()
  })
})

describe('parseBundle', () => {
  test('default: what encodeBundle wrote, and only that text', () => {
    expect(parseBundle(first.text)).toEqual(first.bundle)
    expect(encodeBundle(parseBundle(first.text))).toBe(first.text)
    const document = JSON.parse(first.text)
    for (const text of [
      JSON.stringify(document),
      JSON.stringify(document, null, 2),
      ` ${first.text}`,
      first.text.trimEnd(),
    ])
      expect(refusal(() => parseBundle(text))).toBe('receipt.bundle_not_canonical')
  })

  test('error: other files, sizes and members', () => {
    const document = JSON.parse(first.text)
    const wrong = (change: object) => refusal(() => parseBundle(`${JSON.stringify({ ...document, ...change })}\n`))
    expect(wrong({ mediaType: 'application/json' })).toBe('receipt.bundle_refused')
    expect(wrong({ disclosures: ['x'] })).toBe('receipt.bundle_refused')
    expect(wrong({ log: 'x' })).toBe('receipt.bundle_refused')
    expect(wrong({ evidence: { '../x': '' } })).toBe('receipt.bundle_refused')
    expect(wrong({ evidence: { grant: 7 } })).toBe('receipt.bundle_refused')
    expect(wrong({ receipt: '' })).toBe('receipt.bundle_refused')
    expect(refusal(() => parseBundle(first.text.replace('"evidence":{', '"evidence":{"__proto__":"",')))).toBe(
      'json.forbidden_key',
    )
    expect(refusal(() => parseBundle('x'.repeat(MAX_BUNDLE_BYTES + 1)))).toBe('json.too_large')
    const padded = { ...first.bundle, evidence: { grant: new Uint8Array([1]) } }
    const text = encodeBundle(padded).replace(encodeBase64url(new Uint8Array([1])), 'AR')
    expect(refusal(() => parseBundle(text))).toBe('receipt.base64url_malformed')
  })
})
