import { keccak256, stringToHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { encodeCalldata } from '../../../test/arbitraries/calldata.ts'
import { fusedPlan, fusedTerms, PLAIN_RULE, termsOf } from '../../../test/arbitraries/fused.ts'
import {
  act,
  budget,
  EXPIRY,
  environment,
  type More,
  nativeBudget,
  pay,
  type Rule,
  rowOf,
  START,
} from '../../../test/arbitraries/plan.ts'
import { AGENT, DAI, PAYEES, PRINCIPAL, scopeDocument, TARGET, USDC } from '../../../test/arbitraries/scope.ts'
import type { TaskScopeRule, TaskScopeTerms } from '../../caveats/taskScope/types.ts'
import { concatBytes, type Hex } from '../../primitives/hex.ts'
import { scopeHash } from '../../scope/hash.ts'
import { parseScope } from '../../scope/parse.ts'
import { compile } from '../compile.ts'
import { OPEN_DELEGATE } from '../guardScope.ts'
import { isBoundSalt } from '../salt.ts'
import { selectorOf } from '../selector.ts'

const payTo = (to: bigint[], change: Partial<TaskScopeRule> = {}): TaskScopeRule => ({
  ...PLAIN_RULE,
  target: USDC,
  selector: '0xa9059cbb',
  length: 68,
  conditions: [
    to.length === 1 ? { op: 'equal', word: 0, operand: to[0] ?? 0n } : { op: 'one_of', word: 0, operands: to },
  ],
  charges: [{ budget: 0, source: { word: 1 }, weight: 1n }],
  ...change,
})
const [P1, P2] = PAYEES.map(BigInt) as [bigint, bigint]
const lifetime = (cap: bigint, threshold: bigint | null = null) =>
  ({ window: 'lifetime', period: null, cap, threshold }) as const
const group = keccak256(stringToHex('g')).slice(0, 18) as Hex
const CALLED: More = { calls: { max: 3 } }

describe('compile, fused', () => {
  test('default: one delegation, one caveat, one branch without a rule, and nothing accepted', () => {
    const made = fusedPlan([pay({ to: [PAYEES[0], PAYEES[1]], max: '50' })], budget())
    expect(made).toMatchObject({ lowering: 'fused', chainId: 8453, branches: [{ links: [0] }], accepted: [] })
    expect(made.branches[0]).not.toHaveProperty('rule')
    expect(made.drafts).toMatchObject([{ delegate: AGENT, delegator: PRINCIPAL, parent: null }])
    expect(made.drafts[0]?.caveats).toMatchObject([
      { enforcer: environment.enforcers['TaskScopeEnforcer'], args: '0x' },
    ])
    const conditions = [
      { op: 'one_of', word: 0, operands: [P1, P2] },
      { op: 'at_most', word: 1, operand: 50_000_000n },
    ] as const
    const terms: TaskScopeTerms = {
      notBefore: START,
      expiry: EXPIRY,
      maxExecutions: 50,
      group,
      guardian: null,
      requestKey: null,
      confirmer: null,
      calls: null,
      redeemers: [AGENT],
      budgets: [lifetime(200_000_000n)],
      rules: [payTo([], { conditions })],
    }
    expect(termsOf(made)).toEqual(terms)
    const scope = parseScope(scopeDocument([pay({ to: [PAYEES[0], PAYEES[1]], max: '50' })], budget()))
    expect(isBoundSalt(made.drafts[0]?.salt ?? '0x', scopeHash(scope))).toBe(true)
  })

  test('behavior: it is chosen by name, and the framework stands where nothing is said', () => {
    const scope = parseScope(scopeDocument([pay()], budget()))
    const salt = () => `0x${'07'.repeat(32)}` as const
    expect(compile(scope, environment, { salt, nonce: 0n }).lowering).toBe('framework')
    expect(compile(scope, environment, { salt, nonce: 0n, lowering: 'framework' }).lowering).toBe('framework')
    expect(compile(scope, environment, { salt, nonce: 0n, lowering: 'fused' }).lowering).toBe('fused')
    // The nonce belongs to the other lowering.
    const [a, b] = [0n, 9n].map((nonce) => compile(scope, environment, { salt, nonce, lowering: 'fused' }).drafts)
    expect(a).toEqual(b)
  })

  const rules: [string, readonly Rule[], More, readonly TaskScopeRule[]][] = [
    ['one payee is a plain equality', [pay()], budget(), [payTo([P1])]],
    ['anyone, within a budget', [pay({ to: 'anyone' })], budget(), [payTo([], { conditions: [] })]],
    [
      'a maximum without a budget, because calls are counted',
      [pay({ max: '50', budget: undefined as never })],
      CALLED,
      [
        payTo([], {
          charges: [],
          conditions: [
            { op: 'equal', word: 0, operand: P1 },
            { op: 'at_most', word: 1, operand: 50_000_000n },
          ],
        }),
      ],
    ],
    [
      'native coin: a rule for each payee, up to the maximum',
      [pay({ asset: 'native', to: [PAYEES[0], PAYEES[2]], max: '1.5' })],
      nativeBudget(),
      [PAYEES[0], PAYEES[2]].map((target) => ({
        ...PLAIN_RULE,
        target,
        selector: '0x',
        length: 0,
        maxValue: 1_500_000_000_000_000_000n,
        charges: [{ budget: 0, source: 'value', weight: 1n }],
      })),
    ],
    [
      'native coin without a maximum: up to what the budget holds',
      [pay({ asset: 'native' })],
      { budgets: { b: { assets: { native: '3' }, max: '2' } } },
      [
        {
          ...PLAIN_RULE,
          target: PAYEES[0],
          selector: '0x',
          length: 0,
          maxValue: 666_666_666_666_666_666n,
          charges: [{ budget: 0, source: 'value', weight: 1n }],
        },
      ],
    ],
    [
      'rules in the order of the scope',
      [pay({ id: 'z', to: [PAYEES[1]] }), pay({ id: 'a', to: [PAYEES[0]] })],
      budget(),
      [payTo([P2]), payTo([P1])],
    ],
    [
      'a call without conditions, its value and what it spends counted',
      [
        act({
          value: { lte: '7' },
          spends: [
            { asset: USDC, amount: 'amount', budget: 'u' },
            { asset: 'native', amount: 'value', budget: 'n' },
          ],
        }),
      ],
      { budgets: { n: { assets: { native: '1' }, max: '1' }, u: { assets: { [USDC]: '1' }, max: '5' } } },
      [
        {
          ...PLAIN_RULE,
          target: TARGET,
          selector: selectorOf('pay(address,uint256)'),
          length: 68,
          maxValue: 7n,
          charges: [
            { budget: 0, source: 'value', weight: 1n },
            { budget: 1, source: { word: 1 }, weight: 1n },
          ],
        },
      ],
    ],
    [
      'an allowance names the token and the word of its amount; dynamic arguments may be longer',
      [
        act({
          function: 'function swap(address tokenIn, bytes path, uint128 amountIn)',
          allowance: { asset: USDC, amount: 'amountIn' },
          spends: [{ asset: USDC, amount: 'amountIn', budget: 'b' }],
        }),
      ],
      budget(),
      [
        {
          ...PLAIN_RULE,
          target: TARGET,
          selector: selectorOf('swap(address,bytes,uint128)'),
          length: 100,
          longer: true,
          conditions: [{ op: 'at_most', word: 2, operand: 2n ** 128n - 1n }],
          charges: [{ budget: 0, source: { word: 2 }, weight: 1n }],
          allowance: { token: USDC, amountWord: 2 },
        },
      ],
    ],
  ]
  test.each(rules)('behavior: %s', (_, scopeRules, more, expected) => {
    expect(fusedTerms(scopeRules, more).rules).toEqual(expected)
  })

  test('behavior: several lists of payees, several values of a text, each as rules of their own', () => {
    const payees = Array.from(
      { length: 256 },
      (_, n) => `0x${'b'.repeat(36)}${(n + 1).toString(16).padStart(4, '0')}` as Hex,
    )
    const { rules: made } = fusedTerms([pay({ to: payees })], budget())
    expect(made.map(({ conditions }) => conditions)).toEqual([
      [{ op: 'one_of', word: 0, operands: payees.slice(0, 255).map(BigInt) }],
      [{ op: 'equal', word: 0, operand: BigInt(payees[255] ?? '0x') }],
    ])
    expect(fusedTerms([pay({ to: payees.slice(0, 255) })], budget()).rules).toHaveLength(1)

    const texts = fusedTerms([
      act({
        function: 'function note(string a, uint8 n, bytes b)',
        args: { a: { in: ['x', 'y'] }, n: { lte: '3' }, b: { in: ['0x01', '0x02'] } },
      }),
    ])
    const hashes = (a: string, b: Hex) => [
      { op: 'hash', word: 0, operand: keccak256(stringToHex(a)) },
      { op: 'at_most', word: 1, operand: 3n },
      { op: 'hash', word: 2, operand: keccak256(b) },
    ]
    expect(texts.rules.map(({ conditions }) => conditions)).toEqual([
      hashes('x', '0x01'),
      hashes('x', '0x02'),
      hashes('y', '0x01'),
      hashes('y', '0x02'),
    ])
  })

  test('behavior: an argument is called what it likes', () => {
    const odd = 'function f(uint256 constructor, uint256, string toString)'
    expect(fusedTerms([act({ function: odd })]).rules).toMatchObject([{ conditions: [], length: 100, longer: true }])
  })

  test('behavior: a wrapper of calls stands in the terms word by word, so that what it carries can be read', () => {
    const inner = '0x12345678'
    const { rules: made } = fusedTerms([
      act({
        function: 'function functionCall(address target, bytes data)',
        args: { target: { eq: PAYEES[0] }, data: { eq: inner } },
        acknowledge: ['selector:functionCall'],
      }),
    ])
    const data = encodeCalldata('functionCall(address,bytes)', [PAYEES[0], inner])
    const words = made[0]?.conditions.map((condition) => {
      if (condition.op !== 'equal') throw new RangeError(condition.op)
      return condition.operand.toString(16).padStart(64, '0')
    })
    expect(made).toMatchObject([{ selector: data.slice(0, 10), length: (data.length - 2) / 2, longer: false }])
    expect(made[0]?.conditions.map(({ word }) => word)).toEqual([0, 1, 2, 3])
    expect(concatBytes(made[0]?.selector ?? '0x', `0x${words?.join('')}`)).toBe(data)
  })

  test('behavior: times, group and guardian; without a beginning windows go from unix time 0', () => {
    const made = fusedTerms([pay()], {
      ...budget({ per: 'P1D', window: 'fixed' }),
      revocation: { group: 'November', guardian: PAYEES[2], maxLatencySeconds: 60 },
    })
    expect(made).toMatchObject({ notBefore: START, expiry: EXPIRY, guardian: PAYEES[2] })
    expect(made.group).toBe(keccak256(stringToHex('November')).slice(0, 18))
    const document = scopeDocument([pay()], budget({ per: 'P1D', window: 'fixed' }))
    delete document.notBefore
    const salt = () => `0x${'07'.repeat(32)}` as const
    const open = compile(parseScope(document), environment, { salt, nonce: 0n, lowering: 'fused' })
    expect(termsOf(open)).toMatchObject({
      notBefore: 0n,
      budgets: [{ window: 'fixed', period: 86_400n, cap: 200_000_000n }],
    })
    expect(rowOf(open, '/notBefore')).toBeUndefined()
  })

  test('behavior: calls for life and in fixed windows', () => {
    expect(fusedTerms([act()], { calls: { max: 9 } }).calls).toEqual({ max: 9n, period: null })
    expect(fusedTerms([act()], { calls: { max: 9, per: 'PT1H', window: 'fixed' } }).calls).toEqual({
      max: 9n,
      period: 3_600n,
    })
    expect(fusedTerms([act()]).calls).toBeNull()
  })

  test('behavior: with a request key the delegate is open, and whoever may submit is named', () => {
    const request = { key: PAYEES[1], redeemers: [PAYEES[0], PAYEES[2]] }
    const pinned = fusedPlan([pay()], { ...budget(), request })
    expect(pinned.drafts[0]?.delegate).toBe(OPEN_DELEGATE)
    expect(termsOf(pinned)).toMatchObject({ requestKey: PAYEES[1], redeemers: [PAYEES[0], PAYEES[2]] })
    const anyone = fusedPlan([pay()], { ...budget(), request: { ...request, redeemers: 'anyone' } })
    expect(anyone.drafts[0]?.delegate).toBe(OPEN_DELEGATE)
    expect(termsOf(anyone)).toMatchObject({ requestKey: PAYEES[1], redeemers: [] })
    for (const made of [pinned, anyone]) {
      for (const pointer of ['/delegate', '/request', '/redelegation/maxDepth']) {
        expect(rowOf(made, pointer)?.held).toEqual({ by: 'chain', caveats: [{ draft: 0, caveat: 0 }] })
      }
    }
  })

  test('behavior: what may be handed on pins nobody, and depth is held by nobody', () => {
    const made = fusedPlan([pay()], { ...budget(), redelegation: { maxDepth: 1 } })
    expect(termsOf(made).redeemers).toEqual([])
    expect(rowOf(made, '/redelegation/maxDepth')?.held.by).toBe('nobody')
    expect(rowOf(made, '/delegate')?.held).toEqual({ by: 'chain', caveats: [] })
  })

  test('behavior: a threshold for every budget, the cap where none was said, and who confirms', () => {
    const more = {
      budgets: { a: { assets: { [DAI]: '1' }, max: '8' }, b: { assets: { [USDC]: '1' }, max: '200' } },
      escalation: { above: { b: '25' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' },
    } as const
    const both = [pay(), pay({ id: 'dai', asset: DAI, budget: 'a' })]
    const made = fusedPlan(both, more)
    expect(termsOf(made)).toMatchObject({
      confirmer: PRINCIPAL,
      budgets: [lifetime(8n * 10n ** 18n, 8n * 10n ** 18n), lifetime(200_000_000n, 25_000_000n)],
    })
    expect(rowOf(made, '/escalation')?.held.by).toBe('chain')
    expect(rowOf(made, '/escalation/timeout')?.held.by).toBe('nobody')
    const other = fusedTerms(both, { ...more, escalation: { ...more.escalation, confirmer: PAYEES[2] } })
    expect(other.confirmer).toBe(PAYEES[2])
  })
})
