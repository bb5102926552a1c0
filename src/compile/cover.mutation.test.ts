import { describe, expect, test } from 'vitest'
import { act, budget, environment, type More, nativeBudget, pay, type Rule } from '../../test/arbitraries/plan.ts'
import { AGENT, DAI, PAYEES, PRINCIPAL, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { toChecksum } from '../primitives/address.ts'
import type { Address } from '../primitives/hex.ts'
import { parseScope } from '../scope/parse.ts'
import { coverScope } from './cover.ts'
import { resolve } from './resolve.ts'

/** What each row says, also of constraints that one lowering refuses: the words are the scope's, whoever holds it. */

const said = (rules: readonly Rule[], more: More = {}) => {
  const resolved = resolve(parseScope(scopeDocument(rules, more)), environment, 0n)
  return new Map(coverScope(resolved, new Map(), []).map(({ constraint, text, held }) => [constraint, { text, held }]))
}
const text = (pointer: string, rules: readonly Rule[], more: More = {}) => said(rules, more).get(pointer)?.text
const why = (pointer: string, rules: readonly Rule[], more: More = {}) => {
  const held = said(rules, more).get(pointer)?.held
  return held?.by === 'nobody' ? held.why : held?.by
}

const both = { assets: { [USDC]: '1', [DAI]: '1' } }
const dai = pay({ id: 'dai', asset: DAI })
const TOKENS = '; counted is what a transfer asks for, not what its token does'
const FIXED = ', in fixed windows: up to twice that within seconds of a boundary'

describe('coverScope', () => {
  const table: [string, string | undefined, readonly Rule[], More][] = [
    ['/chainId', 'Only on chain 8453', [pay()], budget()],
    ['/principal', `Only with the authority of ${PRINCIPAL}`, [pay()], budget()],
    ['/delegate', `Only ${AGENT} may redeem`, [pay()], budget()],
    [
      '/delegate',
      `${AGENT} may redeem, or whom it hands on to`,
      [pay()],
      { ...budget(), redelegation: { maxDepth: 1 } },
    ],
    ['/redelegation/maxDepth', 'Not to be handed on', [pay()], budget()],
    [
      '/redelegation/maxDepth',
      'To be handed on at most 1 deep',
      [pay()],
      { ...budget(), redelegation: { maxDepth: 1 } },
    ],
    ['/request', undefined, [pay()], budget()],
    [
      '/request',
      `Only what ${toChecksum(PAYEES[2])} signed, each number once`,
      [pay()],
      { ...budget(), request: { key: PAYEES[2], redeemers: 'anyone' } },
    ],
    ['/calls', undefined, [pay()], budget()],
    ['/calls', 'At most 3 calls in all', [pay()], { ...budget(), calls: { max: 3 } }],
    [
      '/calls',
      'At most 3 calls every PT1H, in fixed windows: up to twice that within seconds of a boundary',
      [pay()],
      { ...budget(), calls: { max: 3, per: 'PT1H', window: 'fixed' } },
    ],
    ['/budgets/b', `Budget b: at most 200 in all${TOKENS}`, [pay()], budget()],
    ['/budgets/b', 'Budget b: at most 2 in all', [pay({ asset: 'native' })], nativeBudget()],
    [
      '/budgets/b',
      `Budget b: at most 200 every P1D${FIXED}${TOKENS}`,
      [pay()],
      budget({ per: 'P1D', window: 'fixed' }),
    ],
    ['/budgets/b', `Budget b: at most 200 every P1D${TOKENS}`, [pay()], budget({ per: 'P1D', window: 'rolling' })],
    ['/budgets/b', `Budget b: at most 200 in all${TOKENS}`, [pay()], budget({ assets: { [USDC]: '1', native: '1' } })],
    ['/budgets/b/window', undefined, [pay()], budget()],
    ['/budgets/b/window', undefined, [pay()], budget({ per: 'P1D', window: 'fixed' })],
    [
      '/budgets/b/window',
      'Budget b counts in any interval of P1D: never more than its maximum; a spend counts up to 14.3 % of that time longer, and an amount up to a 2^23rd of the maximum more',
      [pay()],
      budget({ per: 'P1D', window: 'rolling' }),
    ],
    ['/budgets/b/assets', undefined, [pay()], budget()],
    ['/budgets/b/assets', 'Budget b is shared by its assets', [pay(), dai], budget(both)],
    ['/rules/0/asset', `Rule pay: only USDC (${toChecksum(USDC)})`, [pay()], budget()],
    ['/rules/0/asset', 'Rule pay: only native coin', [pay({ asset: 'native' })], nativeBudget()],
    ['/rules/0/to', 'Rule pay: to anyone', [pay({ to: 'anyone' })], budget()],
    [
      '/rules/0/to',
      `Rule pay: only to ${toChecksum(PAYEES[0])}, ${toChecksum(PAYEES[1])}`,
      [pay({ to: [PAYEES[0], PAYEES[1]] })],
      budget(),
    ],
    ['/rules/0/function', 'Rule act: only function pay(address,uint256)', [act()], {}],
    ['/rules/0/target', `Rule act: only contract ${toChecksum(TARGET)}`, [act()], {}],
    ['/rules/0/value', 'Rule act: at most 7 wei with a call', [act({ value: { lte: '7' } })], {}],
    ['/rules/0/args/amount', 'Rule act: amount {"lte":"5"}', [act({ args: { amount: { lte: '5' } } })], {}],
    ['/notBefore', 'Not before 2026-11-20T00:00:00Z', [pay()], budget()],
    ['/notBefore', undefined, [pay()], { ...budget(), notBefore: undefined }],
  ]
  test.each(table)('behavior: %s says: %s', (pointer, expected, rules, more) => {
    expect(text(pointer, rules, more)).toBe(expected)
  })

  test('behavior: a condition is written out up to 120 characters, of a longer one these and a mark', () => {
    const note = (eq: string) => [act({ function: 'function note(string memo)', args: { memo: { eq } } })]
    const said = (length: number) => {
      const eq = 'x'.repeat(length - '{"eq":""}'.length)
      return [JSON.stringify({ eq }), text('/rules/0/args/memo', note(eq))]
    }
    for (const length of [119, 120]) {
      const [written, row] = said(length)
      expect(row).toBe(`Rule act: memo ${written}`)
    }
    for (const length of [121, 122]) {
      const [written, row] = said(length)
      expect(row).toBe(`Rule act: memo ${written?.slice(0, 120)}…`)
    }
  })

  test('behavior: a budget of several assets has something to add up once two of them are used', () => {
    const nothing = 'At most one of the assets is used by a rule: there is nothing to add up.'
    expect(why('/budgets/b/assets', [pay()], budget(both))).toBe(nothing)
    expect(why('/budgets/b/assets', [pay(), dai], budget(both))).toBe('')
    // Of another budget's assets nothing is added up here.
    const other = pay({ id: 'dai', asset: DAI, budget: 'c' })
    const two = { budgets: { b: { ...both, max: '200' }, c: { ...both, max: '200' } } }
    expect(why('/budgets/b/assets', [pay(), other], two)).toBe(nothing)
    expect(why('/budgets/c/assets', [pay(), other], two)).toBe(nothing)
  })

  test('behavior: a token that the scope does not describe is named by its address, in a scope that was not read', () => {
    const scope = parseScope(scopeDocument([pay()], budget()))
    const resolved = resolve(scope, environment, 0n)
    const rows = coverScope({ ...resolved, scope: { ...scope, assets: {} } }, new Map(), [])
    const row = rows.find(({ constraint }) => constraint === '/rules/0/asset')
    expect(row?.text).toBe(`Rule pay: only ${toChecksum(USDC as Address)}`)
  })
})
