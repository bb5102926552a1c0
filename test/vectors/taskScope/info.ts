import { encodeAbiParameters, getAbiItem } from 'viem'
import type { TaskScopeCondition, TaskScopeTerms } from '../../../src/caveats/taskScope/types.ts'
import type { Hex } from '../../../src/primitives/hex.ts'
import { taskScopeReaderAbi } from './abi.ts'
import { roundingOf } from './pack.ts'

const ZERO: Hex = `0x${'00'.repeat(20)}`
const OPERATIONS: Readonly<Record<TaskScopeCondition['op'], number>> = {
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

/** Terms as `getTermsInfo` of the reader contract answers them: absent is zero. */
export function taskScopeInfo(terms: TaskScopeTerms) {
  return {
    notBefore: Number(terms.notBefore),
    expiry: Number(terms.expiry),
    mostExecutions: terms.maxExecutions,
    group: terms.group,
    guardian: terms.guardian ?? ZERO,
    requestKey: terms.requestKey ?? ZERO,
    confirmer: terms.confirmer ?? ZERO,
    mostCalls: Number(terms.calls?.max ?? 0n),
    callsPeriod: Number(terms.calls?.period ?? 0n),
    redeemers: terms.redeemers,
    budgets: terms.budgets.map(({ window, period, cap, threshold }) => ({
      rolling: window === 'rolling',
      shift: window === 'rolling' ? roundingOf(cap) : 0,
      period: Number(period ?? 0n),
      cap,
      threshold: threshold ?? 0n,
    })),
    rules: terms.rules.map(ruleInfo),
  }
}

/** The same as the contract returns it. */
export function encodeInfo(terms: TaskScopeTerms): Hex {
  const { outputs } = getAbiItem({ abi: taskScopeReaderAbi, name: 'getTermsInfo' })
  return encodeAbiParameters(outputs, [taskScopeInfo(terms)])
}

function ruleInfo(rule: TaskScopeTerms['rules'][number]) {
  const { allowance, measured } = rule
  const selector = rule.selector === '0x' ? '0x00000000' : rule.selector
  const flags = [rule.longer, rule.maxValue > 0n, allowance, measured]
  return {
    target: allowance ? allowance.token : rule.target,
    selector: allowance ? '0x095ea7b3' : selector,
    length: allowance ? 68 : rule.length,
    flags: flags.reduce<number>((total, present, bit) => total + (present ? 2 ** bit : 0), 0),
    mostValue: rule.maxValue,
    callTarget: allowance ? rule.target : ZERO,
    callSelector: allowance ? selector : '0x00000000',
    callLength: allowance ? rule.length : 0,
    amountWord: allowance?.amountWord ?? 0,
    conditions: rule.conditions.map(conditionInfo),
    charges: rule.charges.map(({ budget, source, weight }) => ({
      budget,
      source: typeof source === 'object' ? source.word : { balance: 253, count: 254, value: 255 }[source],
      weight,
    })),
    measuredAsset: measured === null || measured.asset === 'native' ? ZERO : measured.asset,
    measuredAccount: measured?.account ?? ZERO,
  }
}

function conditionInfo(condition: TaskScopeCondition) {
  const operands =
    condition.op === 'one_of'
      ? condition.operands
      : condition.op === 'bits'
        ? [condition.mask, condition.bits]
        : [BigInt.asUintN(256, BigInt(condition.operand))]
  const digits = Math.max(...operands.map((operand) => (operand === 0n ? 0 : operand.toString(16).length)))
  const bytes = Math.ceil(digits / 2)
  const width = 'width' in condition ? condition.width : 0
  return {
    operation: OPERATIONS[condition.op],
    word: condition.word,
    widthOrCount:
      condition.op === 'one_of' ? operands.length : 'left' in condition && condition.left ? 128 + width : width,
    size: condition.op === 'hash' ? 32 : condition.op === 'one_of' ? Math.max(bytes, 1) : bytes,
    operands,
  }
}
