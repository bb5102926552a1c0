import { toChecksum } from '../../primitives/address.ts'
import type { Asset } from '../../scope/types.ts'
import { assetAmount, type DescribeOptions, type Description, joined, warned } from '../description.ts'
import { amountInWords, durationInWords, instantInWords, shownInWords, type Worded } from '../words.ts'
import { chargedAsset } from './payment.ts'
import type { TaskScopeBudget, TaskScopeTerms } from './types.ts'

/** The most that a budget lets through, and how that is counted. `index` from 0; people count from 1. */
export function describeBudget(
  budget: TaskScopeBudget,
  index: number,
  terms: TaskScopeTerms,
  options: DescribeOptions,
): Description {
  const units = unitsOf(terms, index)
  const most = amountsInWords(budget.cap, units, options)
  const together = units.length > 1 ? ', counted together,' : ''
  const described = joined(
    `Budget ${index + 1}: at most `,
    most,
    together,
    ...windowInWords(budget, terms.notBefore),
    thresholdInWords(budget, units, terms, options),
  )
  return units.length === 0 ? warned(described, `No rule counts against budget ${index + 1}.`) : described
}

/** What one base unit of a budget stands for: an amount of an asset, divided by its weight. */
type Unit = { asset: Asset | 'executions' | null; weight: bigint }

/** Each asset and weight that is charged, once. */
function unitsOf({ rules }: TaskScopeTerms, budget: number): readonly Unit[] {
  const units = new Map<string, Unit>()
  for (const rule of rules) {
    for (const charge of rule.charges) {
      if (charge.budget !== budget) continue
      const asset = chargedAsset(rule, charge)
      units.set(`${asset} ${charge.weight}`, { asset, weight: charge.weight })
    }
  }
  return [...units.values()]
}

/** So much of each asset, were it the only one. */
function amountsInWords(amount: bigint, units: readonly Unit[], options: DescribeOptions): Worded {
  if (units.length === 0) return amountInWords(amount, undefined)
  const entries = units.map(({ asset, weight }): Worded => {
    const most = amount / weight
    if (asset === null) return amountInWords(most, undefined)
    if (asset === 'executions') return amountInWords(most, { symbol: 'calls', decimals: 0 })
    const words = assetAmount(most, asset, options)
    return asset === 'native' ? words : { ...words, text: `${words.text} (token ${toChecksum(asset)})` }
  })
  return shownInWords(entries, ' or ')
}

function windowInWords({ window, period }: TaskScopeBudget, origin: bigint): (string | Worded)[] {
  if (period === null) return [' in all']
  if (window === 'rolling') return [' in any interval of ', durationInWords(period)]
  return fixedInWords(period, origin)
}

/** Also of calls. */
export function fixedInWords(period: bigint, origin: bigint): (string | Worded)[] {
  return [
    ' every ',
    durationInWords(period),
    `, counted from ${instantInWords(origin)}: around the boundary of two windows twice as much`,
  ]
}

function thresholdInWords(
  { cap, threshold }: TaskScopeBudget,
  units: readonly Unit[],
  { confirmer }: TaskScopeTerms,
  options: DescribeOptions,
): Worded {
  if (threshold === null || confirmer === null) return { text: '', warnings: [] }
  const who = toChecksum(confirmer)
  if (threshold === cap) return { text: `; ${who} confirms none of it`, warnings: [] }
  const above = amountsInWords(threshold, units, options)
  return { ...above, text: `; a call that counts more than ${above.text} only if ${who} signs it` }
}
