import { amountInWords, durationInWords } from '../caveats/words.ts'
import { parseDuration } from '../primitives/time.ts'
import type { Asset, Budget, Rule, Scope } from '../scope/types.ts'
import type { Escalation } from './escalation.ts'

/** One limit of a scope in words. */
export type LimitWords = { name: string; text: string }

/** What holds of one rule whatever anybody confirms, and above what it asks: in display units. */
export function limitsInWords(scope: Scope, ruleId: string): LimitWords[] {
  const rule = scope.rules.find(({ id }) => id === ruleId)
  if (rule === undefined) return []
  const out: LimitWords[] = []
  for (const name of budgetsOf(rule)) {
    const budget = scope.budgets[name]
    if (budget === undefined) continue
    const above = scope.escalation?.above[name]
    if (above !== undefined) out.push({ name: 'asks above', text: inUnits(above, budget, scope) })
    out.push({ name: `budget ${name}`, text: `${inUnits(budget.max, budget, scope)}${perText(budget)}` })
  }
  if (rule.class === 'transfer' && rule.max !== undefined) {
    out.push({ name: 'most at once', text: `${rule.max} ${symbolOf(rule.asset, scope)}` })
  }
  if (scope.calls !== undefined) out.push({ name: 'calls', text: `${scope.calls.max}${perText(scope.calls)}` })
  return out
}

/** What was asked for and the threshold, in display units where the rule moves one asset, in base units otherwise. */
export function askedInWords(
  { rule: ruleId, threshold, requested }: Pick<Escalation, 'rule' | 'threshold' | 'requested'>,
  scope: Scope,
): { requested: string; threshold: string } {
  const rule = scope.rules.find(({ id }) => id === ruleId)
  const assets =
    rule === undefined ? [] : rule.class === 'transfer' ? [rule.asset] : rule.spends.map(({ asset }) => asset)
  const [asset] = assets
  const info = asset === undefined || assets.length !== 1 ? undefined : infoOf(asset, scope)
  const text = (amount: bigint) => amountInWords(amount, info).text
  return { requested: text(requested), threshold: text(threshold) }
}

function budgetsOf(rule: Rule): string[] {
  if (rule.class === 'transfer') return rule.budget === undefined ? [] : [rule.budget]
  return [...new Set(rule.spends.map(({ budget }) => budget))]
}

function inUnits(amount: string, { assets }: Budget, scope: Scope): string {
  const [asset, ...more] = Object.entries(assets) as [Asset, string][]
  if (asset === undefined || more.length > 0 || asset[1] !== '1') return `${amount} units of the budget`
  return `${amount} ${symbolOf(asset[0], scope)}`
}

function perText({ per, window }: { per?: string; window?: string }): string {
  if (per === undefined) return ' in all'
  const length = durationInWords(parseDuration(per)).text
  return window === 'rolling' ? ` in any interval of ${length}` : ` in each period of ${length}`
}

function symbolOf(asset: Asset, scope: Scope): string {
  return amountInWords(0n, infoOf(asset, scope)).text.replace(/^0 /, '')
}

function infoOf(asset: Asset, { assets }: Scope) {
  return asset === 'native' ? { symbol: 'native coin', decimals: 18 } : assets[asset]
}
