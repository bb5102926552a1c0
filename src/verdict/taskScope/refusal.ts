import { TRANSFER_SELECTOR } from '../facts.ts'
import { type Finding, finding } from '../finding.ts'
import type { Measured } from '../measured.ts'
import type { RefusedRule } from '../types.ts'
import { argumentOf, type SizedCall, tailOf } from './conditions.ts'
import type { Passage } from './passage.ts'
import type { PreparedRule } from './prepareTerms.ts'
import { fits, type Miss, selectorOf } from './rules.ts'
import { unitsOf } from './spendCounter.ts'
import { admittedAt, roomForCallAt } from './waiting.ts'

type Parts = Omit<Parameters<typeof finding>[1] & object, 'rule'>
type Code = Finding['code']

/** A miss in the words of a verdict, with the rule that it is of, and when any rule admits the call. */
export function refusalOf(miss: Miss, passage: Passage): Finding {
  const found = refused(miss, passage)
  return { ...found, passesAt: admittedAt(passage, miss.call) ?? found.passesAt }
}

function refused(miss: Miss, passage: Passage): Finding {
  const call = passage.calls[miss.call] as SizedCall
  switch (miss.is) {
    case 'forbidden_target':
      return of(passage, miss, 'target_not_allowed', 'shape', 0)
    case 'too_long':
      return of(passage, miss, 'calldata_not_allowed', 'shape', 0)
    case 'no_rule':
      return of(passage, miss, shapeCode(passage, call), 'shape', 0)
  }
  const rule = passage.terms.rules[miss.rule] as PreparedRule
  switch (miss.is) {
    case 'value': {
      const code = rule.native ? 'action_maximum_exceeded' : 'value_not_allowed'
      const limit = rule.maxValue
      return of(passage, miss, code, 'value', 0, { limit, requested: call.value, remaining: limit, measured: 'value' })
    }
    case 'condition':
      return conditionRefusal(passage, miss, rule, call)
    case 'allowance':
      return of(passage, miss, 'allowance_not_returned', 'allowance', miss.at, allowanceParts(passage, miss, rule))
    case 'budget':
      return budgetRefusal(passage, miss, rule, call)
  }
}

/** Nothing in the terms is for such a call: because of its target, its function, its length, or whom it pays. */
function shapeCode({ terms: { rules } }: Passage, call: SizedCall): Code {
  const there = rules.filter(({ shape }) => shape.target === call.to)
  if (there.some(({ shape }) => shape.selector === selectorOf(call))) return 'calldata_not_allowed'
  if (there.length > 0) return 'method_not_allowed'
  return call.size === 0 && rules.some(({ native }) => native) ? 'recipient_not_allowed' : 'target_not_allowed'
}

function conditionRefusal(
  passage: Passage,
  miss: Extract<Miss, { is: 'condition' }>,
  rule: PreparedRule,
  call: SizedCall,
): Finding {
  const condition = rule.conditions[miss.at]
  const word = condition === undefined ? null : argumentOf(call, condition.word)
  const refuse = (code: Code, parts?: Parts) => of(passage, miss, code, 'condition', miss.at, parts)
  if (condition === undefined || word === null) return refuse('calldata_not_allowed')
  switch (condition.op) {
    case 'at_most': {
      const measured = measuredWord(call, condition.word)
      const charged = rule.charges.some(({ source }) => typeof source === 'object' && source.word === condition.word)
      const code = charged ? 'action_maximum_exceeded' : 'argument_not_allowed'
      const limit = condition.operand
      return refuse(code, { limit, requested: word, remaining: limit, measured })
    }
    case 'at_least':
      return refuse('argument_not_allowed', { limit: condition.operand, requested: word })
    case 'length_at_most': {
      const tail = tailOf(call, word)
      if (tail === null) return refuse('calldata_not_allowed')
      return refuse('argument_not_allowed', { limit: condition.operand, requested: BigInt(tail.length) })
    }
    case 'hash':
      return refuse(tailOf(call, word) === null ? 'calldata_not_allowed' : 'argument_not_allowed')
    case 'equal':
    case 'one_of':
      return refuse(paysSomebody(call, condition.word) ? 'recipient_not_allowed' : 'argument_not_allowed')
    default:
      return refuse('argument_not_allowed')
  }
}

function allowanceParts(passage: Passage, { call, at }: Extract<Miss, { is: 'allowance' }>, rule: PreparedRule): Parts {
  if (at === 0) return {}
  const [first, second, third] = passage.calls.slice(call) as [SizedCall, SizedCall, SizedCall]
  const limit = at === 1 ? argumentOf(first, 1) : 0n
  const requested = at === 1 ? argumentOf(second, rule.between?.amountWord ?? 0) : argumentOf(third, 1)
  return { limit, requested: requested === limit ? null : requested }
}

function budgetRefusal(
  passage: Passage,
  miss: Extract<Miss, { is: 'budget' }>,
  rule: PreparedRule,
  call: SizedCall,
): Finding {
  const { requested, rest } = miss
  const budget = passage.terms.budgets[miss.budget]
  if (budget === undefined) return of(passage, miss, 'state_missing', 'budget', miss.budget)
  // Of this rule's budget, whatever the others do: it names what is said. Where no rule admits the call, it is the next step.
  const { call: at, budget: index } = miss
  const resetsAt = roomForCallAt(passage, { call: at, budget: index, units: unitsOf(budget, requested) })
  return of(
    passage,
    miss,
    budget.period === null ? 'budget_exceeded' : 'period_budget_exceeded',
    'budget',
    miss.budget,
    {
      limit: budget.cap,
      used: (budget.units - rest) << budget.shift,
      requested,
      remaining: rest << budget.shift,
      resetsAt,
      passesAt: resetsAt,
      measured: measuredBy(rule, miss.budget, call),
    },
  )
}

/** The quantity of the call that a budget charges, where one alone does. */
function measuredBy(rule: PreparedRule, budget: number, call: SizedCall): Measured | null {
  const sources = rule.charges.filter((charge) => charge.budget === budget).map(({ source }) => source)
  if (sources.includes('value')) return 'value'
  const word = sources.find((source) => typeof source === 'object')
  return word === undefined ? null : measuredWord(call, word.word)
}

/** The second word of a token transfer is its amount, whatever the rule is about. */
function measuredWord(call: SizedCall, word: number): Measured {
  return isTransfer(call) && word === 1 ? 'token' : word
}

function paysSomebody(call: SizedCall, word: number): boolean {
  return isTransfer(call) && word === 0
}

function isTransfer(call: SizedCall): boolean {
  return fits({ target: call.to, selector: TRANSFER_SELECTOR, length: 68, longer: false }, call)
}

function of(
  passage: Passage,
  miss: Miss,
  code: Code,
  part: RefusedRule['part'],
  at: number,
  parts: Parts = {},
): Finding {
  const index = 'rule' in miss ? miss.rule : null
  const id = index === null ? null : (passage.terms.named?.ids[index] ?? null)
  return finding(code, { ...parts, rule: { call: miss.call, index, id, part, at } })
}
