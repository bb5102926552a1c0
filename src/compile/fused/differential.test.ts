import { describe, expect, test } from 'vitest'
import { seeded } from '../../../test/arbitraries/draw.ts'
import { termsOf } from '../../../test/arbitraries/fused.ts'
import { environment as base, counting } from '../../../test/arbitraries/plan.ts'
import { drawCalls } from '../../../test/arbitraries/scopeActions.ts'
import { drawPairs, T0, TOKENS } from '../../../test/oracles/scopePairs.ts'
import { createTermsHistory } from '../../../test/oracles/termsSemantics.ts'
import { createScopeHistory } from '../../scope/admits.ts'
import type { Scope } from '../../scope/types.ts'
import { compile } from '../compile.ts'
import { CompileError } from '../errors.ts'
import { budgetNames } from './budgets.ts'
import { ruleIds } from './ruleIds.ts'

const environment = { ...base, chainId: 1 }

function lowered(scope: Scope, count: (what: string) => void) {
  try {
    return termsOf(compile(scope, environment, { salt: counting(), nonce: 0n, lowering: 'fused' }))
  } catch (error) {
    if (!(error instanceof CompileError)) throw error
    count(error.code)
    return null
  }
}

describe('compile, fused', () => {
  test('behavior: the terms admit what the scope means, action by action; only a rolling window is stricter', () => {
    const seen = new Map<string, number>()
    const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
    const draw = seeded(2_026)
    const pairs = drawPairs(draw)
    for (let scopes = 0; scopes < 700; scopes++) {
      const scope = pairs.next().value.child
      const terms = lowered(scope, count)
      if (terms === null) continue
      count('scopes')
      const ids = ruleIds(scope)
      const names = budgetNames(scope)
      const rolling = new Set(names.filter((name) => scope.budgets[name]?.window === 'rolling'))
      if (terms.rules.some(({ measured }) => measured !== null)) count('measured')
      const onChain = createTermsHistory(terms)
      const meant = createScopeHistory(scope)
      let time = BigInt(T0 - 1)
      for (let actions = 0; actions < 14; actions++) {
        time += BigInt(draw.int(3) === 0 ? 1 : 0)
        const calls = drawCalls(draw, scope)
        const lost = { [TOKENS[0]]: BigInt(draw.int(5)), [TOKENS[1]]: BigInt(draw.int(5)) }
        const action = { chainId: 1, time, calls, lost }
        const said = meant.ask(action)
        const judged = onChain.ask(calls, time, lost)
        const context = JSON.stringify({ scope, calls, time, said, judged }, (_, value) =>
          typeof value === 'bigint' ? `${value}` : value instanceof Map ? [...value].map(String) : value,
        )
        if (!judged.passes) {
          count(said.admitted === 'no' ? 'both refuse' : 'stricter')
          // What a rolling counter still holds, the scope has forgotten: never for longer than it says.
          if (said.admitted !== 'no') expect(rolling.size, context).toBeGreaterThan(0)
          continue
        }
        if (judged.confirm) {
          count('confirmed')
          // The scope asks, too; or a rolling counter holds the budget of the rule that would not have to.
          if (rolling.size === 0) expect(said.admitted, context).toBe('confirmed')
          else expect(said.admitted, context).not.toBe('no')
          continue
        }
        count('both admit')
        if (terms.rules[judged.rule]?.measured) count('measured admits')
        expect(said.admitted, context).toBe('yes')
        if (said.admitted !== 'yes') continue
        if (rolling.size === 0) expect(ids[judged.rule], context).toBe(said.rule)
        // The same limits are charged, in whatever units.
        if (ids[judged.rule] === said.rule) {
          const charged = [...judged.charges].filter(([, amount]) => amount > 0n).map(([budget]) => names[budget])
          const wanted = [...said.charges].filter(([, units]) => units > 0n).map(([name]) => name)
          expect(charged.sort(), context).toEqual(wanted.sort())
        }
        onChain.record(judged, time)
        meant.record(action, said)
      }
    }
    for (const [what, least] of [
      ['scopes', 250],
      ['both admit', 400],
      ['both refuse', 400],
      ['stricter', 1],
      ['confirmed', 5],
      ['measured', 20],
      ['measured admits', 10],
      ['compile.measured_escalation', 1],
      ['compile.rule_order', 5],
      ['compile.rolling_calls', 1],
      ['compile.native_anyone', 1],
      ['compile.unbounded', 1],
    ] as const)
      expect(seen.get(what) ?? 0, `${what} ${[...seen].map(String)}`).toBeGreaterThanOrEqual(least)
  })
})
