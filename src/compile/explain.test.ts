import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bound,
  call,
  draft,
  empty,
  environment,
  methods,
  native,
  noValue,
  once,
  other,
  pin,
  redeemer,
  safe,
  targets,
  word,
} from '../../test/arbitraries/drafts.ts'
import { AGENT, PAYEES, PRINCIPAL, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Caveat } from '../caveats/types.ts'
import { explainDelegations } from './explain.ts'
import type { Draft } from './types.ts'

const tokenPeriod: KnownCaveat = { kind: 'erc20PeriodTransfer', token: USDC, amount: 5n, duration: 60n, start: 1n }
const nativePeriod: KnownCaveat = { kind: 'nativePeriodTransfer', amount: 5n, duration: 60n, start: 1n }
const exactTransfer: KnownCaveat = {
  kind: 'exactCalldata',
  data: `0xa9059cbb${PAYEES[0].slice(2).padStart(64, '0')}${'1'.padStart(64, '0')}`,
}

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
