import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bound, draft, environment, noValue, pin, safe, word } from '../../test/arbitraries/drafts.ts'
import { PAYEES, PRINCIPAL, USDC } from '../../test/arbitraries/scope.ts'
import type { Caveat } from '../caveats/types.ts'
import { explainDelegations } from './explain.ts'
import type { Draft } from './types.ts'

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
