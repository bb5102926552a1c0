import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { AGENT, PAYEES, scopeDocument, USDC } from '../../test/arbitraries/scope.ts'
import { encodeCaveat } from '../caveats/caveat.ts'
import type { Hex } from '../primitives/hex.ts'
import { parseScope } from '../scope/parse.ts'
import { compile } from './compile.ts'
import type { DelegationLike } from './links.ts'
import { recompile, sameAuthority } from './sameAuthority.ts'
import type { Plan } from './types.ts'

const environment = await baseEnvironment()
const document = scopeDocument(
  [{ id: 'pay', class: 'transfer', asset: USDC, to: [PAYEES[0], PAYEES[1]], budget: 'b' }],
  {
    budgets: { b: { assets: { [USDC]: '1' }, max: '200', per: 'P1D', window: 'fixed' } },
  },
)
delete document.notBefore
const scope = parseScope(document)
const NOW = 1_795_200_000n
const ROOT: Hex = `0x${'ff'.repeat(32)}`

let drawn = 0n
const plan = compile(scope, environment, {
  salt: () => `0x${(++drawn + 77n).toString(16).padStart(64, '0')}`,
  nonce: 6n,
  now: NOW,
})

/** Stands in for the delegation hash: a name of its own for each salt is all that this stage looks at. */
const hash = ({ salt }: DelegationLike): Hex => salt

function signed(made: Plan): DelegationLike[] {
  return made.drafts.map(({ parent, ...draft }) => ({
    ...draft,
    authority: parent === null ? ROOT : (made.drafts[parent]?.salt ?? '0x'),
  }))
}

function changed(index: number, change: (delegation: DelegationLike) => Partial<DelegationLike>): DelegationLike[] {
  return signed(plan).map((item, at) => (at === index ? { ...item, ...change(item) } : item))
}

describe('recompile', () => {
  test('default: salts, nonce and the start of windows are taken from the delegations', () => {
    expect(recompile(scope, environment, signed(plan), { hash })).toEqual({ same: true })
  })

  test('behavior: `args` are outside the hash and change nothing', () => {
    const loose = changed(0, ({ caveats }) => ({
      caveats: caveats.map((caveat) => ({ ...caveat, args: '0x01' as Hex })),
    }))
    expect(recompile(scope, environment, loose, { hash })).toEqual({ same: true })
  })

  const wider = encodeCaveat(environment, {
    kind: 'erc20PeriodTransfer',
    token: USDC,
    amount: 200_000_001n,
    duration: 86_400n,
    start: NOW,
  })
  const shorter = encodeCaveat(environment, {
    kind: 'erc20PeriodTransfer',
    token: USDC,
    amount: 200_000_000n,
    duration: 1n,
    start: NOW,
  })
  const period = (caveat: typeof wider) =>
    changed(0, ({ caveats }) => ({ caveats: caveats.map((own) => (own.enforcer === caveat.enforcer ? caveat : own)) }))
  const attacks: [string, DelegationLike[], string, number | null][] = [
    ['one base unit more', period(wider), 'caveats', 0],
    ['the same amount every second', period(shorter), 'caveats', 0],
    ['a caveat left out', changed(0, ({ caveats }) => ({ caveats: caveats.slice(1) })), 'caveats', 0],
    ['a caveat added', changed(2, ({ caveats }) => ({ caveats: [...caveats, ...caveats] })), 'caveats', 2],
    ['another order', changed(0, ({ caveats }) => ({ caveats: [...caveats].reverse() })), 'caveats', 0],
    ['the payees exchanged', changed(1, () => ({ caveats: signed(plan)[2]?.caveats ?? [] })), 'caveats', 1],
    ['another delegate', changed(1, () => ({ delegate: PAYEES[2] })), 'delegate', 1],
    ['another delegator', changed(1, () => ({ delegator: AGENT })), 'delegator', 1],
    ['a leaf beside the umbrella', changed(1, () => ({ authority: ROOT })), 'parent', 1],
    ['a leaf under another leaf', changed(2, () => ({ authority: plan.drafts[1]?.salt ?? ROOT })), 'parent', 2],
    ['a leaf left out', signed(plan).slice(0, 2), 'count', null],
    [
      'one more delegation',
      [...signed(plan), { ...signed(plan)[2], salt: `0x${'9'.repeat(64)}` } as DelegationLike],
      'count',
      null,
    ],
    ['none', [], 'count', null],
  ]
  test.each(attacks)('error: %s', (_, delegations, differs, draft) => {
    expect(recompile(scope, environment, delegations, { hash })).toEqual({ same: false, draft, differs })
  })

  test('error: two nonces, of which only one would be revoked', () => {
    const two = compile(
      parseScope({
        ...document,
        rules: [...document.rules, { id: 'act', class: 'call', target: PAYEES[2], function: 'function f()' }],
      }),
      environment,
      { salt: () => `0x${(++drawn + 77n).toString(16).padStart(64, '0')}`, nonce: 6n, now: NOW },
    )
    const index = two.drafts.length - 1
    const other = encodeCaveat(environment, { kind: 'nonce', nonce: 7n })
    const delegations = signed(two).map((item, at) =>
      at === index
        ? { ...item, caveats: item.caveats.map((own) => (own.enforcer === other.enforcer ? other : own)) }
        : item,
    )
    const both = parseScope({
      ...document,
      rules: [...document.rules, { id: 'act', class: 'call', target: PAYEES[2], function: 'function f()' }],
    })
    expect(recompile(both, environment, signed(two), { hash })).toEqual({ same: true })
    expect(recompile(both, environment, delegations, { hash })).toEqual({
      same: false,
      draft: index,
      differs: 'caveats',
    })
  })

  test('error: a start of windows that is not the scope’s `notBefore`', () => {
    const dated = parseScope({ ...document, notBefore: '2026-11-20T00:00:00Z' })
    expect(recompile(dated, environment, signed(plan), { hash })).toEqual({ same: false, draft: 0, differs: 'caveats' })
  })

  test('error: a grant that shows a narrower scope than it carries', () => {
    const shown = parseScope({
      ...document,
      budgets: { b: { assets: { [USDC]: '1' }, max: '20', per: 'P1D', window: 'fixed' } },
    })
    expect(recompile(shown, environment, signed(plan), { hash })).toEqual({ same: false, draft: 0, differs: 'caveats' })
  })
})

describe('sameAuthority', () => {
  test('default', () => {
    expect(sameAuthority(plan, signed(plan), hash)).toEqual({ same: true })
  })

  test('error: another salt is another delegation', () => {
    const other = changed(1, () => ({ salt: `0x${'8'.repeat(64)}` as Hex }))
    expect(sameAuthority(plan, other, hash)).toEqual({ same: false, draft: 1, differs: 'salt' })
  })
})
