import { describe, expect, test } from 'vitest'
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
  noValue,
  once,
  period,
  pin,
  safe,
  specific,
  spend,
  targets,
  times,
  word,
} from '../../test/arbitraries/drafts.ts'
import { AGENT, DAI, PAYEES, PRINCIPAL, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { inspectLinks } from './inspect.ts'
import { isTooLarge } from './inspectLink.ts'
import { linksOf } from './links.ts'
import type { Draft } from './types.ts'

/** Both sides of each bound: what is found is compared whole, so that a false alarm fails as a miss does. */

const NATIVE: Address = `0x${'0'.repeat(40)}`
const { manager } = environment
const valueLte = (max: bigint): KnownCaveat => ({ kind: 'valueLte', max })
const exact = (data: Hex): KnownCaveat => ({ kind: 'exactCalldata', data })
const one = (value: bigint, data: Hex = '0x12345678', target = TARGET): KnownCaveat => {
  return { kind: 'exactExecution', target, value, data }
}
const batch = (...calls: [target: Address, value: bigint, data: Hex][]): KnownCaveat => {
  return { kind: 'exactExecutionBatch', executions: calls.map(([target, value, data]) => ({ target, value, data })) }
}
const tokens = (...list: Address[]): KnownCaveat => ({
  kind: 'multiTokenPeriod',
  periods: list.map((token) => ({ token, amount: 1n, duration: 9n, start: 1n })),
})
const nft = (recipient: Address): KnownCaveat => {
  return { kind: 'erc721BalanceChange', direction: 'decrease', token: USDC, recipient, amount: 1n }
}
const item = (tokenId: bigint, recipient = PRINCIPAL): KnownCaveat => {
  return { kind: 'erc1155BalanceChange', direction: 'decrease', token: USDC, recipient, tokenId, amount: 1n }
}
const coin = (recipient: Address): KnownCaveat => {
  return { kind: 'nativeBalanceChange', direction: 'decrease', recipient, amount: 1n }
}
const timestamp = (after: bigint, before: bigint): KnownCaveat => ({ kind: 'timestamp', after, before })
const [nonce, usdc, pay] = [bound[1] as KnownCaveat, targets(USDC), methods('0xa9059cbb')]
const transfer = encodeCalldata('transfer(address,uint256)', [PAYEES[0], 5n])
const wrapped = exact(encodeCalldata('functionCall(address,bytes)', [USDC, transfer]))

const CASES: [string, string[], Draft[]][] = [
  ['no end: nothing else', ['no_expiry'], [draft([...safe.slice(1), timestamp(5n, 0n)])]],
  ['no times at all: nothing else', ['no_expiry'], [draft(safe.slice(1))]],
  ['two ends, one of them too early', ['disjoint'], [draft([...safe, timestamp(50n, 0n), timestamp(0n, 51n)])]],
  ['two ends, one second left', [], [draft([...safe, timestamp(50n, 0n), timestamp(0n, 52n)])]],
  ['exactly the value that another lets go', [], [draft([...bound, once, valueLte(5n), one(5n)])]],
  ['one wei more', ['disjoint'], [draft([...bound, once, valueLte(4n), one(5n)])]],
  ['pins with a word between', [], [draft([...safe, pin(4n, word('0x01')), pin(68n, word('0x02'))])]],
  ['the same, the later one first', [], [draft([...safe, pin(68n, word('0x02')), pin(4n, word('0x01'))])]],
  ['a pin said twice', [], [draft([...safe, pin(4n, word('0x01')), pin(4n, word('0x01'))])]],
  [
    'a pin and the calldata that has it',
    [],
    [draft([...call, exact(`0x12345678${'01'.repeat(32)}`), pin(4n, `0x${'01'.repeat(32)}`)])],
  ],
  ['plain payments in a batch', [], [draft([...bound, batch([PAYEES[0], 0n, '0x'], [PAYEES[1], 0n, '0x'])])]],
  ['the native coin of several tokens, without calldata', [], [draft([...bound, tokens(USDC, NATIVE), empty])]],
  ['tokens only, without calldata', ['disjoint'], [draft([...bound, tokens(USDC, DAI), empty])]],
  [
    'the native coin among several tokens, to one payee',
    [],
    [draft([...bound, tokens(USDC, NATIVE), targets(PAYEES[0])])],
  ],
  ['tokens only, and another target', ['disjoint'], [draft([...bound, tokens(USDC, DAI), targets(PAYEES[0])])]],

  ['a selector of exactly four bytes', [], [draft([...bound, noValue, targets(TARGET), pin(0n, '0x12345678')])]],
  [
    'three bytes of it',
    ['any_method', 'partial_pin'],
    [draft([...bound, noValue, targets(TARGET), pin(0n, '0x123456')])],
  ],
  ['a pin of the last selector byte', ['partial_pin'], [draft([...call, pin(3n, '0x78')])]],
  ['the manager as an argument that is no payee', [], [draft([...call, pin(4n, word(manager))])]],
  [
    'the manager paid by exact calldata',
    ['forbidden_payee'],
    [draft([...safe, exact(`0xa9059cbb${word(manager).slice(2)}`)])],
  ],
  ['19 bytes of it', [], [draft([...safe, exact(`0xa9059cbb${word(manager).slice(2, -2)}`)])]],
  ['19 bytes of it pinned', ['partial_pin'], [draft([...safe, pin(16n, manager.slice(0, -2) as Hex)])]],
  ['its place one byte off', ['partial_pin'], [draft([...safe, pin(17n, `${manager}00`)])]],
  [
    'a pinned amount, as often as is counted',
    [],
    [draft([...bound, noValue, once, usdc, pay, pin(36n, word('0x05'))])],
  ],
  ['payee and amount in one pin', [], [draft([...bound, noValue, once, usdc, pay, pin(4n, `0x${'01'.repeat(64)}`)])]],
  [
    'all but the last byte of the amount',
    ['partial_pin', 'unbounded_transfer'],
    [draft([...bound, noValue, once, usdc, pay, pin(36n, `0x${'00'.repeat(31)}`)])],
  ],
  [
    'all but the first byte of it',
    ['partial_pin', 'unbounded_transfer'],
    [draft([...bound, noValue, once, usdc, pay, pin(37n, `0x${'00'.repeat(63)}`)])],
  ],
  ['a whole transfer, once', [], [draft([...bound, noValue, once, usdc, exact(transfer)])]],
  ['a whole transfer, again and again', ['unbounded_transfer'], [draft([...bound, noValue, usdc, exact(transfer)])]],
  [
    'a transfer inside a call, once',
    ['forbidden_selector'],
    [draft([...bound, noValue, once, targets(TARGET), wrapped])],
  ],
  [
    'a transfer inside a call, again and again',
    ['forbidden_selector', 'unbounded_transfer'],
    [draft([...bound, noValue, targets(TARGET), wrapped])],
  ],

  ['some value, as often as is counted', [], [draft([...call.slice(0, -1), once, valueLte(9n)])]],
  ['once by its id', [], [draft([...bound, { kind: 'id', id: 3n }, one(5n)])]],
  [
    'value in the first call of an action that happens once',
    ['layout_differs'],
    [draft([...bound, { ...specific, first: { target: TARGET, value: 5n, data: '0x12345678' } } as KnownCaveat])],
  ],
  [
    'value in the second call of a batch',
    ['native_unbounded'],
    [draft([...bound, batch([TARGET, 0n, '0x12345678'], [TARGET, 1n, '0x12345678'])])],
  ],
  [
    'a batch with value beside a limit of no value, which passes single calls only',
    ['mixed_modes'],
    [draft([...bound, noValue, batch([TARGET, 5n, '0x12345678'])])],
  ],
  ['a native cap with target and function', [], [draft([...bound, native, targets(TARGET), methods('0x12345678')])]],
  [
    'a native cap with a function only',
    ['any_target', 'native_with_calldata'],
    [draft([...bound, native, methods('0x12345678')])],
  ],
  [
    'a payment and a call in a batch, both to the principal',
    ['target_is_principal'],
    [draft([...bound, batch([PRINCIPAL, 0n, '0x'], [PRINCIPAL, 0n, '0x12345678'])])],
  ],

  [
    'two NFT balances of two accounts',
    ['balance_guard', 'balance_guard'],
    [draft([...safe, nft(PRINCIPAL), nft(PAYEES[0])])],
  ],
  [
    'two NFT balances of one account',
    ['balance_guard', 'balance_locked'],
    [draft([...safe, nft(PRINCIPAL), nft(PRINCIPAL)])],
  ],
  ['two items of one account', ['balance_guard', 'balance_guard'], [draft([...safe, item(1n), item(2n)])]],
  ['one item of two accounts', ['balance_guard', 'balance_guard'], [draft([...safe, item(1n), item(1n, PAYEES[0])])]],
  ['one item twice', ['balance_guard', 'balance_locked'], [draft([...safe, item(1n), item(1n)])]],
  [
    'native balances of two accounts',
    ['balance_guard', 'balance_locked'],
    [draft([...safe, coin(PRINCIPAL), coin(PAYEES[0])])],
  ],
  [
    'the same balance after another one',
    ['balance_guard', 'balance_guard', 'balance_locked'],
    [draft([...safe, balance(DAI, PRINCIPAL), balance(USDC, PRINCIPAL), balance(USDC, PRINCIPAL)])],
  ],

  ['a child that says the same', [], [draft([...safe, once]), child([...safe, once])]],
  ['a child that says the same of a period', [], [draft([...bound, noValue, period(10n)]), child([period(10n)])]],
  [
    'a child with more calls',
    ['wider_than_parent'],
    [draft([...safe, { kind: 'limitedCalls', limit: 2n }]), child([{ kind: 'limitedCalls', limit: 3n }])],
  ],
  [
    'a child with an end under a parent with a second one',
    ['wider_than_parent'],
    [draft([...safe, timestamp(0n, 90n)]), child([times])],
  ],
  [
    'a child with an end under a parent without',
    ['no_expiry'],
    [draft([nonce, spend, noValue, timestamp(5n, 0n)]), child([times])],
  ],
  [
    'a child with fewer redeemers, targets and methods',
    [],
    [
      draft([
        ...bound,
        noValue,
        targets(TARGET, USDC),
        methods('0x12345678'),
        { kind: 'redeemer', redeemers: [AGENT, PAYEES[0]] },
      ]),
      child([targets(TARGET), methods('0x12345678'), { kind: 'redeemer', redeemers: [PAYEES[0]] }]),
    ],
  ],
]

describe('inspectLinks', () => {
  test.each(CASES)('behavior: %s: %j', (_, expected, drafts) => {
    const codes = inspectLinks(linksOf(drafts), environment).map(({ code }) => code)
    expect(codes.sort()).toEqual(expected.map((code) => `compile.${code}`).sort())
  })

  test('behavior: a chain of eight can be redeemed, and its last link is judged with all above it', () => {
    const chain = (length: number, first: readonly KnownCaveat[]) =>
      Array.from({ length }, (_, at) =>
        draft(at === 0 ? first : [noValue], {
          salt: word(`0x${(at + 1).toString(16)}`),
          parent: at === 0 ? null : at - 1,
          delegator: at === 0 ? PRINCIPAL : AGENT,
        }),
      )
    const codes = (drafts: Draft[]) => inspectLinks(linksOf(drafts), environment).map(({ link, code }) => [link, code])
    expect(codes(chain(8, safe))).toEqual([])
    expect(codes(chain(8, safe.slice(1)))).toContainEqual([7, 'compile.no_expiry'])
    expect(codes(chain(9, safe))).toEqual([[8, 'compile.chain_too_long']])
  })

  test('error: a link under itself, or under none of the links', () => {
    for (const parent of [0, -1, 0.5, 1, 2]) {
      const [found] = inspectLinks(linksOf([draft(safe, { parent }), draft(safe, { salt: word('0x07') })]), environment)
      expect([found?.link, found?.code]).toEqual([0, 'compile.broken_chain'])
    }
  })
})

describe('isTooLarge', () => {
  test('behavior: sixteen caveats and 32 KiB of terms are read, one more of either is not', () => {
    const caveats = (count: number, bytes: number) =>
      Array.from({ length: count }, (_, at) => {
        return { enforcer: TARGET, terms: `0x${'00'.repeat(at === 0 ? bytes : 0)}` as Hex, args: '0x' as Hex }
      })
    const sizes = [caveats(16, 0), caveats(17, 0), caveats(2, 32_768), caveats(2, 32_769)]
    expect(sizes.map(isTooLarge)).toEqual([false, true, false, true])
  })
})
