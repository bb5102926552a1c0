import { keccak256 } from 'viem'
import type { TaskScopeCondition, TaskScopeRule, TaskScopeTerms } from '../../src/caveats/taskScope/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'

/**
 * What terms of a TaskScopeEnforcer mean, said a second time and straightforwardly, after the byte table and the contract's
 * comments: an interpreter that keeps a list of what was charged. It shares nothing with the evaluator.
 */

export type OracleCall = { to: Address; value: bigint; data: Hex }
export type OracleAnswer =
  | { passes: false }
  /** `rule`: the first that admits; `confirm`: some charge is above its threshold. */
  | { passes: true; rule: number; confirm: boolean; charges: ReadonlyMap<number, bigint> }

export type Losses = Readonly<Partial<Record<Address | 'native', bigint>>>

export type TermsHistory = {
  /** One call, or the three of an allowance. `lost`: what the measured account then has less of, by asset. */
  ask(calls: readonly OracleCall[], time: bigint, lost?: Losses): OracleAnswer
  record(answer: Extract<OracleAnswer, { passes: true }>, time: bigint): void
}

const WORD = 1n << 256n
const MOST_UNITS = 2n ** 24n - 2n

export function createTermsHistory(terms: TaskScopeTerms): TermsHistory {
  const spent: { budget: number; time: bigint; amount: bigint }[] = []
  const calls: bigint[] = []

  const unitOf = (budget: number) => {
    const { window, cap } = terms.budgets[budget] as TaskScopeTerms['budgets'][number]
    let unit = 1n
    while (window === 'rolling' && cap / unit > MOST_UNITS) unit *= 2n
    return unit
  }
  const inWindow = (period: bigint | null, past: bigint, now: bigint) =>
    period === null || (past - terms.notBefore) / period === (now - terms.notBefore) / period
  const used = (budget: number, now: bigint) => {
    const { window, period } = terms.budgets[budget] as TaskScopeTerms['budgets'][number]
    const unit = unitOf(budget)
    let sum = 0n
    for (const entry of spent) {
      if (entry.budget !== budget) continue
      const counts =
        window === 'rolling' && period !== null
          ? (7n * now) / period - (7n * entry.time) / period <= 7n
          : inWindow(period, entry.time, now)
      if (counts) sum += (entry.amount + unit - 1n) / unit
    }
    return sum
  }

  return {
    ask(asked, time, lost = {}) {
      if (time < terms.notBefore || time >= terms.expiry) return { passes: false }
      if (asked.length > 1 && asked.length > terms.maxExecutions) return { passes: false }
      const made =
        terms.calls === null ? 0 : calls.filter((past) => inWindow(terms.calls?.period ?? null, past, time)).length
      if (terms.calls !== null && BigInt(made) + 1n > terms.calls.max) return { passes: false }
      for (const [index, rule] of terms.rules.entries()) {
        const call = callOf(rule, asked)
        if (call === undefined || !admits(rule, call)) continue
        const hold = (charges: ReadonlyMap<number, bigint>) =>
          [...charges].every(([budget, amount]) => {
            const unit = unitOf(budget)
            const cap = terms.budgets[budget]?.cap ?? 0n
            return used(budget, time) + (amount + unit - 1n) / unit <= cap / unit
          })
        // Before the execution nothing is lost yet; afterwards it is too late for another rule.
        if (!hold(chargesOf(rule, call, 0n))) continue
        const charges = chargesOf(rule, call, lost[rule.measured?.asset ?? 'native'] ?? 0n)
        if (!hold(charges)) return { passes: false }
        const confirm = [...charges].some(([budget, amount]) => {
          const threshold = terms.budgets[budget]?.threshold ?? null
          return threshold !== null && amount > threshold
        })
        return { passes: true, rule: index, confirm, charges }
      }
      return { passes: false }
    },
    record({ charges }, time) {
      calls.push(time)
      for (const [budget, amount] of charges) spent.push({ budget, time, amount })
    },
  }
}

/** The call that a rule looks at, where what stands around it is as the rule wants it. */
function callOf({ target, allowance }: TaskScopeRule, calls: readonly OracleCall[]): OracleCall | undefined {
  if (allowance === null) return calls.length === 1 ? calls[0] : undefined
  const [before, call, after] = calls
  if (before === undefined || call === undefined || after === undefined || calls.length !== 3) return undefined
  const approval = (amount: bigint) => `0x095ea7b3${hexWord(BigInt(target))}${hexWord(amount)}`
  const plain = [before, after].every(({ to, value }) => to === allowance.token && value === 0n)
  const wanted = before.data === approval(wordAt(call.data, allowance.amountWord)) && after.data === approval(0n)
  return plain && wanted ? call : undefined
}

function admits(rule: TaskScopeRule, { to, value, data }: OracleCall): boolean {
  const length = (data.length - 2) / 2
  const fits = rule.longer ? length >= rule.length : length === rule.length
  const selector = rule.selector === '0x' ? data === '0x' : data.slice(0, 10) === rule.selector
  if (to !== rule.target || !fits || !selector || value > rule.maxValue) return false
  return rule.conditions.every((condition) => holds(condition, data))
}

function holds(condition: TaskScopeCondition, data: Hex): boolean {
  const word = wordAt(data, condition.word)
  switch (condition.op) {
    case 'equal':
      return word === condition.operand
    case 'at_most':
      return word <= condition.operand
    case 'one_of':
      return condition.operands.includes(word)
    case 'not_equal':
      return isClean(word, condition) && word !== condition.operand
    case 'at_least':
      return isClean(word, condition) && word >= condition.operand
    case 'bits':
      return isClean(word, condition) && (word & condition.mask) === condition.bits
    case 'signed_at_most':
    case 'signed_at_least': {
      const signed = word >= WORD / 2n ? word - WORD : word
      const half = condition.width === 0 ? WORD / 2n : 1n << BigInt(condition.width * 8 - 1)
      if (signed < -half || signed >= half) return false
      return condition.op === 'signed_at_most' ? signed <= condition.operand : signed >= condition.operand
    }
    case 'length_at_most':
    case 'hash': {
      const bytes = tailAt(data, word)
      if (bytes === undefined) return false
      return condition.op === 'hash'
        ? keccak256(`0x${bytes}`) === condition.operand
        : BigInt(bytes.length / 2) <= condition.operand
    }
  }
}

function isClean(word: bigint, { width, left }: { width: number; left: boolean }): boolean {
  if (width === 0) return true
  const digits = hexWord(word)
  return /^0*$/.test(left ? digits.slice(width * 2) : digits.slice(0, 64 - width * 2))
}

/** The `bytes` at an offset, where the call data holds all of them; of a list of n items the first n bytes. */
function tailAt(data: Hex, offset: bigint): string | undefined {
  const args = data.slice(10)
  const start = Number(offset) * 2
  if (start + 64 > args.length) return undefined
  const length = Number(BigInt(`0x${args.slice(start, start + 64)}`)) * 2
  return start + 64 + length > args.length ? undefined : args.slice(start + 64, start + 64 + length)
}

function chargesOf(rule: TaskScopeRule, { value, data }: OracleCall, lost: bigint): Map<number, bigint> {
  const out = new Map<number, bigint>()
  for (const { budget, source, weight } of rule.charges) {
    const amount = typeof source === 'object' ? wordAt(data, source.word) : { value, count: 1n, balance: lost }[source]
    out.set(budget, (out.get(budget) ?? 0n) + amount * weight)
  }
  return out
}

function wordAt(data: Hex, word: number): bigint {
  return BigInt(`0x${data.slice(10 + word * 64, 74 + word * 64).padEnd(64, '0')}`)
}

function hexWord(word: bigint): string {
  return word.toString(16).padStart(64, '0')
}
