import { describe, expect, test } from 'vitest'
import { draft, environment, other } from '../../test/arbitraries/drafts.ts'
import { handCaveat, PLAIN_RULE, payRule } from '../../test/arbitraries/fused.ts'
import { AGENT, DAI, PAYEES, TARGET } from '../../test/arbitraries/scope.ts'
import type { TaskScopeRule, TaskScopeTerms } from '../caveats/taskScope/types.ts'
import { PERMIT2 } from './dangers.ts'
import { inspectLinks } from './inspect.ts'
import { linksOf } from './links.ts'

const callRule: TaskScopeRule = { ...PLAIN_RULE, target: TARGET, selector: '0x12345678', length: 68 }
const charged = { charges: [{ budget: 0, source: 'value', weight: 1n }] } as const
const plainRule: TaskScopeRule = { ...PLAIN_RULE, ...charged, selector: '0x', length: 0, maxValue: 7n, target: PERMIT2 }
const uncounted: TaskScopeRule = { ...payRule, charges: [] }

/** Codes and acknowledgements by link: of a root, and of a link under it where one is given. */
function found(root: Partial<TaskScopeTerms>, child?: Partial<TaskScopeTerms>) {
  const under = { parent: 0, delegator: AGENT, delegate: PAYEES[2], ...other } as const
  const drafts = [draft([handCaveat(root)]), ...(child === undefined ? [] : [draft([handCaveat(child)], under)])]
  return inspectLinks(linksOf(drafts), environment)
}

describe('inspectRules', () => {
  test('behavior: a danger may be acknowledged where it is called, never where it is paid', () => {
    const asks = (rule: TaskScopeRule) => found({ rules: [rule] }).map(({ code, acknowledge }) => [code, acknowledge])
    const [called] = asks({ ...callRule, target: PERMIT2 })
    expect(called).toEqual(['compile.forbidden_target', expect.any(String)])
    expect(asks(plainRule)).toEqual([['compile.forbidden_payee', null]])
  })

  test('behavior: payees are the first words of transfers, where they are addresses', () => {
    const listed = (rule: TaskScopeRule, ...operands: bigint[]) =>
      found({
        rules: [{ ...rule, conditions: [...rule.conditions, { op: 'one_of', word: 0, operands }] }],
      }).map(({ code }) => code)
    const manager = BigInt(environment.manager)
    expect(listed(payRule, manager)).toEqual(['compile.forbidden_payee'])
    expect(listed(callRule, manager)).toEqual([])
    // More than twenty bytes are no address: the token refuses them.
    for (const bit of [160n, 161n, 255n]) {
      expect(listed(payRule, manager + (1n << bit))).toEqual([])
      expect(listed(payRule, manager + (1n << bit), manager)).toEqual(['compile.forbidden_payee'])
    }
  })

  test.each<[string, Partial<TaskScopeTerms>, number]>([
    ['counts the same payments', { rules: [payRule] }, 0],
    ['does not', { rules: [uncounted] }, 1],
    ['does not, beside a rule of something else', { rules: [uncounted, callRule] }, 1],
    ['counts them for one of two rules', { rules: [payRule, uncounted] }, 1],
    [
      'leaves another function of the token uncounted',
      { rules: [payRule, { ...callRule, target: payRule.target }] },
      0,
    ],
    ['leaves payments of another token uncounted', { rules: [payRule, { ...uncounted, target: DAI }] }, 0],
    ['counts calls', { rules: [uncounted], calls: { max: 1n, period: null } }, 0],
  ])('behavior: a payment that its own link does not count, under one that %s', (_, root, unbounded) => {
    const findings = found(root, { rules: [uncounted], budgets: [] })
    const own = findings.filter(({ code, link }) => code === 'compile.unbounded_transfer' && link === 1)
    expect(own).toHaveLength(unbounded)
  })
})
