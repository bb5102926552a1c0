import { describe, expect, test } from 'vitest'
import { callOf, lifetime, payRule, type Terms, termsOf } from '../../../test/fixtures/taskScope.ts'
import {
  act,
  agent,
  alice,
  denied,
  grantOf,
  mallory,
  NOW,
  otherVendor,
  pay,
  stateOf,
  transfer,
  usdc,
  vendor,
  word,
} from '../../../test/fixtures/verdict.ts'
import type { TaskScopeCondition } from '../../caveats/taskScope/types.ts'
import type { Hex } from '../../primitives/hex.ts'
import { applyFix } from '../applyFix.ts'
import { evaluate } from '../evaluate.ts'
import type { Action, Call, Fix } from '../types.ts'

const OTHER: Hex = '0x5a5a5a5a'
const MAX = 2n ** 256n - 1n

function fixOf(change: Partial<Terms>, asked: Call | Action, now = NOW): Fix {
  const prepared = grantOf([termsOf(change)])
  const action = 'calls' in asked ? asked : act(asked)
  return denied(evaluate(prepared, action, stateOf(prepared, { now }))).fix
}

/** The word that is written in place of one that a condition refuses. */
function wordFor(condition: TaskScopeCondition, value: bigint): bigint | string {
  const rules = [payRule({ selector: OTHER, conditions: [condition], charges: [] })]
  const fix = fixOf({ rules }, callOf(usdc, OTHER, vendor, value))
  return fix.do === 'set_bytes' && fix.at === 36n ? BigInt(fix.bytes) : fix.do
}

describe('the fix of a denial under a whole scope', () => {
  const wide = { word: 1, width: 2, left: false }
  test.each<[TaskScopeCondition, bigint, bigint | string]>([
    [{ op: 'equal', word: 1, operand: 5n }, 6n, 5n],
    [{ op: 'at_most', word: 1, operand: 5n }, 6n, 5n],
    [{ op: 'at_least', ...wide, operand: 5n }, 4n, 5n],
    [{ op: 'signed_at_most', word: 1, width: 2, operand: -5n }, 4n, MAX - 4n],
    [{ op: 'signed_at_least', word: 1, width: 2, operand: -5n }, MAX - 9n, MAX - 4n],
    [{ op: 'one_of', word: 1, operands: [8n, 9n] }, 5n, 8n],
    [{ op: 'bits', ...wide, mask: 0xf0n, bits: 0x20n }, 0x1n, 0x21n],
    [{ op: 'bits', ...wide, mask: 0xf0n, bits: 0x20n }, 0x55_0021n, 0x21n],
    [{ op: 'bits', word: 1, width: 1, left: true, mask: 1n << 248n, bits: 1n << 248n }, 7n, 1n << 248n],
    [{ op: 'not_equal', ...wide, operand: 5n }, 0x1_0007n, 7n],
    [{ op: 'not_equal', word: 1, width: 1, left: true, operand: 0n }, (3n << 248n) + 1n, 3n << 248n],
    [{ op: 'not_equal', ...wide, operand: 5n }, 5n, 'ask_for_a_new_grant'],
    [{ op: 'hash', word: 1, operand: `0x${'11'.repeat(32)}` }, 0n, 'ask_for_a_new_grant'],
  ])('default: %o', (condition, value, expected) => {
    expect(wordFor(condition, value)).toBe(expected)
  })

  test('default: who is paid, and what is called', () => {
    expect(fixOf({}, transfer(1n, mallory))).toEqual({ do: 'pay_one_of', recipients: [vendor, otherVendor] })
    const [first] = payRule().conditions
    const one = payRule({ conditions: [{ op: 'equal', word: 0, operand: BigInt(otherVendor) }] })
    expect(fixOf({ rules: [one] }, transfer(1n))).toEqual({ do: 'pay_one_of', recipients: [otherVendor] })
    // A word that is no account is nobody to pay.
    const odd = payRule({ conditions: [{ op: 'one_of', word: 0, operands: [2n ** 160n, BigInt(vendor)] }] })
    expect(fixOf({ rules: [odd] }, transfer(1n, mallory))).toEqual({ do: 'pay_one_of', recipients: [vendor] })
    expect(first?.op).toBe('one_of')
    expect(fixOf({}, transfer(1n, vendor, mallory))).toEqual({
      do: 'call_one_of',
      targets: [{ target: usdc, selector: '0xa9059cbb' }],
    })
    const native = (target: Hex) =>
      payRule({ target, selector: '0x', length: 0, maxValue: 9n, conditions: [], charges: [] })
    expect(fixOf({ rules: [native(vendor), native(otherVendor)] }, pay(1n, mallory))).toEqual({
      do: 'pay_one_of',
      recipients: [vendor, otherVendor],
    })
  })

  test('default: the first of a list that passes, of as many as are tried', () => {
    const list = (operands: readonly bigint[]): TaskScopeCondition => ({ op: 'one_of', word: 1, operands })
    const to = (only: bigint) => {
      const conditions = [list([5n, 6n, 7n, 8n]), { op: 'equal' as const, word: 1, operand: only }]
      const fix = fixOf(
        { rules: [payRule({ selector: OTHER, conditions, charges: [] })] },
        callOf(usdc, OTHER, vendor, 1n),
      )
      return fix.do === 'set_bytes' ? BigInt(fix.bytes) : fix.do
    }
    expect([5n, 6n, 7n].map(to)).toEqual([5n, 6n, 7n])
    // The fourth is found by what is said of the first.
    expect(to(8n)).toBe(5n)
  })

  test('default: a word lowered to what its budget or bound leaves, to nothing if need be', () => {
    const rules = (weight: bigint) => [
      payRule({ selector: OTHER, conditions: [], charges: [{ budget: 0, source: { word: 1 }, weight }] }),
    ]
    const bytesOf = (fix: Fix) => (fix.do === 'set_bytes' ? [fix.at, BigInt(fix.bytes)] : [fix.do])
    expect(bytesOf(fixOf({ rules: rules(3n) }, callOf(usdc, OTHER, vendor, 40n)))).toEqual([36n, 33n])
    expect(bytesOf(fixOf({ rules: rules(101n) }, callOf(usdc, OTHER, vendor, 40n)))).toEqual([36n, 0n])
    // An amount of a payment is not lowered to nothing.
    const all = [payRule({ charges: [{ budget: 0, source: { word: 1 }, weight: 101n }] })]
    expect(fixOf({ rules: all }, transfer(1n))).toEqual({ do: 'ask_for_a_new_grant' })
  })

  test('default: call data cut or filled to what a rule asks for', () => {
    const { data } = transfer(1n)
    expect(fixOf({}, { ...transfer(1n), data: `${data}00` })).toEqual({ do: 'set_calldata', data })
    const short = payRule({ length: 36, charges: [] })
    expect(fixOf({ rules: [short] }, transfer(1n))).toEqual({ do: 'set_calldata', data: data.slice(0, 74) })
  })

  test('default: value lowered where it is the amount, else taken away', () => {
    const native = payRule({ target: vendor, selector: '0x', length: 0, maxValue: 9n, conditions: [], charges: [] })
    expect(fixOf({ rules: [native] }, pay(10n))).toEqual({ do: 'lower_amount', to: 9n })
    expect(fixOf({}, { ...transfer(1n), value: 1n })).toEqual({ do: 'set_value', to: 0n })
    const some = payRule({ maxValue: 3n })
    expect(fixOf({ rules: [some] }, { ...transfer(1n), value: 4n })).toEqual({ do: 'set_value', to: 3n })
  })

  test('default: amounts by the weight that the budget gives them, in the one call that is over', () => {
    const rules = [payRule({ charges: [{ budget: 0, source: { word: 1 }, weight: 3n }] })]
    expect(fixOf({ rules }, transfer(40n))).toEqual({ do: 'lower_amount', to: 33n })
    const batch = { ...act(pay(0n)), calls: [transfer(20n), transfer(20n)] }
    expect(fixOf({ rules, maxExecutions: 2 }, batch)).toEqual({
      do: 'in_call',
      call: 1,
      fix: { do: 'lower_amount', to: 13n },
    })
  })

  test('behavior: what ended, or was used up for life, needs a new grant', () => {
    const over = termsOf().expiry
    expect(fixOf({}, transfer(1n), over)).toEqual({ do: 'ask_for_a_new_grant' })
    expect(fixOf({ rules: [] }, transfer(1n))).toEqual({ do: 'ask_for_a_new_grant' })
    expect(
      fixOf({ budgets: [lifetime(100n)], rules: [payRule({ target: alice })] }, transfer(1n, vendor, alice)),
    ).toEqual({
      do: 'ask_for_a_new_grant',
    })
  })

  test('behavior: several things wrong are fixed one by one, each time by what the verdict says', () => {
    const prepared = grantOf([termsOf({ maxExecutions: 3, redeemers: [agent] })])
    const state = stateOf(prepared, { now: NOW })
    let action: Action = {
      ...act(pay(0n)),
      calls: [transfer(90n, mallory), transfer(30n), transfer(20n), transfer(1n)],
    }
    const steps: string[] = []
    for (;;) {
      const verdict = evaluate(prepared, action, state)
      if (verdict.verdict !== 'deny') break
      steps.push(verdict.fix.do)
      expect(steps.length).toBeLessThan(6)
      action = applyFix(verdict.fix, action)
    }
    expect(steps[0]).toBe('send_fewer_calls')
    expect(steps).toContain('in_call')
    expect(action.calls[0]?.data).toContain(word(vendor))
  })
})
