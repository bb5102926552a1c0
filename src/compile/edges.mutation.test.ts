import { describe, expect, test } from 'vitest'
import { act, environment, nativeBudget, pay, plan, refusal } from '../../test/arbitraries/plan.ts'
import { AGENT, PAYEES, PRINCIPAL } from '../../test/arbitraries/scope.ts'
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
})
