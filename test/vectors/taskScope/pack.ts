import type { TaskScopeRule, TaskScopeTerms } from '../../../src/caveats/taskScope/types.ts'
import type { Hex } from '../../../src/primitives/hex.ts'

/**
 * Terms as the table in `TaskScopeTerms.sol` has them, row by row and with nothing checked. Shares no code with the codec that
 * it is there to confirm.
 */
export function packTerms(terms: TaskScopeTerms): Hex {
  const { requestKey, confirmer, calls, redeemers, budgets, rules } = terms
  const flags = [requestKey, confirmer, calls, rules.find(({ measured }) => measured)]
  const header = [
    '01',
    hex(sum(flags.map((present, bit) => (present ? 2 ** bit : 0))), 1),
    hex(terms.notBefore, 5),
    hex(terms.expiry, 5),
    hex(terms.maxExecutions, 1),
    hex(redeemers.length, 1),
    hex(budgets.length, 1),
    hex(rules.length, 1),
    terms.group,
    terms.guardian ?? hex(0, 20),
  ]
  const parties = [requestKey ?? '', confirmer ?? '', calls ? hex(calls.max, 3) + hex(calls.period ?? 0, 4) : '']
  const money = budgets.map(({ window, period, cap }) => {
    const kind = window === 'rolling' ? 128 + roundingOf(cap) : 0
    return hex(kind, 1) + hex(period ?? 0, 4) + hex(cap, 15)
  })
  const thresholds = budgets.map(({ threshold }) => (threshold === null ? '' : hex(threshold, 15)))
  return join([...header, ...parties, ...redeemers, ...money, ...thresholds, ...rules.map(packRule)])
}

function packRule(rule: TaskScopeRule): Hex {
  const { allowance, measured, conditions, charges } = rule
  const call = [rule.target, rule.selector === '0x' ? hex(0, 4) : rule.selector, hex(rule.length, 2)]
  const approve = [allowance?.token ?? '', '095ea7b3', hex(68, 2)]
  const after = join([
    rule.maxValue === 0n ? '' : hex(rule.maxValue, 12),
    ...(allowance ? [...call, hex(allowance.amountWord, 1)] : []),
    ...conditions.map(packCondition),
    ...charges.map(({ budget, source, weight }) => {
      const from = typeof source === 'object' ? source.word : { balance: 253, count: 254, value: 255 }[source]
      const size = weight === 1n ? 0 : widest([weight])
      return hex(budget, 1) + hex(from, 1) + hex(size, 1) + (size === 0 ? '' : hex(weight, size))
    }),
    ...(measured ? [measured.asset === 'native' ? hex(0, 20) : measured.asset, measured.account] : []),
  ])
  const flags = [rule.longer, rule.maxValue > 0n, allowance, measured]
  return join([
    ...(allowance ? approve : call),
    hex(sum(flags.map((present, bit) => (present ? 2 ** bit : 0))), 1),
    hex(conditions.length, 1),
    hex(charges.length, 1),
    hex((after.length - 2) / 2, 2),
    '00',
    after,
  ])
}

const NUMBERS = {
  equal: 1,
  not_equal: 2,
  at_most: 3,
  at_least: 4,
  signed_at_most: 5,
  signed_at_least: 6,
  one_of: 7,
  bits: 8,
  length_at_most: 9,
  hash: 10,
}

function packCondition(condition: TaskScopeRule['conditions'][number]): Hex {
  const third =
    condition.op === 'one_of'
      ? condition.operands.length
      : 'left' in condition
        ? condition.width + (condition.left ? 128 : 0)
        : 'width' in condition
          ? condition.width
          : 0
  const operands =
    condition.op === 'one_of'
      ? condition.operands
      : condition.op === 'bits'
        ? [condition.mask, condition.bits]
        : [BigInt.asUintN(256, BigInt(condition.operand))]
  const size = condition.op === 'hash' ? 32 : condition.op === 'one_of' ? widest(operands) || 1 : widest(operands)
  return join([
    hex(NUMBERS[condition.op], 1),
    hex(condition.word, 1),
    hex(third, 1),
    hex(size, 1),
    ...(size === 0 ? [] : operands.map((operand) => hex(operand, size))),
  ])
}

/** Bytes of the largest. */
function widest(values: readonly bigint[]): number {
  let size = 0
  while (values.some((value) => value >= 256n ** BigInt(size))) size++
  return size
}

/** How often a rolling cap is halved until 2^24 - 2 units hold it. */
export function roundingOf(cap: bigint): number {
  return cap < 2n ** 24n - 1n ? 0 : 1 + roundingOf(cap / 2n)
}

function hex(value: number | bigint, size: number): string {
  return value.toString(16).padStart(size * 2, '0')
}

function join(parts: readonly string[]): Hex {
  return `0x${parts.map((part) => part.replace('0x', '')).join('')}`
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
