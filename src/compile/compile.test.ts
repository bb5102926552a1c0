import { describe, expect, test } from 'vitest'
import {
  act,
  bound,
  budget,
  calls,
  counting,
  decodedOf,
  EXPIRY,
  environment,
  type More,
  nativeBudget,
  noValue,
  pay,
  payee,
  plan,
  type Rule,
  refusal,
  rowOf,
  START,
  spend,
  word,
} from '../../test/arbitraries/plan.ts'
import { AGENT, DAI, PAYEES, PRINCIPAL, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import type { DecodedCaveat } from '../caveats/types.ts'
import { parseScope } from '../scope/parse.ts'
import { compile } from './compile.ts'
import { PERMIT2 } from './dangers.ts'

describe('compile', () => {
  const table: [string, readonly Rule[], More, DecodedCaveat[][], readonly (readonly number[])[]][] = [
    [
      'one payee, lifetime budget',
      [pay()],
      budget(),
      [[payee(PAYEES[0]), noValue, ...bound, spend(USDC, 200_000_000n)]],
      [[0]],
    ],
    [
      'one payee, fixed window',
      [pay()],
      budget({ per: 'P1D', window: 'fixed' }),
      [
        [
          payee(PAYEES[0]),
          noValue,
          ...bound,
          { kind: 'erc20PeriodTransfer', token: USDC, amount: 200_000_000n, duration: 86_400n, start: START },
        ],
      ],
      [[0]],
    ],
    ['anyone', [pay({ to: 'anyone' })], budget(), [[noValue, ...bound, spend(USDC, 200_000_000n)]], [[0]]],
    [
      'two payees share the budget through an umbrella',
      [pay({ to: [PAYEES[0], PAYEES[1]] })],
      budget(),
      [[noValue, ...bound, spend(USDC, 200_000_000n)], [payee(PAYEES[0])], [payee(PAYEES[1])]],
      [
        [1, 0],
        [2, 0],
      ],
    ],
    [
      'a weight divides the budget, rounded down',
      [pay({ asset: DAI })],
      { budgets: { b: { assets: { [DAI]: '3' }, max: '200' } } },
      [[payee(PAYEES[0]), noValue, ...bound, spend(DAI, 66_666_666_666_666_666_666n)]],
      [[0]],
    ],
    [
      'native coin to two payees is one delegation',
      [pay({ asset: 'native', to: [PAYEES[0], PAYEES[1]] })],
      nativeBudget(),
      [
        [
          { kind: 'allowedTargets', targets: [PAYEES[0], PAYEES[1]] },
          { kind: 'exactCalldata', data: '0x' },
          ...bound,
          { kind: 'nativeTransferAmount', limit: 2n * 10n ** 18n },
        ],
      ],
      [[0]],
    ],
    [
      'native coin by window',
      [pay({ asset: 'native', to: 'anyone' })],
      nativeBudget({ per: 'PT1H', window: 'fixed' }),
      [
        [
          { kind: 'exactCalldata', data: '0x' },
          ...bound,
          { kind: 'nativePeriodTransfer', amount: 2n * 10n ** 18n, duration: 3_600n, start: START },
        ],
      ],
      [[0]],
    ],
    [
      'a native budget of two rules: empty calldata stands on the umbrella',
      [pay({ asset: 'native' }), pay({ id: 'tip', asset: 'native', to: 'anyone' })],
      nativeBudget(),
      [
        [{ kind: 'exactCalldata', data: '0x' }, ...bound, { kind: 'nativeTransferAmount', limit: 2n * 10n ** 18n }],
        [{ kind: 'allowedTargets', targets: [PAYEES[0]] }],
        [{ kind: 'exactCalldata', data: '0x' }],
      ],
      [
        [1, 0],
        [2, 0],
      ],
    ],
    [
      'one call in all: the maximum is the cap',
      [pay({ max: '50' })],
      { ...budget(), calls: { max: 1 } },
      [[payee(PAYEES[0]), noValue, ...bound, calls(1n), spend(USDC, 50_000_000n)]],
      [[0]],
    ],
    [
      'one call in all, no budget',
      [pay({ max: '50', budget: undefined as never })],
      { calls: { max: 1 } },
      [[payee(PAYEES[0]), noValue, ...bound, calls(1n), spend(USDC, 50_000_000n)]],
      [[0]],
    ],
    [
      'one call in all, two payees: each leaf has the maximum, the umbrella the budget and the call',
      [pay({ max: '50', to: [PAYEES[0], PAYEES[1]] })],
      { ...budget(), calls: { max: 1 } },
      [
        [noValue, ...bound, calls(1n), spend(USDC, 200_000_000n)],
        [payee(PAYEES[0]), spend(USDC, 50_000_000n)],
        [payee(PAYEES[1]), spend(USDC, 50_000_000n)],
      ],
      [
        [1, 0],
        [2, 0],
      ],
    ],
    [
      'a maximum no lower than the budget says nothing more',
      [pay({ max: '200' })],
      budget(),
      [[payee(PAYEES[0]), noValue, ...bound, spend(USDC, 200_000_000n)]],
      [[0]],
    ],
    [
      'rules that share nothing are roots of their own',
      [pay(), act()],
      budget(),
      [
        [payee(PAYEES[0]), noValue, ...bound, spend(USDC, 200_000_000n)],
        [
          { kind: 'allowedTargets', targets: [TARGET] },
          { kind: 'allowedMethods', selectors: ['0xc4076876'] },
          noValue,
          ...bound,
        ],
      ],
      [[0], [1]],
    ],
    [
      'rules that share only the number of calls: an umbrella that also closes batch mode',
      [pay(), act()],
      { ...budget(), calls: { max: 5 } },
      [
        [noValue, ...bound, calls(5n)],
        [payee(PAYEES[0]), spend(USDC, 200_000_000n)],
        [
          { kind: 'allowedTargets', targets: [TARGET] },
          { kind: 'allowedMethods', selectors: ['0xc4076876'] },
        ],
      ],
      [
        [1, 0],
        [2, 0],
      ],
    ],
    [
      'a budget shared under a shared number of calls: three links',
      [pay({ to: [PAYEES[0], PAYEES[1]] }), act({ value: { lte: '9' } })],
      { ...budget(), calls: { max: 5 } },
      [
        [{ kind: 'valueLte', max: 9n }, ...bound, calls(5n)],
        [noValue, spend(USDC, 200_000_000n)],
        [payee(PAYEES[0])],
        [payee(PAYEES[1])],
        [
          { kind: 'allowedTargets', targets: [TARGET] },
          { kind: 'allowedMethods', selectors: ['0xc4076876'] },
          { kind: 'valueLte', max: 9n },
        ],
      ],
      [
        [2, 1, 0],
        [3, 1, 0],
        [4, 0],
      ],
    ],
    [
      'a pinned first argument takes the selector with it',
      [act({ args: { to: { eq: 'principal' } } })],
      {},
      [
        [
          { kind: 'allowedTargets', targets: [TARGET] },
          { kind: 'allowedCalldata', start: 0n, value: `0xc4076876${word(PRINCIPAL).slice(2)}` },
          noValue,
          ...bound,
        ],
      ],
      [[0]],
    ],
    [
      'a pinned second argument',
      [act({ args: { amount: { eq: '5' } } })],
      {},
      [
        [
          { kind: 'allowedTargets', targets: [TARGET] },
          { kind: 'allowedMethods', selectors: ['0xc4076876'] },
          { kind: 'allowedCalldata', start: 36n, value: word('0x05') },
          noValue,
          ...bound,
        ],
      ],
      [[0]],
    ],
    [
      'all arguments pinned: the whole calldata',
      [act({ args: { to: { eq: 'delegate' }, amount: { eq: '5' } } })],
      {},
      [
        [
          { kind: 'allowedTargets', targets: [TARGET] },
          { kind: 'exactCalldata', data: `0xc4076876${word(AGENT).slice(2)}${word('0x05').slice(2)}` },
          noValue,
          ...bound,
        ],
      ],
      [[0]],
    ],
  ]
  test.each(table)('default: %s', (_, rules, more, caveats, links) => {
    const made = plan(rules, more)
    expect(decodedOf(made)).toEqual(caveats)
    expect(made.branches.map((branch) => branch.links)).toEqual(links)
    for (const draft of made.drafts) expect(draft.delegator).toBe(PRINCIPAL)
    const leaves = new Set(made.branches.map((branch) => branch.links[0]))
    for (const [index, draft] of made.drafts.entries()) {
      expect(draft.delegate).toBe(leaves.has(index) ? AGENT : PRINCIPAL)
    }
  })

  test('behavior: dynamic arguments are pinned with offsets, lengths and padding, as an honest caller writes them', () => {
    const made = plan([
      act({
        function: 'function note(string text, bool flag, bytes data)',
        args: { text: { eq: 'hällo' }, flag: { eq: true }, data: { eq: '0x' } },
      }),
    ])
    const exact = decodedOf(made)[0]?.find((caveat) => caveat.kind === 'exactCalldata')
    const lines = exact?.data.slice(10).match(/.{64}/g)
    expect(lines).toEqual([
      word('0x60').slice(2),
      word('0x01').slice(2),
      word('0xa0').slice(2),
      word('0x06').slice(2),
      '68c3a46c6c6f'.padEnd(64, '0'),
      word('0x').slice(2),
    ])
  })

  test('behavior: negative integers, fixed bytes and members of structs stand where the ABI puts them', () => {
    const made = plan([
      act({
        function: 'function f(uint8 a, (int64 tick, bytes4 id) p, bytes rest)',
        args: { 'p.tick': { eq: '-3' }, 'p.id': { eq: '0xaabbccdd' } },
      }),
    ])
    expect(decodedOf(made)[0]?.find((caveat) => caveat.kind === 'allowedCalldata')).toEqual({
      kind: 'allowedCalldata',
      start: 36n,
      value: `0x${'f'.repeat(63)}d${'aabbccdd'.padEnd(64, '0')}`,
    })
  })

  test('behavior: windows are counted from unix time zero where the scope has no `notBefore`: their days begin at midnight', () => {
    const document = scopeDocument([pay()], budget({ per: 'P1D', window: 'fixed' }))
    delete document.notBefore
    const made = compile(parseScope(document), environment, { salt: counting(), nonce: 0n })
    expect(decodedOf(made)[0]).toContainEqual({
      kind: 'erc20PeriodTransfer',
      token: USDC,
      amount: 200_000_000n,
      duration: 86_400n,
      start: 86_400n,
    })
    expect(decodedOf(made)[0]).toContainEqual({ kind: 'timestamp', after: 0n, before: EXPIRY })
  })

  test('behavior: a scope from second 0 on: the contract takes a start of zero for "never used", so one window later', () => {
    const made = plan([pay()], { ...budget({ per: 'P1D', window: 'fixed' }), notBefore: '1970-01-01T00:00:00Z' })
    expect(decodedOf(made)[0]).toContainEqual(expect.objectContaining({ kind: 'erc20PeriodTransfer', start: 86_400n }))
    expect(decodedOf(made)[0]).toContainEqual({ kind: 'timestamp', after: 0n, before: EXPIRY })
  })

  test('behavior: with depth there is no redeemer caveat, and coverage says that depth is held by nobody', () => {
    const made = plan([pay()], { ...budget(), redelegation: { maxDepth: 2 } })
    expect(decodedOf(made)[0]?.some(({ kind }) => kind === 'redeemer')).toBe(false)
    expect(rowOf(made, '/redelegation/maxDepth')?.held.by).toBe('nobody')
  })

  test('behavior: the same scope and salts give the same plan', () => {
    expect(plan([pay({ to: [...PAYEES] })], budget())).toEqual(plan([pay({ to: [...PAYEES] })], budget()))
  })

  test('behavior: a rule that acknowledges by name gets what it named, and only that rule', () => {
    const approve = 'function approve(address spender, uint256 amount)'
    const named = act({ id: 'a', function: approve, acknowledge: ['selector:approve'] })
    expect(refusal(() => plan([named]))).toBe('none')
    expect(refusal(() => plan([named, act({ id: 'b', function: approve })]))).toBe('compile.forbidden_selector')
    expect(refusal(() => plan([act({ target: PERMIT2, acknowledge: ['target:permit2'] })]))).toBe('none')
  })

  test('behavior: coverage of every constraint, with the caveat that holds it', () => {
    const made = plan([pay(), act({ args: { amount: { eq: '5' } } })], {
      ...budget(),
      calls: { max: 5 },
      revocation: { group: 'g', guardian: PAYEES[2], maxLatencySeconds: 60 },
    })
    expect(Object.fromEntries(made.coverage.map(({ constraint, held }) => [constraint, held.by]))).toEqual({
      '/chainId': 'chain',
      '/principal': 'chain',
      '/delegate': 'chain',
      '/rules/0/asset': 'chain',
      '/rules/0/to': 'chain',
      '/rules/0/budget': 'chain',
      '/rules/1/target': 'chain',
      '/rules/1/function': 'chain',
      '/rules/1/args/amount': 'chain',
      '/rules/1/value': 'chain',
      '/budgets/b': 'chain',
      '/calls': 'chain',
      '/notBefore': 'chain',
      '/expiry': 'chain',
      '/redelegation/maxDepth': 'chain',
      '/revocation/group': 'chain',
      '/revocation/guardian': 'nobody',
      '/revocation/maxLatencySeconds': 'nobody',
      '/evidence': 'nobody',
    })
    const held = rowOf(made, '/rules/0/to')?.held
    expect(held?.by === 'chain' && held.caveats.map((at) => decodedOf(made)[at.draft]?.[at.caveat])).toEqual([
      payee(PAYEES[0]),
    ])
  })
})
