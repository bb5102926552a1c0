import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import type { ScopeError } from './errors.ts'
import { narrowScope, same } from './narrow.ts'
import { parseScope } from './parse.ts'
import { normalPointer } from './provenance.ts'
import { valueAt } from './valueAt.ts'

/** Values found by pointers, compared, joined, and what stands where they came from. */

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const USDC = account(3)
const document = (more: object = {}) => ({
  version: 1,
  task: { id: 't', purpose: 'p' },
  chainId: 1,
  principal: account(1),
  delegate: account(2),
  rules: [
    { id: 'a', class: 'transfer', asset: USDC, to: [account(5), account(6)], max: '5', budget: 'b' },
    { id: 'b', class: 'transfer', asset: USDC, to: [account(5)], max: '4', budget: 'b' },
  ],
  budgets: { b: { assets: { [USDC]: '1' }, max: '100' } },
  expiry: '2026-12-11T00:00:00Z',
  redelegation: { maxDepth: 0 },
  revocation: { group: 'g', guardian: account(8), maxLatencySeconds: 60 },
  evidence: { receipts: ['grant'], retain: 'P1D' },
  assets: { [USDC]: { symbol: 'USDC', decimals: 6 } },
  ...more,
})
const issuesOf = (read: () => unknown) => {
  const { issues } = codeOf(read) as ScopeError
  return issues.map(({ code, pointer }) => `${code} ${pointer}`)
}
describe('valueAt', () => {
  const root = { a: [1, { b: null }], 'x/y': 2, 'x~1y': 3, '': 4, s: 'text' }

  test.each<[string, unknown]>([
    ['', root],
    ['/a', root.a],
    ['/a/0', 1],
    ['/a/1/b', null],
    ['/a/2', undefined],
    ['/a/1/b/c', undefined],
    ['/s/0', undefined],
    ['/s/length', undefined],
    ['/x~1y', 2],
    ['/x~01y', 3],
    ['/', 4],
    ['/toString', undefined],
    ['/missing/deeper', undefined],
  ])('default: "%s"', (pointer, value) => {
    expect(valueAt(root, pointer)).toEqual(value)
  })
})

describe('same', () => {
  test.each<[unknown, unknown, boolean]>([
    [1, 1, true],
    [1, '1', false],
    [null, null, true],
    [null, {}, false],
    [{}, null, false],
    [null, [], false],
    ['', {}, false],
    [{}, '', false],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [{ a: 1, b: 2 }, { a: 1, b: 3 }, false],
    [{ a: undefined }, { b: undefined }, false],
    [[1, 2], [1, 2], true],
    [[1, 2], [2, 1], false],
    [[], [], true],
    [{}, {}, true],
    [[], {}, false],
    [{ length: 0 }, [], false],
  ])('default: %j and %j', (a, b, answer) => {
    expect(same(a, b)).toBe(answer)
  })
})

describe('narrowScope', () => {
  const provenance = { '/rules/0/to/0': 'ledger', '/rules/1/max': 'principal', '/expiry': 'addressBook' } as const
  const parent = parseScope(document({ provenance }))

  test('behavior: sources stay with what did not change, and what the patch states is added', () => {
    expect(narrowScope(parent, { expiry: '2026-12-10T00:00:00Z' }).provenance).toEqual({
      '/rules/0/to/0': 'ledger',
      '/rules/1/max': 'principal',
    })
    expect(
      narrowScope(parent, { expiry: '2026-12-10T00:00:00Z', provenance: { '/expiry': 'ledger' } }).provenance,
    ).toEqual({ ...provenance, '/expiry': 'ledger' })
  })

  test('error: sources that are no object state nothing, or are refused', () => {
    expect(narrowScope(parent, { provenance: null }).provenance).toEqual(provenance)
    expect(narrowScope(parent, { provenance: 'principal' }).provenance).toEqual(provenance)
  })

  test('behavior: null removes, a list replaces the list, an object joins its members', () => {
    const child = narrowScope(parent, {
      calls: { max: 5 },
      rules: [parent.rules[0]],
      budgets: { b: { max: '50' } },
    })
    expect(child.rules).toEqual([parent.rules[0]])
    expect(child.budgets).toEqual({ b: { assets: { [USDC]: '1' }, max: '50' } })
    expect(narrowScope(child, { calls: { max: 4, per: null } }).calls).toEqual({ max: 4 })
    // A member of something that was not there, or was no object.
    expect(issuesOf(() => narrowScope(parent, { task: 'x' }))).toEqual(['scope.wrong_type /task'])
    expect(issuesOf(() => narrowScope(parent, { rules: { 0: null } }))).toEqual(['scope.wrong_type /rules'])
    expect(issuesOf(() => narrowScope(parent, { chainId: { value: 2, source: 'ledger' } }))).toEqual([
      'scope.not_narrower /chainId',
    ])
  })

  test.each([[null], [[]], ['{}'], [5], [true]])('error: %j is no patch', (patch) => {
    expect(issuesOf(() => narrowScope(parent, patch))).toEqual(['scope.invalid_patch '])
  })

  test('error: what is wider is shown with what it is wider than', () => {
    const { details } = codeOf(() => narrowScope(parent, { revocation: { guardian: null } }))
    expect(details).toMatchObject({ value: 'revocation: nothing', bound: `"${account(8)}"` })
    const shown = codeOf(() => narrowScope(parent, { notBefore: '2026-12-01T00:00:00Z', chainId: 2 })).details
    expect(shown).toMatchObject({ value: 'chain: 2', bound: '1' })
    const bounded = parseScope(document({ notBefore: '2026-12-01T00:00:00Z' }))
    const open = codeOf(() => narrowScope(bounded, { notBefore: null })).details
    expect(open).toMatchObject({ value: 'lifetime: nothing', bound: '"2026-12-01T00:00:00Z"' })
  })
})

describe('normalPointer', () => {
  const [upper, lower] = [`0x${'AB'.repeat(20)}`, `0x${'ab'.repeat(20)}`]

  test.each([
    [`/assets/${upper}`, `/assets/${lower}`],
    [`/assets/${upper}/symbol`, `/assets/${lower}/symbol`],
    [`/${upper}/${upper}`, `/${lower}/${lower}`],
    [`/assets/${upper}0`, `/assets/${upper}0`],
    [`/assets/x${upper}`, `/assets/x${upper}`],
    ['/Rules/0', '/Rules/0'],
  ])('default: %s', (pointer, normal) => {
    expect(normalPointer(pointer)).toBe(normal)
  })
})

describe('parseScope', () => {
  test.each<[string, boolean]>([
    ['', true],
    ['/rules/0/to/1', true],
    ['/rules/1', true],
    ['/rules/2', false],
    ['/rules/00', false],
    ['/rules/01', false],
    ['/rules/-', false],
    ['/rules/0/to/2', false],
    ['/rules/length', false],
    ['/task/id', true],
    ['/task/id/length', false],
    ['/task~1id', false],
    ['/task~2', false],
    ['/calls', false],
    ['/budgets/b/assets/native', false],
    [`/budgets/b/assets/${USDC}`, true],
    ['/budgets/toString', false],
  ])('behavior: whether "%s" points at a value', (pointer, known) => {
    const read = () => parseScope(document({ provenance: { [pointer]: 'ledger' } }))
    if (pointer === '') expect(issuesOf(read)).toEqual(['scope.malformed_value /provenance/'])
    else if (known) expect(read().provenance).toEqual({ [pointer]: 'ledger' })
    else expect(issuesOf(read)[0]).toMatch(/^scope\.dangling_provenance \/provenance\//)
  })

  test('error: a pointer to nothing is shown by its first 200 characters', () => {
    const pointer = `/ab${'c'.repeat(198)}`
    const { details } = codeOf(() => parseScope(document({ provenance: { [pointer]: 'ledger' } })))
    expect(details['value']).toBe(pointer.slice(0, 200))
  })

  test('behavior: one source said twice is one source', () => {
    const expiry = { value: '2026-12-11T00:00:00Z', source: 'ledger' }
    expect(parseScope(document({ expiry, provenance: { '/expiry': 'ledger' } })).provenance).toEqual({
      '/expiry': 'ledger',
    })
  })
})
