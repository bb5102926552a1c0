import { describe, expect, test } from 'vitest'
import {
  act,
  budget,
  calls,
  counting,
  decodedOf,
  environment,
  nativeBudget,
  pay,
  plan,
  refusal,
  rowOf,
} from '../../test/arbitraries/plan.ts'
import { AGENT, PAYEES, PRINCIPAL, scopeDocument } from '../../test/arbitraries/scope.ts'
import { parseScope } from '../scope/parse.ts'
import { compile } from './compile.ts'
import { explainDelegations } from './explain.ts'
import type { Draft } from './types.ts'

/** What changed code got away with before: each of these stands against one change that no other test noticed. */

describe('explainDelegations', () => {
  test('behavior: a link under another says under which, and only that one does', () => {
    const draft = (digit: string, more: Partial<Draft>): Draft => {
      return {
        delegate: AGENT,
        delegator: PRINCIPAL,
        parent: null,
        salt: `0x${digit.repeat(64)}`,
        caveats: [],
        ...more,
      }
    }
    const drafts = [draft('5', {}), draft('6', { delegator: AGENT, delegate: PAYEES[1], parent: 0 })]
    const headings = explainDelegations(drafts, environment, {}).flatMap(({ sentence }) =>
      sentence.startsWith('Delegation') ? [sentence] : [],
    )
    expect(headings.map((heading) => /, within delegation 1$/.test(heading))).toEqual([false, true])
  })
})

describe('compile', () => {
  test('behavior: a branch names its payee where there is one, and none where there are several', () => {
    const payees = (to: readonly `0x${string}`[]) =>
      plan([pay({ asset: 'native', to: [...to] })], nativeBudget()).branches.map(({ payee }) => payee)
    expect(payees([PAYEES[0]])).toEqual([PAYEES[0]])
    expect(payees([PAYEES[0], PAYEES[1]])).toEqual([undefined])
  })

  test('error: a function that carries calls, whose calls are left to the agent', () => {
    const open = act({ function: 'function multicall(bytes[] data)', args: {}, acknowledge: ['selector:multicall'] })
    expect(refusal(() => plan([open], { calls: { max: 1 } }))).toBe('compile.nested_open')
  })

  test('behavior: calls that share nothing but their number are bounded by the largest value of any, be it one wei', () => {
    const rules = ['1', '0'].map((lte, at) => act({ id: `act${at}`, args: {}, value: { lte } }))
    const [root] = decodedOf(plan(rules, { calls: { max: 3 } }))
    expect(root).toContainEqual(calls(3n))
    expect(root).toContainEqual({ kind: 'valueLte', max: 1n })
  })

  test('error: a maximum of nothing, in a scope that did not come from its reader', () => {
    const scope = parseScope(scopeDocument([pay({ max: '5' })], budget()))
    const nothing = { ...scope, rules: scope.rules.map((rule) => ({ ...rule, max: '0' })) } as typeof scope
    const made = () => compile(nothing, environment, { salt: counting(), nonce: 0n, accept: ['/rules/0/max'] })
    expect(refusal(made)).toBe('compile.amount_not_positive')
  })

  test('behavior: a maximum is held by the number of calls only where that is one', () => {
    const kinds = (max: number) => {
      const made = plan([pay({ max: '200' })], { ...budget(), calls: { max } })
      const held = rowOf(made, '/rules/0/max')?.held
      if (held?.by !== 'chain') throw new TypeError('not held')
      return held.caveats.map(({ draft, caveat }) => decodedOf(made)[draft]?.[caveat]?.kind).sort()
    }
    expect(kinds(1)).toContain('limitedCalls')
    expect(kinds(3)).toEqual(['erc20TransferAmount'])
  })
})
