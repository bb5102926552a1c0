import { describe, expect, test } from 'vitest'
import { encodeCalldata } from '../../test/arbitraries/calldata.ts'
import {
  bound,
  draft,
  empty,
  environment,
  methods,
  nonce,
  noValue,
  once,
  other,
  spend,
  targets,
  times,
} from '../../test/arbitraries/drafts.ts'
import { handCaveat, PLAIN_RULE, payRule } from '../../test/arbitraries/fused.ts'
import { AGENT, DAI, PAYEES, PRINCIPAL, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { TaskScopeRule, TaskScopeTerms } from '../caveats/taskScope/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { bytesToUint, sliceBytes } from '../primitives/hex.ts'
import { PERMIT2 } from './dangers.ts'
import { explainDelegations } from './explain.ts'
import type { Finding } from './finding.ts'
import { guardDrafts } from './guardDrafts.ts'
import { OPEN_DELEGATE } from './guardScope.ts'
import { inspectLinks } from './inspect.ts'
import { linksOf } from './links.ts'
import { selectorOf } from './selector.ts'
import type { Draft } from './types.ts'

const SUB = PAYEES[2]
const { manager } = environment
const callRule: TaskScopeRule = { ...PLAIN_RULE, target: TARGET, selector: '0x12345678', length: 68 }
const nativeRule: TaskScopeRule = { ...PLAIN_RULE, target: PAYEES[0], selector: '0x', length: 0, maxValue: 7n }
const charged = { ...nativeRule, charges: [{ budget: 0, source: 'value', weight: 1n }] } as const
const approveRule = { ...callRule, selector: selectorOf('approve(address,uint256)') }

const one = (change: Partial<TaskScopeTerms> = {}, ...beside: KnownCaveat[]) => draft([handCaveat(change), ...beside])
const ruled = (rule: Partial<TaskScopeRule>, change: Partial<TaskScopeTerms> = {}) =>
  one({ rules: [{ ...callRule, ...rule }], ...change })
const under = (change: Partial<TaskScopeTerms>, ...beside: KnownCaveat[]) =>
  draft([handCaveat(change), ...beside], { parent: 0, delegator: AGENT, delegate: SUB, ...other })

function found(drafts: readonly Draft[]): Finding[] {
  return inspectLinks(linksOf(drafts), environment)
}
const codes = (drafts: readonly Draft[]) => found(drafts).map(({ code }) => code)

/** A rule whose calldata is fixed word by word. */
function exactRule(target: Address, data: Hex): TaskScopeRule {
  const words = (data.length - 10) / 64
  return {
    ...PLAIN_RULE,
    target,
    selector: sliceBytes(data, 0, 4),
    length: (data.length - 2) / 2,
    conditions: Array.from({ length: words }, (_, word) => ({
      op: 'equal',
      word,
      operand: bytesToUint(sliceBytes(data, 4 + 32 * word, 36 + 32 * word)),
    })),
  }
}

describe('inspectLinks, a whole scope in one caveat', () => {
  test('default: near to a danger and none', () => {
    const none: Draft[][] = [
      [one()],
      [one({ maxExecutions: 0 })],
      [one({ rules: [charged] })],
      [one({ rules: [nativeRule], calls: { max: 1n, period: 9n } })],
      [one({ rules: [nativeRule] }, noValue, targets(PAYEES[0]))],
      [one({ rules: [nativeRule] }, { kind: 'nativeTransferAmount', limit: 5n }, empty)],
      [one({ rules: [{ ...payRule, charges: [] }], calls: { max: 1n, period: null } })],
      [one({ rules: [{ ...payRule, charges: [] }] }, spend, noValue)],
      [one({ rules: [{ ...payRule, charges: [] }] }, once)],
      [ruled({})],
      // Alive for one second.
      [one({ notBefore: 1_999_999_998n }, { ...times, before: 1_999_999_999n })],
      [ruled({ target: PAYEES[0], allowance: { token: USDC, amountWord: 1 } })],
      [
        one({
          rules: [
            {
              ...payRule,
              conditions: [],
              charges: [{ budget: 0, source: 'balance', weight: 1n }],
              measured: { asset: USDC, account: PRINCIPAL },
            },
          ],
        }),
      ],
      [
        one({ requestKey: PAYEES[1] }),
        { ...draft([]), ...one({ requestKey: PAYEES[1] }), ...other, delegate: OPEN_DELEGATE },
      ],
      [one(), under({})],
      [one({ rules: [payRule, callRule] }), under({ rules: [{ ...payRule, charges: [] }], budgets: [] })],
      [draft([...bound, spend, noValue]), under({ expiry: times.before })],
      [one(), draft([spend, noValue, times], { parent: 0, delegator: AGENT, delegate: SUB, ...other })],
      [one({ rules: [exactRule(TARGET, encodeCalldata('pay(address,uint256)', [PAYEES[0], 5n]))] })],
    ]
    for (const [index, drafts] of none.entries()) expect(found(drafts), `${index}`).toEqual([])
  })

  const wrapped = (to: Address, data: Hex, name = 'functionCall') =>
    exactRule(TARGET, encodeCalldata(`${name}(address,bytes)`, [to, data]))
  const attacks: [string, string, Draft[]][] = [
    ['compile.target_is_manager', 'the manager', [ruled({ target: manager })]],
    ['compile.target_is_principal', 'the principal', [ruled({ target: PRINCIPAL })]],
    ['compile.forbidden_target', 'an enforcer', [ruled({ target: environment.enforcers['NonceEnforcer'] ?? '0x' })]],
    ['compile.forbidden_target', 'the entry point', [ruled({ target: environment.entryPoint })]],
    ['compile.forbidden_target', 'Permit2', [ruled({ target: PERMIT2 })]],
    ['compile.forbidden_payee', 'the manager paid in native coin', [one({ rules: [{ ...charged, target: manager }] })]],
    [
      'compile.forbidden_payee',
      'the principal among the payees of a token',
      [
        one({
          rules: [
            { ...payRule, conditions: [{ op: 'one_of', word: 0, operands: [BigInt(PAYEES[0]), BigInt(PRINCIPAL)] }] },
          ],
        }),
      ],
    ],
    [
      'compile.forbidden_payee',
      'the manager as the only payee',
      [one({ rules: [{ ...payRule, conditions: [{ op: 'equal', word: 0, operand: BigInt(manager) }] }] })],
    ],
    ['compile.forbidden_selector', 'an approval', [one({ rules: [approveRule] })]],
    [
      'compile.target_is_manager',
      'an allowance of the manager',
      [ruled({ allowance: { token: manager, amountWord: 1 } })],
    ],
    [
      'compile.forbidden_selector',
      'an approval inside an allowance',
      [ruled({ ...approveRule, allowance: { token: USDC, amountWord: 1 } })],
    ],
    [
      'compile.nested_open',
      'a wrapper of calls left open',
      [one({ rules: [{ ...wrapped(PAYEES[0], '0x12345678'), longer: true }] })],
    ],
    [
      'compile.nested_open',
      'a wrapper with one word left open',
      [
        one({
          rules: [
            { ...wrapped(PAYEES[0], '0x12345678'), conditions: wrapped(PAYEES[0], '0x12345678').conditions.slice(1) },
          ],
        }),
      ],
    ],
    [
      'compile.target_is_manager',
      'a wrapper that calls the manager',
      [one({ rules: [wrapped(manager, '0x12345678')] })],
    ],
    [
      'compile.nested_delegatecall',
      'a wrapper that runs foreign code',
      [one({ rules: [wrapped(PAYEES[0], '0x12345678', 'functionDelegateCall')] })],
    ],
    ['compile.unbounded_transfer', 'a transfer that nothing counts', [one({ rules: [{ ...payRule, charges: [] }] })]],
    [
      'compile.unbounded_transfer',
      'a transfer of any amount, whose calls are counted',
      [one({ rules: [{ ...payRule, charges: [], conditions: [] }], calls: { max: 1n, period: null } })],
    ],
    [
      'compile.unbounded_transfer',
      'a transfer that counts another word',
      [one({ rules: [{ ...payRule, charges: [{ budget: 0, source: { word: 0 }, weight: 1n }] }] })],
    ],
    [
      'compile.unbounded_transfer',
      'a transfer that counts one for each',
      [one({ rules: [{ ...payRule, charges: [{ budget: 0, source: 'count', weight: 1n }] }] })],
    ],
    [
      'compile.unbounded_transfer',
      'a transfer beside a balance of another token',
      [
        one({
          rules: [
            {
              ...payRule,
              charges: [{ budget: 0, source: 'balance', weight: 1n }],
              measured: { asset: DAI, account: PRINCIPAL },
            },
          ],
        }),
      ],
    ],
    [
      'compile.unbounded_transfer',
      'a transfer that the link above counts for another rule only',
      [
        one({ rules: [payRule, { ...payRule, conditions: [], charges: [] }], calls: null }),
        under({ rules: [{ ...payRule, charges: [] }], budgets: [] }),
      ],
    ],
    ['compile.native_unbounded', 'value that nothing counts', [one({ rules: [nativeRule] })]],
    [
      'compile.native_unbounded',
      'value beside a counted argument',
      [ruled({ maxValue: 1n, charges: [{ budget: 0, source: { word: 1 }, weight: 1n }] })],
    ],
    ['compile.counted_twice', 'two of them in one delegation', [draft([handCaveat(), handCaveat({ expiry: 9n })])]],
    ['compile.open_delegate', 'open to anyone without a key', [{ ...one(), delegate: OPEN_DELEGATE }]],
    [
      'compile.open_delegate',
      'nobody, with a key',
      [{ ...one({ requestKey: PAYEES[1] }), delegate: `0x${'00'.repeat(20)}` }],
    ],
    [
      'compile.forbidden_target',
      'the account that hands it on',
      [one({ rules: [callRule, { ...callRule, target: AGENT }] }), under({ rules: [{ ...callRule, target: AGENT }] })],
    ],
    ['compile.disjoint', 'no rule at all', [one({ rules: [] })]],
    ['compile.disjoint', 'other targets beside it', [one({}, targets(DAI))]],
    ['compile.disjoint', 'other functions beside it', [one({}, methods('0x12345678'))]],
    ['compile.disjoint', 'it ends before another begins', [one({}, { ...times, before: 0n, after: 2_000_000_000n })]],
    [
      'compile.disjoint',
      'it begins after another has ended',
      [one({ notBefore: 1_999_999_999n }, { ...times, before: 1_999_999_999n })],
    ],
    [
      'compile.disjoint',
      'other redeemers beside it',
      [one({ redeemers: [AGENT] }, { kind: 'redeemer', redeemers: [SUB] })],
    ],
    [
      'compile.disjoint',
      'allowances, which are batches, beside a caveat of single calls',
      [one({ rules: [{ ...callRule, allowance: { token: USDC, amountWord: 1 } }] }, noValue)],
    ],
    [
      'compile.mixed_modes',
      'single calls only, beside a caveat of batches',
      [
        one(
          { maxExecutions: 0, rules: [callRule] },
          { kind: 'exactExecutionBatch', executions: [{ target: TARGET, value: 0n, data: '0x12345678' }] },
        ),
      ],
    ],
  ]
  test.each(attacks)('attack: %s: %s', (code, _, drafts) => {
    expect(codes(drafts)).toContain(code)
  })

  test('behavior: a finding names link, caveat and rule, once on however many paths', () => {
    const rules = [callRule, { ...callRule, target: manager }]
    const root = draft([nonce, handCaveat({ rules })], { delegate: PRINCIPAL })
    const leaf = (n: number): Draft => ({
      ...draft([noValue], { parent: 0, delegate: AGENT, salt: `0x${`${n}`.repeat(64)}` }),
    })
    expect(found([root, leaf(7), leaf(8)])).toMatchObject([
      { code: 'compile.target_is_manager', link: 0, caveat: 1, rule: 1, acknowledge: null },
    ])
  })

  test('behavior: a word accepts a danger for its own rule, or for the whole link', () => {
    const drafts = [one({ rules: [callRule, approveRule] })]
    const guard = (options: object) => () => guardDrafts(drafts, environment, options)
    expect(guard({})).toThrow(expect.objectContaining({ code: 'compile.forbidden_selector' }))
    expect(guard({})).toThrow(expect.objectContaining({ details: { draft: 0, caveat: 0, rule: 1 } }))
    expect(guard({ acknowledgedRules: { 0: [['selector:approve'], []] } })).toThrow()
    expect(guard({ acknowledgedRules: { 1: [[], ['selector:approve']] } })).toThrow()
    expect(guard({ acknowledgedRules: { 0: [[], ['selector:approve']] } })).not.toThrow()
    expect(guard({ acknowledged: { 0: ['selector:approve'] } })).not.toThrow()
  })

  const list = (...operands: bigint[]) =>
    operands.length === 1
      ? ({ op: 'equal', word: 0, operand: operands[0] ?? 0n } as const)
      : ({ op: 'one_of', word: 0, operands } as const)
  const most = (operand: bigint) => ({ op: 'at_most', word: 1, operand }) as const
  const conditions = (...all: TaskScopeRule['conditions'][number][]) => ({ rules: [{ ...payRule, conditions: all }] })
  const key = { ...callRule, conditions: [list(1n)] }
  const wider: [string, Partial<TaskScopeTerms>, Partial<TaskScopeTerms>, boolean][] = [
    ['the same', {}, {}, false],
    ['longer', {}, { expiry: 2_000_000_001n }, true],
    ['shorter', {}, { expiry: 1_999_999_999n }, false],
    ['more executions', {}, { maxExecutions: 11 }, true],
    ['fewer executions', {}, { maxExecutions: 9 }, false],
    ['more calls', { calls: { max: 5n, period: 9n } }, { calls: { max: 6n, period: 9n } }, true],
    ['as many calls', { calls: { max: 5n, period: 9n } }, { calls: { max: 5n, period: 9n } }, false],
    ['calls in another time', { calls: { max: 5n, period: 9n } }, { calls: { max: 6n, period: 8n } }, false],
    ['calls not counted', { calls: { max: 5n, period: 9n } }, {}, true],
    ['calls counted', {}, { calls: { max: 5n, period: 9n } }, false],
    ['other redeemers', { redeemers: [SUB, AGENT] }, { redeemers: [SUB, PAYEES[0]] }, true],
    ['fewer redeemers', { redeemers: [SUB, AGENT] }, { redeemers: [SUB] }, false],
    ['any redeemer', { redeemers: [SUB] }, {}, true],
    ['pinned redeemers', {}, { redeemers: [SUB] }, false],
    ['another target', {}, { rules: [payRule, { ...payRule, target: DAI }] }, true],
    ['another function', { rules: [callRule] }, { rules: [{ ...callRule, selector: '0x12345679' }] }, true],
    ['longer calldata', { rules: [callRule] }, { rules: [{ ...callRule, length: 100 }] }, true],
    ['any longer calldata', { rules: [callRule] }, { rules: [{ ...callRule, longer: true }] }, true],
    ['calldata as short as it may be', { rules: [{ ...callRule, longer: true }] }, { rules: [callRule] }, false],
    [
      'calldata as long as it may be',
      { rules: [{ ...callRule, longer: true }] },
      { rules: [{ ...callRule, length: 100 }] },
      false,
    ],
    [
      'calldata shorter than it may be',
      { rules: [{ ...callRule, longer: true }] },
      { rules: [{ ...callRule, length: 36 }] },
      true,
    ],
    [
      'another allowance',
      { rules: [{ ...callRule, allowance: { token: USDC, amountWord: 1 } }] },
      { rules: [{ ...callRule, allowance: { token: DAI, amountWord: 1 } }] },
      true,
    ],
    ['more value', { rules: [charged] }, { rules: [{ ...charged, maxValue: 8n }] }, true],
    ['as much value', { rules: [charged] }, { rules: [charged] }, false],
    ['as much value as one of two', { rules: [{ ...charged, maxValue: 1n }, charged] }, { rules: [charged] }, false],
    ['another payee', conditions(list(1n, 2n)), conditions(list(2n, 3n)), true],
    ['fewer payees', conditions(list(1n, 2n)), conditions(list(2n)), false],
    ['any payee', conditions(list(1n)), conditions(most(5n)), true],
    [
      'payees of two rules above',
      { rules: [list(1n), list(2n)].map((c) => ({ ...payRule, conditions: [c] })) },
      conditions(list(1n, 2n)),
      false,
    ],
    ['a larger amount', conditions(most(5n)), conditions(most(6n)), true],
    ['a smaller amount', conditions(most(5n)), conditions(most(4n)), false],
    [
      'an amount that another rule above leaves open',
      { rules: [most(5n), list(1n)].map((c) => ({ ...payRule, conditions: [c] })) },
      conditions(list(1n), most(6n)),
      false,
    ],
    ['as large an amount', conditions(most(5n)), conditions(most(5n)), false],
    ['an amount out of a list', conditions(most(5n)), conditions({ op: 'one_of', word: 1, operands: [1n, 6n] }), true],
    ['any amount', conditions(most(5n)), conditions(list(1n)), true],
    [
      'the larger of two maxima above',
      { rules: [most(5n), most(7n)].map((c) => ({ ...payRule, conditions: [c] })) },
      conditions(most(7n)),
      false,
    ],
    [
      'said in another form: not compared',
      { rules: [key] },
      { rules: [{ ...key, conditions: [{ op: 'at_least', word: 0, width: 0, left: false, operand: 1n }] }] },
      false,
    ],
  ]
  test.each(wider)('behavior: compared with the link above: %s', (_, parent, child, expected) => {
    const findings = found([one({ ...parent }), under(child)])
    expect(findings.filter(({ code }) => code === 'compile.wider_than_parent')).toHaveLength(expected ? 1 : 0)
    expect(findings.filter(({ link }) => link === 0)).toEqual([])
  })

  test('behavior: ends of both kinds of caveats are compared', () => {
    const longer = { ...times, before: 2_000_000_001n }
    const framework = (before: bigint) =>
      draft([{ ...times, before }, noValue], { parent: 0, delegator: AGENT, delegate: SUB, ...other })
    expect(codes([one(), framework(2_000_000_001n)])).toContain('compile.wider_than_parent')
    expect(codes([one(), framework(0n)])).toContain('compile.wider_than_parent')
    expect(codes([one(), framework(2_000_000_000n)])).not.toContain('compile.wider_than_parent')
    const above = (before: bigint) => draft([{ ...longer, before }, nonce, spend, noValue])
    expect(codes([above(1_999_999_999n), under({})])).toContain('compile.wider_than_parent')
    expect(codes([above(0n), under({})])).not.toContain('compile.wider_than_parent')
  })
})

describe('explainDelegations, a whole scope in one caveat', () => {
  /** What is said of a link beside its caveats. */
  const warned = (drafts: Draft[]) =>
    explainDelegations(drafts, environment, {}).flatMap(({ sentence, warning, caveat }) =>
      warning === undefined || caveat !== undefined ? [] : [sentence],
    )
  const pinned: TaskScopeRule = {
    ...payRule,
    conditions: [...payRule.conditions, { op: 'equal', word: 0, operand: 1n }],
  }

  test('default: who acts, and what is left open', () => {
    const [heading] = explainDelegations(
      [{ ...one({ requestKey: PAYEES[1] }), delegate: OPEN_DELEGATE }],
      environment,
      {},
    )
    expect(heading?.sentence).toContain('whoever submits it may act for')
    expect(warned([one({ rules: [pinned], redeemers: [AGENT] })])).toEqual([])
    expect(warned([one({ rules: [pinned], requestKey: PAYEES[1], redeemers: [SUB] })])).toEqual([])
    expect(warned([one({ rules: [pinned], redeemers: [AGENT, SUB] })])).toEqual(['May be handed on'])
    expect(warned([one({ rules: [pinned] })])).toEqual(['May be handed on'])
    expect(warned([one({ rules: [pinned, payRule], redeemers: [AGENT] })])).toContain('To anyone')
    expect(warned([one({ rules: [callRule], redeemers: [AGENT] })])).toEqual([])
    // Under a link that pays anyone one that does not; each link is said by itself.
    const chain = [one({ rules: [payRule] }), under({ rules: [pinned], redeemers: [SUB] })]
    expect(warned(chain)).toEqual(['To anyone', 'May be handed on'])
  })

  test('behavior: a danger stands beside the caveat whose rule it is', () => {
    const rows = explainDelegations([draft([handCaveat({ rules: [callRule, approveRule] })])], environment, {})
    const ofCaveat = rows.filter(({ caveat }) => caveat === 0)
    expect(ofCaveat.map(({ warning = '' }) => warning.includes('hands out more than one call')).slice(0, 3)).toEqual([
      false,
      true,
      false,
    ])
    // A second caveat of this enforcer is wrong as a whole: said beside its first sentence.
    const twice = explainDelegations([draft([handCaveat(), handCaveat({ expiry: 9n })])], environment, {})
    expect(twice.filter(({ caveat }) => caveat === 1)[0]?.warning).toContain('counts twice')
  })
})
