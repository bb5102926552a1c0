import { keccak256 } from 'viem'
import type { CaveatOf } from '../../../src/caveats/codec.ts'
import type {
  TaskScopeBudget,
  TaskScopeCharge,
  TaskScopeCondition,
  TaskScopeRule,
} from '../../../src/caveats/taskScope/types.ts'
import type { Address, Hex } from '../../../src/primitives/hex.ts'
import type { Call } from '../../../src/verdict/types.ts'
import { bytesOf, chance, type Draw, pick } from '../../../test/arbitraries/draw.ts'
import { STEP, type World } from '../../../test/arbitraries/grantSketch.ts'
import { SELECTORS, word } from '../../../test/arbitraries/sketchCall.ts'

export type Terms = CaveatOf<'taskScope'>

/** Terms, and for each of their rules the calls that it was made around: one, or the three of an allowance. */
export type TermsSketch = { terms: Terms; bases: readonly (readonly Call[])[] }

/** `note(uint128 amount, int64 delta, bytes8 tag, bytes text)` of a contract that answers whatever it is asked. */
const NOTE: Hex = '0xa1b2c3d4'
const TEXT: Hex = `0x${'74657874'.repeat(3)}`
type Around = { draw: Draw; world: World; unit: bigint; budgets: readonly TaskScopeBudget[]; principal: Address }
type RuleSketch = { rule: TaskScopeRule; base: readonly Call[] }

/** Parties of one link. `open`: a request key stands for the delegate. */
export type Parties = { principal: Address; delegate: Address; key: Address | null; confirmer: Address | null }

/**
 * Terms of which every part is next to a call that passes: bounds close to its amounts, conditions close to its words, times
 * close to now. Most admit their own calls; some do not, and some rules stand in front of others of the same shape.
 */
export function sketchTerms(draw: Draw, world: World, parties: Parties): TermsSketch {
  // Also in units so large that a rolling counter rounds.
  const unit = pick(draw, [1n, 1n, 1n << 20n, 1_000_003n])
  const budgets = Array.from({ length: draw.int(4) }, () => sketchBudget(draw, unit, parties.confirmer !== null))
  const withBudget = parties.confirmer !== null && budgets.length === 0
  if (withBudget) budgets.push(sketchBudget(draw, unit, true))
  const around = { draw, world, unit, budgets, principal: parties.principal }
  const maxExecutions = pick(draw, [0, 3, 10])
  const kinds = [transferRule, transferRule, nativeRule, noteRule, noteRule, ...(maxExecutions > 0 ? [swapRule] : [])]
  const drawn = Array.from({ length: 1 + draw.int(4) }, () => pick(draw, kinds)(around))
  if (parties.confirmer === null && chance(draw, 12)) drawn.unshift(measuredRule(around))
  // The same again with other bounds: what one of them refuses the other may admit.
  if (chance(draw, 30)) drawn.push(stricter(around, pick(draw, drawn)))
  if (chance(draw, 30)) drawn.unshift(stricter(around, pick(draw, drawn)))
  const { now } = world
  return {
    terms: {
      kind: 'taskScope',
      notBefore: chance(draw, 8) ? now + STEP * BigInt(2 + draw.int(6)) : now - BigInt(draw.int(90)),
      expiry: now + STEP * BigInt(chance(draw, 15) ? 9 : 15 + draw.int(300)),
      maxExecutions,
      group: bytesOf(draw, 8),
      guardian: chance(draw, 50) ? pick(draw, world.agents) : null,
      requestKey: parties.key,
      confirmer: parties.confirmer,
      calls: chance(draw, 50)
        ? { max: BigInt(1 + draw.int(6)), period: chance(draw, 50) ? null : pick(draw, PERIODS) }
        : null,
      redeemers: chance(draw, 12) ? [pick(draw, world.agents), parties.delegate] : [],
      budgets,
      rules: drawn.map(({ rule }) => rule),
    },
    bases: drawn.map(({ base }) => base),
  }
}

const PERIODS = [7n, 61n, 300n, 1_000n, 3_601n] as const

function sketchBudget(draw: Draw, unit: bigint, confirmed: boolean): TaskScopeBudget {
  const cap = BigInt(20 + draw.int(80)) * unit + BigInt(draw.int(3))
  const window = pick(draw, ['lifetime', 'fixed', 'rolling', 'rolling'] as const)
  return {
    window,
    period: window === 'lifetime' ? null : pick(draw, PERIODS),
    cap,
    threshold: confirmed ? (cap * BigInt(pick(draw, [10, 20, 50, 100]))) / 100n : null,
  }
}

function transferRule(around: Around): RuleSketch {
  const { draw, world } = around
  const [payee, amount] = [pick(draw, world.payees), amountOf(around)]
  const target = pick(draw, [world.token, world.token, world.otherToken])
  const data: Hex = `${SELECTORS.transfer}${word(BigInt(payee))}${word(amount)}`
  const conditions = [...(chance(draw, 85) ? [payeeCondition(draw, world, payee)] : []), ...upTo(draw, 1, amount)]
  return ruleOf(around, { target, selector: SELECTORS.transfer, length: 68, conditions }, [
    { to: target, value: 0n, data },
  ])
}

function nativeRule(around: Around): RuleSketch {
  const { draw, world } = around
  const target = pick(draw, world.payees)
  const value = amountOf(around)
  const maxValue = value + BigInt(draw.int(3))
  return ruleOf(around, { target, selector: '0x', length: 0, maxValue, conditions: [] }, [
    { to: target, value, data: '0x' },
  ])
}

function noteRule(around: Around): RuleSketch {
  const { draw, world } = around
  const words = [amountOf(around), BigInt.asUintN(256, BigInt(draw.int(7) - 3)), BigInt(bytesOf(draw, 8)) << 192n, 128n]
  const tail = TEXT.slice(2)
  const data: Hex = `${NOTE}${words.map(word).join('')}${word(BigInt(tail.length / 2))}${tail.padEnd(64, '0')}`
  const conditions = Array.from({ length: draw.int(4) }, () => noteCondition(draw, words))
  const value = chance(draw, 20) ? 3n : 0n
  const shape = { target: world.mock, selector: NOTE, length: 4 + 6 * 32, conditions, maxValue: value }
  const longer = chance(draw, 30)
  return ruleOf(around, { ...shape, ...(longer ? { longer, length: 4 + 4 * 32 } : {}) }, [
    { to: world.mock, value, data },
  ])
}

/** approve, the call with that amount, approve of nothing. */
function swapRule(around: Around): RuleSketch {
  const { draw, world } = around
  const amount = amountOf(around)
  const [token, target] = [world.token, world.mock]
  const words = [BigInt(pick(draw, world.payees)), amount, BigInt(draw.int(5))]
  const data: Hex = `${NOTE}${words.map(word).join('')}`
  const approve = (to: bigint): Call => ({
    to: token,
    value: 0n,
    data: `${SELECTORS.approve}${word(BigInt(target))}${word(to)}`,
  })
  const conditions = upTo(draw, 1, amount)
  const shape = {
    target,
    selector: NOTE,
    length: 100,
    longer: chance(draw, 20),
    conditions,
    allowance: { token, amountWord: 1 },
  }
  return ruleOf(around, shape, [approve(amount), { to: target, value: 0n, data }, approve(0n)])
}

function measuredRule(around: Around): RuleSketch {
  const { draw, world, principal } = around
  const sketch = transferRule(around)
  if (around.budgets.length === 0) return sketch
  const budget = draw.int(around.budgets.length)
  const measured = { asset: world.token, account: principal }
  const charges = [{ budget, source: 'balance' as const, weight: 1n }]
  return { ...sketch, rule: { ...sketch.rule, charges, measured } }
}

/** The same calls under other conditions and charges. */
function stricter(around: Around, { rule, base }: RuleSketch): RuleSketch {
  const { draw } = around
  if (rule.measured !== null) return { rule, base }
  const amount = amountOf(around)
  const word = rule.length < 36 ? null : rule.length >= 68 ? 1 : 0
  const conditions = word === null ? [] : [...rule.conditions.slice(0, 1), ...upTo(draw, word, amount)]
  return { rule: { ...rule, conditions, charges: chargesOf(around, rule) }, base }
}

type Shape = Pick<TaskScopeRule, 'target' | 'selector' | 'length' | 'conditions'> & Partial<TaskScopeRule>

function ruleOf(around: Around, shape: Shape, base: readonly Call[]): RuleSketch {
  const rule = {
    longer: chance(around.draw, 8) && shape.length > 0,
    maxValue: 0n,
    allowance: null,
    measured: null,
    charges: [],
    ...shape,
  }
  return { rule: { ...rule, charges: chargesOf(around, rule) }, base }
}

function chargesOf({ draw, budgets }: Around, rule: TaskScopeRule): TaskScopeCharge[] {
  const source = (): TaskScopeCharge['source'] => {
    if (rule.length === 0) return chance(draw, 85) ? 'value' : 'count'
    if (chance(draw, 10)) return pick(draw, ['value', 'count'] as const)
    return { word: rule.allowance !== null || rule.selector === SELECTORS.transfer ? 1 : 0 }
  }
  return budgets
    .flatMap((_, budget): TaskScopeCharge[] =>
      Array.from({ length: pick(draw, [0, 1, 1, 1, 2]) }, () => ({
        budget,
        source: source(),
        weight: pick(draw, [1n, 1n, 1n, 2n, 3n, 2n ** 90n]),
      })),
    )
    .slice(0, 3)
}

function amountOf({ draw, unit }: Around): bigint {
  return BigInt(1 + draw.int(30)) * unit + BigInt(draw.int(2))
}

function payeeCondition(draw: Draw, world: World, payee: Address): TaskScopeCondition {
  const own = BigInt(payee)
  if (chance(draw, 40)) return { op: 'equal', word: 0, operand: own }
  const operands = world.payees.map(BigInt)
  return { op: 'one_of', word: 0, operands: chance(draw, 60) ? operands : [own] }
}

function upTo(draw: Draw, word: number, amount: bigint): TaskScopeCondition[] {
  return chance(draw, 50) ? [{ op: 'at_most', word, operand: amount + BigInt(draw.int(3)) }] : []
}

/** A condition on one of the note's words that mostly holds. */
function noteCondition(draw: Draw, [amount = 0n, delta = 0n, tag = 0n]: readonly bigint[]): TaskScopeCondition {
  const near = amount + BigInt(draw.int(4) - 1)
  const wide = { width: 16, left: false }
  const signed = BigInt.asIntN(256, delta) + BigInt(draw.int(4) - 1)
  const mask = 0xff00n << 192n
  switch (draw.int(11)) {
    case 0:
      return { op: 'equal', word: 0, operand: amount }
    case 1:
      return { op: 'not_equal', word: 0, ...wide, operand: near }
    case 2:
      return { op: 'at_most', word: 0, operand: near }
    case 3:
      return { op: 'at_least', word: 0, ...wide, operand: near < 1n ? 0n : near - 1n }
    case 4:
      return { op: 'signed_at_most', word: 1, width: 8, operand: signed }
    case 5:
      return { op: 'signed_at_least', word: 1, width: pick(draw, [0, 8]), operand: signed - 1n }
    case 6:
      return { op: 'one_of', word: 0, operands: [near, amount, amount + 9n] }
    case 7:
      return { op: 'bits', word: 2, width: 8, left: true, mask, bits: tag & mask }
    case 8:
      return { op: 'not_equal', word: 2, width: 8, left: true, operand: tag + (BigInt(draw.int(2)) << 192n) }
    case 9:
      return { op: 'length_at_most', word: 3, operand: BigInt(11 + draw.int(3)) }
    default:
      return { op: 'hash', word: 3, operand: keccak256(TEXT) }
  }
}
