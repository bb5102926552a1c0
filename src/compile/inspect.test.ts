import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { grouped } from '../../scripts/errors-page.ts'
import { encodeCalldata } from '../../test/arbitraries/calldata.ts'
import {
  balance,
  bound,
  call,
  child,
  draft,
  empty,
  environment,
  methods,
  native,
  nonce,
  noValue,
  once,
  other,
  period,
  pin,
  redeemer,
  safe,
  specific,
  spend,
  targets,
  times,
  word,
} from '../../test/arbitraries/drafts.ts'
import { refusal } from '../../test/arbitraries/plan.ts'
import { AGENT, DAI, PAYEES, PRINCIPAL, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Caveat } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { PERMIT2 } from './dangers.ts'
import type { CompileErrorCode } from './errors.ts'
import { guardDrafts } from './guardDrafts.ts'
import { inspectLinks } from './inspect.ts'
import { linksOf } from './links.ts'
import type { Draft } from './types.ts'

describe('inspectLinks', () => {
  test('behavior: near to a danger and none: nothing is said', () => {
    const none: Draft[][] = [
      [draft([...safe, { kind: 'timestamp', after: times.before - 2n, before: 0n }])],
      [draft([...safe, pin(4n, word('0x01')), pin(36n, word('0x02'))])],
      [draft([...safe, pin(0n, '0xa9059cbb')])],
      [draft(safe), child([spend, { ...times, after: 9n }])],
      [draft([...bound, noValue, period(10n)]), child([{ ...period(99n), duration: 10n } as KnownCaveat])],
      [draft([...bound, noValue, targets(TARGET, PAYEES[0]), methods('0x12345678')])],
      [draft([...bound, noValue, targets(TARGET), methods('0x12345678', '0x87654321')])],
      [draft([...bound, { kind: 'approvalRevocation', methods: ['erc20Approve'] }])],
      [
        draft([
          ...bound,
          { kind: 'multiTokenPeriod', periods: [{ token: USDC, amount: 1n, duration: 9n, start: 1n }] },
        ]),
      ],
      [draft([...bound, noValue, { kind: 'erc721Transfer', token: PAYEES[2], tokenId: 7n }])],
      [
        draft([
          ...bound,
          { kind: 'exactExecutionBatch', executions: [{ target: TARGET, value: 0n, data: '0x12345678' }] },
        ]),
      ],
      [draft([...bound, once, { kind: 'exactExecution', target: TARGET, value: 5n, data: '0x12345678' }])],
      [draft([...bound, empty, { kind: 'nativeStreaming', initial: 1n, max: 5n, perSecond: 1n, start: 1n }])],
      [
        draft([
          ...bound,
          noValue,
          { kind: 'erc20Streaming', token: USDC, initial: 1n, max: 5n, perSecond: 1n, start: 1n },
        ]),
      ],
    ]
    for (const drafts of none) expect(inspectLinks(linksOf(drafts), environment)).toEqual([])
  })

  const batch: KnownCaveat = {
    kind: 'exactExecutionBatch',
    executions: [{ target: TARGET, value: 0n, data: '0x12345678' }],
  }
  const strange: Caveat = { enforcer: PAYEES[2], terms: word('0x01'), args: '0x' }
  const exact = (data: Hex): KnownCaveat => ({ kind: 'exactCalldata', data })
  const specificEnforcer = environment.enforcers['SpecificActionERC20TransferBatchEnforcer'] ?? '0x'
  const MULTICALL: Hex = '0xac9650d8'
  const wrapping = (to: Address, name = 'functionCall'): Hex =>
    encodeCalldata(`${name}(address,bytes)`, [to, '0x12345678'])
  const delegating = wrapping(PAYEES[0], 'functionDelegateCall')
  const attacks: [CompileErrorCode, string, Draft[]][] = [
    [
      'compile.periods_share_counter',
      'two periods share one counter (C1)',
      [draft([...bound, noValue, period(10n), period(30n)])],
    ],
    ['compile.counted_twice', 'two lifetime caps (C2)', [draft([...safe, spend])]],
    ['compile.counted_twice', 'two call limits (C2)', [draft([...safe, once, once])]],
    ['compile.mixed_modes', 'a batch enforcer beside single ones (C4)', [draft([...safe, batch])]],
    [
      'compile.native_with_calldata',
      'a native cap without calldata (C6)',
      [draft([...bound, native, targets(TARGET)])],
    ],
    ['compile.any_target', 'no target (C7, C8)', [draft([...bound, methods('0x12345678')])]],
    [
      'compile.any_target',
      'calldata pinned, target open: the same bytes on any token',
      [draft([...bound, { kind: 'exactCalldata', data: '0x12345678' }])],
    ],
    ['compile.any_method', 'a target with every function', [draft([...bound, targets(TARGET)])]],
    ['compile.any_method', 'half a selector pinned', [draft([...bound, targets(TARGET), pin(0n, '0x1234')])]],
    [
      'compile.target_is_manager',
      'the manager among the targets (C7)',
      [draft([...bound, targets(TARGET, environment.manager), methods('0x12345678')])],
    ],
    [
      'compile.target_is_principal',
      'the principal (C8)',
      [draft([...bound, targets(PRINCIPAL), methods('0x12345678')])],
    ],
    ['compile.forbidden_target', 'Permit2', [draft([...bound, targets(PERMIT2), methods('0x12345678')])]],
    [
      'compile.forbidden_payee',
      'native coin to the principal itself',
      [draft([...bound, targets(PRINCIPAL), empty, native])],
    ],
    ['compile.forbidden_payee', 'a token to the manager', [draft([...safe, pin(4n, word(environment.manager))])]],
    [
      'compile.forbidden_payee',
      'the same, hidden in a longer pin',
      [draft([...safe, pin(0n, `0xa9059cbb${word(environment.manager).slice(2)}`)])],
    ],
    [
      'compile.forbidden_payee',
      'the same, only the 20 bytes pinned',
      [draft([...safe, pin(16n, environment.manager)])],
    ],
    ['compile.forbidden_selector', 'approve by method', [draft([...bound, targets(USDC), methods('0x095ea7b3')])]],
    [
      'compile.forbidden_selector',
      'approve by exact calldata',
      [draft([...bound, targets(USDC), { kind: 'exactCalldata', data: `0x095ea7b3${word(AGENT).slice(2)}` }])],
    ],
    [
      'compile.forbidden_selector',
      'approve by a pin that starts at 0',
      [draft([...bound, targets(USDC), pin(0n, `0x095ea7b3${word(AGENT).slice(2)}`)])],
    ],
    [
      'compile.unbounded_transfer',
      'transfer of a token without a cap',
      [draft([...bound, targets(USDC), methods('0xa9059cbb'), once])],
    ],
    [
      'compile.unbounded_transfer',
      'transfer of a pinned amount, as often as one likes',
      [draft([...bound, targets(USDC), methods('0xa9059cbb'), pin(36n, word('0x05'))])],
    ],
    ['compile.value_with_token', 'native coin beside the token', [draft([...bound, spend])]],
    [
      'compile.value_with_token',
      'some native coin beside the token',
      [draft([...bound, spend, { kind: 'valueLte', max: 1n }])],
    ],
    [
      'compile.native_unbounded',
      'a call with as much native coin as one likes',
      [draft([...bound, targets(TARGET), methods('0x12345678')])],
    ],
    [
      'compile.native_unbounded',
      'a call with some native coin, as often as one likes',
      [draft([...bound, targets(TARGET), methods('0x12345678'), { kind: 'valueLte', max: 9n }])],
    ],
    ['compile.native_unbounded', 'plain payments without a cap', [draft([...bound, targets(TARGET), empty])]],
    ['compile.batch_open', 'only caveats that do not look at the call (C9)', [draft([...bound, once, redeemer])]],
    ['compile.no_expiry', 'no timestamp', [draft([nonce, spend, noValue])]],
    [
      'compile.no_expiry',
      'a timestamp that never ends',
      [draft([nonce, spend, noValue, { kind: 'timestamp', after: 5n, before: 0n }])],
    ],
    ['compile.no_group', 'no nonce', [draft([times, spend, noValue])]],
    ['compile.unknown_caveat', 'an enforcer that Ambit does not read', [draft([...safe, strange])]],
    [
      'compile.unknown_caveat',
      'malformed terms',
      [draft([...safe, { enforcer: environment.enforcers['NonceEnforcer'] ?? '0x', terms: '0x00', args: '0x' }])],
    ],
    ['compile.open_delegate', 'anyone', [draft(safe, { delegate: '0x0000000000000000000000000000000000000a11' })]],
    ['compile.bad_salt', 'zero (C10)', [draft(safe, { salt: word('0x00') })]],
    ['compile.salt_reused', 'twice (C10)', [draft(safe), draft(safe)]],
    [
      'compile.bad_salt',
      'a second spelling of the same',
      [draft(safe, { salt: `0x${'a'.repeat(64)}` }), draft(safe, { salt: `0x${'A'.repeat(64)}` })],
    ],
    [
      'compile.broken_chain',
      'a parent that stands behind its child',
      [draft([pin(4n, word(PAYEES[0]))], { parent: 1 }), draft(safe, { delegate: PRINCIPAL, ...other })],
    ],
    [
      'compile.broken_chain',
      'a leaf not from the delegate above',
      [draft(safe), draft(safe, { parent: 0, delegator: PAYEES[0], ...other })],
    ],
    [
      'compile.two_tokens',
      'two periods of two tokens (C3)',
      [draft([...bound, noValue, period(10n), { ...period(10n), token: DAI } as KnownCaveat])],
    ],
    ['compile.two_tokens', 'of two enforcers', [draft([...safe, { ...period(10n), token: DAI } as KnownCaveat])]],
    ['compile.disjoint', 'two targets', [draft([...call, targets(USDC)])]],
    ['compile.disjoint', 'a token and another target', [draft([...safe, targets(TARGET)])]],
    ['compile.disjoint', 'two functions', [draft([...call, methods('0x87654321')])]],
    ['compile.disjoint', 'a token and another function', [draft([...safe, methods('0x87654321')])]],
    ['compile.disjoint', 'two redeemers', [draft([...safe, redeemer, { kind: 'redeemer', redeemers: [PAYEES[0]] }])]],
    ['compile.disjoint', 'two calldatas', [draft([...call, exact('0x1234567801'), exact('0x1234567802')])]],
    ['compile.disjoint', 'no calldata and a function', [draft([...call, empty])]],
    ['compile.disjoint', 'one place, two bytes', [draft([...safe, pin(4n, word('0x01')), pin(4n, word('0x02'))])]],
    ['compile.disjoint', 'a pin and other calldata', [draft([...call, exact('0x1234567801'), pin(4n, '0x02')])]],
    ['compile.disjoint', 'pins that overlap', [draft([...safe, pin(4n, word('0x0101')), pin(34n, '0x0202')])]],
    [
      'compile.disjoint',
      'no second between',
      [draft([...safe, { kind: 'timestamp', after: times.before - 1n, before: 0n }])],
    ],
    [
      'compile.disjoint',
      'more value than another caveat lets go',
      [draft([...bound, noValue, { kind: 'exactExecution', target: TARGET, value: 1n, data: '0x12345678' }])],
    ],
    [
      'compile.disjoint',
      'a child beside its parent (C11)',
      [draft([...safe, pin(4n, word(PAYEES[0]))]), child([pin(4n, word(PAYEES[1]))])],
    ],
    ['compile.wider_than_parent', 'a higher limit (C11)', [draft(safe), child([{ ...spend, limit: 6n }])]],
    ['compile.wider_than_parent', 'a later end', [draft(safe), child([{ ...times, before: times.before + 1n }])]],
    ['compile.wider_than_parent', 'no end', [draft(safe), child([{ ...times, before: 0n }])]],
    ['compile.wider_than_parent', 'more value', [draft(safe), child([{ kind: 'valueLte', max: 1n }])]],
    ['compile.wider_than_parent', 'another target', [draft(call), child([targets(TARGET, USDC)])]],
    ['compile.wider_than_parent', 'another function', [draft(call), child([methods('0x12345678', '0x87654321')])]],
    [
      'compile.wider_than_parent',
      'another redeemer',
      [draft([...safe, redeemer]), child([{ kind: 'redeemer', redeemers: [AGENT, PAYEES[0]] }])],
    ],
    [
      'compile.wider_than_parent',
      'more in the same period',
      [draft([...bound, noValue, period(10n)]), child([period(11n)])],
    ],
    [
      'compile.cross_product',
      'every function on every target',
      [draft([...bound, noValue, targets(TARGET, PAYEES[0]), methods('0x12345678', '0x87654321')])],
    ],
    [
      'compile.no_restriction',
      'args that the redeemer fills in',
      [draft([...safe, { kind: 'argsEqualityCheck', args: '0x01' }])],
    ],
    [
      'compile.logical_or',
      'a choice of the redeemer',
      [draft([...safe, { kind: 'logicalOr', groups: [[{ meaning: spend, args: '0x' }]] }])],
    ],
    ['compile.balance_guard', 'a balance for a cap', [draft([...safe, balance(USDC, PRINCIPAL)])]],
    [
      'compile.balance_locked',
      'one token, two accounts',
      [draft([...safe, balance(USDC, PRINCIPAL), balance(USDC, PAYEES[0])])],
    ],
    ['compile.layout_differs', 'with the layout of the known chains', [draft([...bound, specific])]],
    [
      'compile.layout_differs',
      'with the layout of the package',
      [draft([...safe, { enforcer: specificEnforcer, terms: `0x${'11'.repeat(96)}`, args: '0x' }])],
    ],
    ['compile.partial_pin', 'a byte of a word', [draft([...safe, pin(35n, '0x05')])]],
    ['compile.partial_pin', 'all but one byte of a word', [draft([...safe, pin(4n, `0x${'00'.repeat(31)}`)])]],
    [
      'compile.nested_open',
      'calls in an open argument',
      [draft([...bound, noValue, targets(TARGET), methods(MULTICALL)])],
    ],
    [
      'compile.nested_unreadable',
      'calls that cannot be read',
      [draft([...bound, noValue, targets(TARGET), exact(`${MULTICALL}00`)])],
    ],
    [
      'compile.nested_delegatecall',
      'code that runs as the target',
      [draft([...bound, noValue, targets(TARGET), exact(delegating)])],
    ],
    [
      'compile.target_is_manager',
      'a call of the manager inside a call',
      [
        draft([
          ...bound,
          noValue,
          { kind: 'exactExecution', target: TARGET, value: 0n, data: wrapping(environment.manager) },
        ]),
      ],
    ],
    ['compile.link_too_large', 'seventeen caveats', [draft(Array.from({ length: 17 }, () => noValue))]],
    [
      'compile.chain_too_long',
      'nine links',
      Array.from({ length: 9 }, (_, at) =>
        draft(safe, {
          salt: word(`0x${(at + 1).toString(16)}`),
          parent: at === 0 ? null : at - 1,
          delegator: at === 0 ? PRINCIPAL : AGENT,
        }),
      ),
    ],
    [
      'compile.any_target',
      'a middle link of somebody else that is open by itself',
      [draft([...bound, noValue]), draft(safe, { parent: 0, delegator: AGENT, delegate: PAYEES[0], ...other })],
    ],
  ]
  test.each(attacks)('error: %s: %s', (code, _, drafts) => {
    const codes = inspectLinks(linksOf(drafts), environment).map((found) => found.code)
    expect(codes).toContain(code)
    expect(refusal(() => guardDrafts(drafts, environment))).not.toBe('none')
  })

  test('behavior: the table has every code that a link can be refused with', () => {
    const text = readFileSync(new URL('errors.ts', import.meta.url), 'utf8')
    const declared = grouped(text, 'CompileFindingCode').flatMap(({ codes }) => codes)
    expect(new Set(attacks.map(([code]) => code))).toEqual(new Set(declared))
  })
})
