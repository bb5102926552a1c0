import { formatAmount, MAX_UINT256 } from '../primitives/amount.ts'
import { childPointer } from '../primitives/pointer.ts'
import type { AssetTable } from './assets.ts'
import { budgetCapacity, WEIGHT_DECIMALS } from './capacity.ts'
import { readPeriod } from './periods.ts'
import type { Report } from './report.ts'
import type { PlainDocument } from './sources.ts'
import type { Asset, AssetInfo, Budget } from './types.ts'

export { budgetCapacity, budgetDecimals, decimalsOf, WEIGHT_DECIMALS } from './capacity.ts'

type BudgetDocument = NonNullable<PlainDocument['budgets']>[string]

/** Decimals with which an amount is written at most. */
const MAX_DECIMALS = 77

const MAX_BUDGETS = 64
const MAX_ASSETS = 16

/** The normal form of all budgets. */
export function readBudgets(
  report: Report,
  documents: Readonly<Record<string, BudgetDocument>>,
  assets: AssetTable,
): Record<string, Budget> {
  const out = new Map<string, Budget>()
  for (const [name, document] of bounded(report, '/budgets', documents, MAX_BUDGETS)) {
    out.set(name, readBudget(report, childPointer('/budgets', name), document, assets))
  }
  return Object.fromEntries(out)
}

function readBudget(report: Report, pointer: string, document: BudgetDocument, assets: AssetTable): Budget {
  const weights = new Map<Asset, string>()
  let decimals: number | undefined = 0
  for (const [key, weight] of bounded(report, `${pointer}/assets`, document.assets, MAX_ASSETS)) {
    const at = childPointer(`${pointer}/assets`, key)
    const asset = key === 'native' ? key : report.account(at, key)
    if (weights.has(asset)) {
      const fix = 'Name each asset once.'
      report.add('scope.duplicate_value', at, 'A budget names the same asset twice.', { value: key, fix })
    }
    weights.set(asset, report.amount(at, weight, WEIGHT_DECIMALS))
    const own = assets.decimals(at, asset)
    decimals = own === undefined || decimals === undefined ? undefined : Math.max(decimals, own)
  }
  if (weights.size === 0) {
    const fix = 'Give the weight of at least one asset.'
    report.add('scope.empty_budget', `${pointer}/assets`, 'A budget counts no asset.', { fix })
  }
  const max = report.amount(`${pointer}/max`, document.max, decimals)
  return { assets: Object.fromEntries(weights) as Budget['assets'], max, ...readPeriod(report, pointer, document) }
}

function bounded<value>(
  report: Report,
  pointer: string,
  record: Readonly<Record<string, value>>,
  bound: number,
): [string, value][] {
  const entries = Object.entries(record)
  if (entries.length <= bound) return entries
  const rest = { value: entries.length, bound, fix: 'Split the task into several scopes.' }
  report.add('scope.out_of_range', pointer, 'A value is too large, too small, too long or too short.', rest)
  return entries.slice(0, bound)
}

/** What a number of something that a budget counts is in the budget's own units, and what those are. */
export type BudgetUnit = {
  /** Of ten to the power of minus `decimals` units of the budget. */
  amount: bigint
  decimals: number
  /** What one display unit of each asset counts, as the scope says it. */
  weights: Budget['assets']
}

/** Units of the budget as people read them. What is finer than any amount can be written is rounded up. */
export function formatBudgetUnits({ amount, decimals }: Pick<BudgetUnit, 'amount' | 'decimals'>): string {
  const finer = 10n ** BigInt(Math.max(0, decimals - MAX_DECIMALS))
  return formatAmount((amount + finer - 1n) / finer, Math.min(decimals, MAX_DECIMALS))
}

/** Reports budgets of which some asset's limit does not fit in uint256, and those no rule uses. */
export function checkBudgets(
  report: Report,
  budgets: Readonly<Record<string, Budget>>,
  assets: Readonly<Record<string, AssetInfo>>,
  used: ReadonlySet<string>,
): void {
  for (const [name, budget] of Object.entries(budgets)) {
    const pointer = childPointer('/budgets', name)
    if (!used.has(name)) {
      // A limit that limits nothing is a limit that somebody believes in.
      const fix = 'Name it in a rule, or remove it.'
      report.add('scope.unused_budget', pointer, 'No rule uses this budget.', { value: name, fix })
    }
    for (const asset of Object.keys(budget.assets) as Asset[]) {
      if (budgetCapacity(budget, asset, assets) <= MAX_UINT256) continue
      report.add('scope.amount_overflow', `${pointer}/max`, 'This amount does not fit in uint256.', {
        value: budget.max,
        bound: asset,
        fix: 'Write a smaller amount, or a larger weight.',
      })
    }
  }
}
