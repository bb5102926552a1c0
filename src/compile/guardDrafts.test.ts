import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyKnownCaveat } from '../../test/arbitraries/caveat.ts'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { AGENT, PAYEES, PRINCIPAL, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { encodeCaveat } from '../caveats/caveat.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Caveat } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { PERMIT2 } from './dangers.ts'
import { CompileError, type CompileErrorCode } from './errors.ts'
import { explainDelegations } from './explain.ts'
import { guardDrafts } from './guardDrafts.ts'
import { inspectLinks } from './inspect.ts'
import { linksOf } from './links.ts'
import type { Draft } from './types.ts'

const environment = await baseEnvironment()

const times: KnownCaveat = { kind: 'timestamp', after: 0n, before: 2_000_000_000n }
const nonce: KnownCaveat = { kind: 'nonce', nonce: 0n }
const noValue: KnownCaveat = { kind: 'valueLte', max: 0n }
const spend: KnownCaveat = { kind: 'erc20TransferAmount', token: USDC, limit: 5n }
const once: KnownCaveat = { kind: 'limitedCalls', limit: 1n }
const empty: KnownCaveat = { kind: 'exactCalldata', data: '0x' }
const native: KnownCaveat = { kind: 'nativeTransferAmount', limit: 5n }
const tokenPeriod: KnownCaveat = { kind: 'erc20PeriodTransfer', token: USDC, amount: 5n, duration: 60n, start: 1n }
const nativePeriod: KnownCaveat = { kind: 'nativePeriodTransfer', amount: 5n, duration: 60n, start: 1n }
const redeemer: KnownCaveat = { kind: 'redeemer', redeemers: [AGENT] }
const targets = (...list: Address[]): KnownCaveat => ({ kind: 'allowedTargets', targets: list })
const methods = (...list: Hex[]): KnownCaveat => ({ kind: 'allowedMethods', selectors: list })
const pin = (start: bigint, value: Hex): KnownCaveat => ({ kind: 'allowedCalldata', start, value })
const exactTransfer: KnownCaveat = {
  kind: 'exactCalldata',
  data: `0xa9059cbb${PAYEES[0].slice(2).padStart(64, '0')}${'1'.padStart(64, '0')}`,
}
const word = (hex: string): Hex => `0x${hex.slice(2).padStart(64, '0')}`

function draft(caveats: readonly (KnownCaveat | Caveat)[], more: Partial<Draft> = {}): Draft {
  const encoded = caveats.map((caveat) => ('enforcer' in caveat ? caveat : encodeCaveat(environment, caveat)))
  return { delegate: AGENT, delegator: PRINCIPAL, parent: null, salt: `0x${'5'.repeat(64)}`, caveats: encoded, ...more }
}

function codeOf(run: () => void): CompileErrorCode | 'none' {
  try {
    run()
    return 'none'
  } catch (error) {
    if (error instanceof CompileError) return error.code
    throw error
  }
}

const bound = [times, nonce]
const safe: readonly KnownCaveat[] = [...bound, spend, noValue]
const call: readonly KnownCaveat[] = [...bound, targets(TARGET), methods('0x12345678'), noValue]
const other: Partial<Draft> = { salt: `0x${'6'.repeat(64)}` }

describe('guardDrafts', () => {
  const fine: [string, Draft[]][] = [
    ['a capped transfer', [draft(safe)]],
    ['a call', [draft(call)]],
    ['a payment to anyone', [draft([...bound, empty, native])]],
    [
      'a leaf that says only who is paid, under an umbrella',
      [draft(safe, { delegate: PRINCIPAL }), draft([pin(4n, word(PAYEES[0]))], { parent: 0, ...other })],
    ],
    [
      'a target that only the parent would admit',
      [
        draft([...bound, targets(TARGET, environment.manager), noValue], { delegate: PRINCIPAL }),
        draft([targets(TARGET), methods('0x12345678')], { parent: 0, ...other }),
      ],
    ],
  ]
  test.each(fine)('default: %s', (_, drafts) => {
    expect(codeOf(() => guardDrafts(drafts, environment))).toBe('none')
  })

  const batch: KnownCaveat = {
    kind: 'exactExecutionBatch',
    executions: [{ target: TARGET, value: 0n, data: '0x12345678' }],
  }
  const strange: Caveat = { enforcer: PAYEES[2], terms: word('0x01'), args: '0x' }
  const period = (amount: bigint): KnownCaveat => ({
    kind: 'erc20PeriodTransfer',
    token: USDC,
    amount,
    duration: 9n,
    start: 1n,
  })
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
      'compile.any_target',
      'a middle link of somebody else that is open by itself',
      [draft([...bound, noValue]), draft(safe, { parent: 0, delegator: AGENT, delegate: PAYEES[0], ...other })],
    ],
  ]
  test.each(attacks)('error: %s: %s', (code, _, drafts) => {
    const codes = inspectLinks(linksOf(drafts), environment).map((found) => found.code)
    expect(codes).toContain(code)
    expect(codeOf(() => guardDrafts(drafts, environment))).not.toBe('none')
  })

  test('behavior: an acknowledged danger passes for its own leaf only, and only those that have a word', () => {
    const approve = draft([...bound, targets(USDC), methods('0x095ea7b3'), noValue])
    const guard = (acknowledged: Record<number, readonly string[]>, drafts = [approve]) =>
      codeOf(() => guardDrafts(drafts, environment, { acknowledged }))
    expect(guard({ 0: ['selector:approve'] })).toBe('none')
    expect(guard({ 1: ['selector:approve'] })).toBe('compile.forbidden_selector')
    const paid = draft([...bound, targets(PERMIT2), empty, native])
    expect(guard({ 0: ['target:permit2'] }, [paid])).toBe('compile.forbidden_payee')
    const manager = draft([...bound, targets(environment.manager), methods('0x12345678'), noValue])
    expect(guard({ 0: ['target:manager', 'target:permit2'] }, [manager])).toBe('compile.target_is_manager')
  })

  test('behavior: delegations of others: one context is leaf first, any order goes by hash', () => {
    const root = { ...draft(safe, { delegate: PRINCIPAL }), authority: `0x${'ff'.repeat(32)}` as Hex }
    const leaf = { ...draft([pin(4n, word(PAYEES[0]))], other), authority: word('0xabcd') }
    const [a, b] = [strip(leaf), strip(root)]
    const hash = (item: { salt: Hex }) => (item.salt === root.salt ? word('0xabcd') : word('0x1234'))
    expect(codeOf(() => guardDrafts([a, b], environment))).toBe('none')
    expect(codeOf(() => guardDrafts([b, a], environment, { hash }))).toBe('none')
    expect(codeOf(() => guardDrafts([b, a], environment))).not.toBe('none')
    expect(codeOf(() => guardDrafts([a], environment))).not.toBe('none')
  })

  test('behavior: near-safe links: whatever one caveat becomes, the guard ends in a code or in nothing; every kind was seen', () => {
    const seen = new Set<string>()
    const bases = fine.map(([, drafts]) => drafts)
    fc.assert(
      fc.property(
        fc.constantFrom(...bases),
        fc.nat(),
        fc.nat(),
        fc.constantFrom('drop', 'swap', 'add'),
        anyKnownCaveat(),
        (drafts, at, which, how, caveat) => {
          const changed = drafts.map((item, index) => {
            if (index !== at % drafts.length) return item
            const caveats = [...item.caveats]
            const place = which % caveats.length
            if (how === 'drop') caveats.splice(place, 1)
            if (how === 'swap') caveats[place] = encodeCaveat(environment, caveat)
            if (how === 'add') caveats.push(encodeCaveat(environment, caveat))
            return { ...item, caveats }
          })
          for (const { code } of inspectLinks(linksOf(changed), environment)) seen.add(code)
          seen.add(codeOf(() => guardDrafts(changed, environment)))
          for (const { sentence } of explainDelegations(changed, environment, {})) expect(sentence).not.toBe('')
        },
      ),
      { numRuns: 1_000, seed: 3 },
    )
    for (const code of [
      'none',
      'compile.no_expiry',
      'compile.no_group',
      'compile.any_target',
      'compile.any_method',
      'compile.value_with_token',
      'compile.counted_twice',
      'compile.native_with_calldata',
    ]) {
      expect(seen).toContain(code)
    }
  })
})

describe('explainDelegations', () => {
  const sentences = (drafts: Draft[]) =>
    explainDelegations(drafts, environment, { [USDC]: { symbol: 'USDC', decimals: 6 } }).map(({ sentence }) => sentence)

  test('default: one row a link, one a caveat, from the bytes', () => {
    expect(sentences([draft([pin(4n, word(PAYEES[0])), ...safe])])).toEqual([
      'Delegation 1: 0x2222222222222222222222222222222222222222 may act for 0x1111111111111111111111111111111111111111',
      'Only to 0xAaAAAaaAAAAAAaaAAAaaaaAaAaAAAAaAAaAaAaA1',
      'Expires 18 May 2033 03:33:20 UTC',
      'Until the delegator ends the group (nonce 0)',
      'At most 0.000005 USDC in all; only transfers of USDC (token 0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913)',
      'No native coin with the call',
      'May be handed on',
    ])
  })

  test.each<[string, readonly KnownCaveat[], readonly string[]]>([
    ['a token without a payee', [...safe, redeemer], ['To anyone']],
    ['a token by period without a payee', [...bound, noValue, tokenPeriod, redeemer], ['To anyone']],
    ['a token with its payee', [...safe, pin(4n, word(PAYEES[0])), redeemer], []],
    ['a token with exact calldata', [...safe, exactTransfer, redeemer], []],
    ['native without a target', [...bound, empty, native, redeemer], ['To anyone']],
    ['native by period without a target', [...bound, empty, nativePeriod, redeemer], ['To anyone']],
    ['native bound by each call only', [...bound, empty, once, { kind: 'valueLte', max: 1n }, redeemer], ['To anyone']],
    ['native with its payee', [...bound, empty, native, targets(PAYEES[0]), redeemer], []],
    ['a call that is a transfer', [...bound, targets(TARGET), methods('0xa9059cbb'), noValue, redeemer], ['To anyone']],
    ['a call', [...call, redeemer], []],
    ['no redeemer', call, ['May be handed on']],
    ['others may redeem too', [...call, { kind: 'redeemer', redeemers: [AGENT, PAYEES[0]] }], ['May be handed on']],
    ['nothing at all', [], ['To anyone', 'May be handed on']],
  ])('behavior: %s: what is open is said and warned of', (_, caveats, expected) => {
    const rows = explainDelegations([draft(caveats)], environment, {})
    const open = rows.filter(({ sentence }) => sentence === 'To anyone' || sentence === 'May be handed on')
    expect(open.map(({ sentence }) => sentence)).toEqual(expected)
    for (const { warning } of open) expect(warning).toMatch(/./)
  })

  test('behavior: what is open is said of each link that may be redeemed, with all that is above it', () => {
    const leaf = draft([pin(4n, word(PAYEES[0]))], { parent: 0, ...other })
    const under = explainDelegations([draft([...safe, redeemer], { delegate: PRINCIPAL }), leaf], environment, {})
    expect(under.filter(({ sentence }) => /anyone|handed/.test(sentence))).toEqual([])
    const passed = draft([pin(4n, word(PAYEES[0]))], { delegator: AGENT, delegate: PAYEES[1], parent: 0, ...other })
    const chain = explainDelegations([draft(safe), passed], environment, {})
    const open = chain.flatMap(({ sentence, draft: at }) => (/anyone|handed/.test(sentence) ? [[at, sentence]] : []))
    expect(open).toEqual([
      [0, 'To anyone'],
      [0, 'May be handed on'],
      [1, 'May be handed on'],
    ])
  })

  test('behavior: an umbrella names what it stands over, a crowd by its number', () => {
    const leaf = (index: number) =>
      draft([pin(4n, word(PAYEES[0]))], { parent: 0, salt: word(`0x${(index + 900).toString(16)}`) })
    const under = (count: number) => [
      draft(safe, { delegate: PRINCIPAL }),
      ...Array.from({ length: count }, (_, at) => leaf(at)),
    ]
    const from = '0x1111111111111111111111111111111111111111'
    expect(sentences(under(2))[0]).toBe(
      `Delegation 1: ${from} sets limits over delegations 2, 3 that are counted together`,
    )
    expect(sentences(under(20))[0]).toBe(
      `Delegation 1: ${from} sets limits over 20 delegations that are counted together`,
    )
  })

  test('behavior: what a wallet or dApp changed shows: the words follow the caveats', () => {
    const said = sentences([
      draft([...bound, noValue, { kind: 'erc20TransferAmount', token: USDC, limit: 2n ** 256n - 1n }]),
    ])
    expect(said.join()).toContain('unlimited USDC')
  })

  test('behavior: an unknown caveat is a row with a warning, never a throw', () => {
    const strange: Caveat = { enforcer: PAYEES[2], terms: '0xdead', args: '0x' }
    const row = explainDelegations([draft([...safe, strange])], environment, {}).find(({ caveat }) => caveat === 4)
    expect(row?.warning).toMatch(/not known/)
  })

  test('behavior: a delegation without caveats says that it permits everything', () => {
    expect(explainDelegations([draft([])], environment, {})[0]?.warning).toMatch(/permits everything/)
  })

  test('behavior: total, whatever is in the links', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ enforcer: fc.anything(), terms: fc.anything(), args: fc.anything() }), { maxLength: 3 }),
        fc.anything(),
        fc.anything(),
        (caveats, account, parent) => {
          const items = [{ delegate: account, delegator: account, salt: account, parent, caveats }]
          expect(explainDelegations(items as never, environment, {}).length).toBeGreaterThan(0)
        },
      ),
    )
  })
})

function strip({ parent: _, ...delegation }: Draft & { authority: Hex }) {
  return delegation
}
