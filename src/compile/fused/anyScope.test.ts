import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seeded } from '../../../test/arbitraries/draw.ts'
import { termsOf } from '../../../test/arbitraries/fused.ts'
import { counting, environment } from '../../../test/arbitraries/plan.ts'
import { anyScope } from '../../../test/arbitraries/scope.ts'
import { drawPairs } from '../../../test/oracles/scopePairs.ts'
import { encodeCaveat } from '../../caveats/caveat.ts'
import type { Environment } from '../../caveats/types.ts'
import type { Scope } from '../../scope/types.ts'
import { compile } from '../compile.ts'
import { CompileError, type CompileErrorCode } from '../errors.ts'
import { OPEN_DELEGATE } from '../guardScope.ts'
import { inspectLinks } from '../inspect.ts'
import { linksOf } from '../links.ts'
import { ruleIds } from './ruleIds.ts'

/** Compiles to one safe, covered, explained delegation, or says in a code why not. */
function check(scope: Scope, deployed: Environment, count: (what: string) => void): void {
  let made: ReturnType<typeof compile>
  try {
    made = compile(scope, deployed, { salt: counting(), nonce: 0n, lowering: 'fused' })
  } catch (error) {
    if (!(error instanceof CompileError)) throw error
    expect(error.fix).not.toBe('')
    expect(error.details['acceptable'] ?? false).toBe(false)
    count(error.code)
    return
  }
  count('plan')
  const { drafts, branches, coverage, explanation, accepted } = made
  if (termsOf(made).rules.some(({ measured }) => measured !== null)) count('measured')
  expect([drafts.length, branches, accepted]).toEqual([1, [{ links: [0] }], []])
  const [draft] = drafts
  const terms = termsOf(made)
  expect(draft?.caveats).toEqual([encodeCaveat(deployed, { kind: 'taskScope', ...terms })])
  expect(draft?.delegate).toBe(scope.request === undefined ? scope.delegate : OPEN_DELEGATE)

  // Every danger that is left was acknowledged by the rule that it is of.
  const ids = ruleIds(scope)
  expect(terms.rules).toHaveLength(ids.length)
  for (const found of inspectLinks(linksOf(drafts), deployed)) {
    const rule = scope.rules.find(({ id }) => id === ids[found.rule ?? -1])
    expect(rule?.class === 'call' ? rule.acknowledge : []).toContain(found.acknowledge)
    count('acknowledged')
  }

  // What the terms say is explained from the terms: every rule and budget has a sentence of its own.
  const sentences = explanation.filter(({ caveat }) => caveat === 0).map(({ sentence }) => sentence)
  terms.rules.forEach((_, index) => {
    expect(sentences[index]).toMatch(new RegExp(`^Rule ${index + 1}: `))
  })
  terms.budgets.forEach((_, index) => {
    expect(sentences.some((sentence) => sentence.startsWith(`Budget ${index + 1}: `))).toBe(true)
  })

  expect(new Set(coverage.map(({ constraint }) => constraint)).size).toBe(coverage.length)
  for (const { constraint, held } of coverage) {
    expect(held.by, constraint).not.toBe('redeemer')
    if (held.by === 'nobody') {
      count(constraint.replace(/\d+|\w+(?=\/assets)/g, '*'))
      expect(constraint).toMatch(
        /^\/(?:redelegation\/maxDepth|revocation\/maxLatencySeconds|escalation\/timeout|evidence|budgets\/\w+\/assets|rules\/\d+\/to)$/,
      )
    }
  }
}

describe('compile, fused', () => {
  test('behavior: any scope gives one caveat that is safe, covered and explained, or a coded refusal', () => {
    const seen = new Map<string, number>()
    const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
    fc.assert(
      fc.property(anyScope(environment), (scope) => check(scope, environment, count)),
      { numRuns: 500, seed: 12 },
    )
    const pairs = drawPairs(seeded(77))
    for (let scopes = 0; scopes < 300; scopes++) check(pairs.next().value.child, { ...environment, chainId: 1 }, count)
    expect(seen.get('plan')).toBeGreaterThan(200)
    const kinds: (CompileErrorCode | string)[] = [
      'acknowledged',
      'compile.rolling_calls',
      'compile.native_anyone',
      'compile.unbounded',
      'compile.forbidden_target',
      'compile.forbidden_payee',
      'compile.forbidden_selector',
      'compile.unbounded_transfer',
      'compile.amount_not_positive',
      'compile.measured_escalation',
      'compile.rule_order',
      'measured',
      '/redelegation/maxDepth',
      '/escalation/timeout',
      '/rules/*/to',
      '/budgets/*/assets',
    ]
    for (const kind of kinds) expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(0)
  })
})
