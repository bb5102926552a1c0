import { largestAt, largestTransfer, type Movement, movementsOf, type ReadRule, readRule } from '../../scope/cover.ts'
import { unitsOfAmount, unitsOfText } from '../../scope/meter.ts'
import type { Scope } from '../../scope/types.ts'
import { mayOverlap } from './overlap.ts'

/** An earlier rule that would keep an action from a later one, which the scope would give it to. */
export type OrderConflict = { rule: number; before: number; because: 'asks' | 'measures' }

/**
 * Pairs of rules of which the order decides. On chain the first rule that admits an action is the one that counts it, and asks for
 * its confirmation, or measures it afterwards; a scope means that any rule may admit, and that nobody is asked where one of them
 * asks nobody. Both are the same where the rule that asks nobody, or measures nothing, comes first: or where no action is
 * admitted by both.
 */
export function orderConflicts(scope: Scope): OrderConflict[] {
  const asking = scope.escalation !== undefined
  const measuring = scope.rules.some((rule) => rule.class === 'call' && rule.spends.some(({ measured }) => measured))
  if (!asking && !measuring) return []
  const rules = scope.rules.map((rule, index) => ({ read: readRule(scope, rule, index), moves: movesOf(scope, index) }))
  return rules.flatMap((later, rule) =>
    rules.slice(0, rule).flatMap((earlier, before): OrderConflict[] => {
      const because = reasonOf(scope, earlier, later)
      return because === null || !mayOverlap(earlier.read, later.read) ? [] : [{ rule, before, because }]
    }),
  )
}

type Moving = { read: ReadRule; moves: readonly Movement[] }

/** What each call of a rule charges; of a transfer what stands where its function has it, so that calls can be compared with it. */
function movesOf(scope: Scope, index: number): readonly Movement[] {
  const rule = scope.rules[index]
  if (rule === undefined) return []
  if (rule.class === 'call') return movementsOf(readRule(scope, rule, index))
  const { asset, budget } = rule
  const at = asset === 'native' ? 'value' : AMOUNT_OFFSET
  return budget === undefined ? [] : [{ asset, at, budget, most: largestTransfer(scope, rule) }]
}

/** Bytes after the selector at which `transfer(address,uint256)` has its amount. */
const AMOUNT_OFFSET = 32

function reasonOf(scope: Scope, earlier: Moving, later: Moving): OrderConflict['because'] | null {
  const measures = earlier.moves.some(
    (move) => move.at === 'balance' && !later.moves.some((other) => isSame(move, other)),
  )
  if (measures) return 'measures'
  const budgets = new Set(earlier.moves.map(({ budget }) => budget))
  return [...budgets].some((budget) => mayAskAlone(scope, budget, earlier, later)) ? 'asks' : null
}

/** Whether the earlier rule may ask for a budget's sake about an action that the later one would let through unasked. */
function mayAskAlone(scope: Scope, budget: string, earlier: Moving, later: Moving): boolean {
  const threshold = thresholdOf(scope, budget)
  if (threshold === null) return false
  const moves = earlier.moves.filter((move) => move.budget === budget)
  const most = moves.reduce((sum, move) => sum + unitsOf(scope, move, move.most), 0n)
  if (most <= threshold) return false
  // It charges all that the other does: then it asks as soon.
  if (moves.every((move) => later.moves.some((other) => isSame(move, other)))) return false
  const [only, ...more] = moves
  if (only === undefined || more.length > 0) return true
  const asksAbove = threshold / unitsOf(scope, only, 1n)
  if (largestOf(later, only.at) <= asksAbove) return false
  return !later.moves.some((other) => {
    const above = other.at === only.at ? thresholdOf(scope, other.budget) : null
    return above !== null && above / unitsOf(scope, other, 1n) <= asksAbove
  })
}

function isSame(a: Movement, b: Movement): boolean {
  return a.budget === b.budget && a.asset === b.asset && a.at === b.at
}

/** Of a rule what its calls have at a place, at most. */
function largestOf({ read }: Moving, at: Movement['at']): bigint {
  if (read.rule.class === 'call') return largestAt(read, at)
  return largestTransfer(read.scope, read.rule)
}

function thresholdOf(scope: Scope, name: string): bigint | null {
  const above = scope.escalation?.above
  const budget = scope.budgets[name]
  const text = above !== undefined && Object.hasOwn(above, name) ? above[name] : undefined
  return text === undefined || budget === undefined ? null : unitsOfText(budget, text, scope)
}

function unitsOf(scope: Scope, { budget: name, asset }: Movement, amount: bigint): bigint {
  const budget = scope.budgets[name]
  return budget === undefined ? 0n : unitsOfAmount(budget, asset, amount, scope)
}
