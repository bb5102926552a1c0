import type { TaskScopeRequest } from '../caveats/taskScope/requestDigest.ts'
import { amountInWords, durationInWords } from '../caveats/words.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { parseDuration } from '../primitives/time.ts'
import type { Asset, Budget, Rule, Scope } from '../scope/types.ts'
import type { Action } from '../verdict/types.ts'

/** A question that waits for the confirmer: an action above a threshold, and what would let it pass. */
export type Escalation = {
  /** Place in the queue, from 1. */
  number: number
  /** Unix seconds. */
  at: bigint
  /** Unix seconds from which silence is a no. */
  expires: bigint
  grant: Grant
  /** As it was decided, with the request key's signature where there is one. Its reason is cut to a bound. */
  action: Action
  /** What the confirmer signs; `null` where the chain asks for no signature and the threshold is held by whoever submits. */
  request: TaskScopeRequest | null
  rule: string
  /** Base units of what is charged, as the verdict has them. */
  threshold: bigint
  requested: bigint
  confirmer: Address
  /** Id of the receipt of the verdict. */
  decision: string
  /** Characters of the agent's own words, before they were cut. */
  reasonLength: number
  settled: Settled | null
}

/** What became of it. */
export type Settled =
  /** `confirmation`: the confirmer's signature over the request. `submission`: how it was then redeemed; `null` until it was. */
  | { as: 'confirmed'; at: bigint; confirmation: Hex; submission: Submission | null }
  | { as: 'rejected'; at: bigint; why: string | null }

/** What became of a confirmed action when it was submitted: `denied` where the verdict had changed meanwhile. */
export type Submission = {
  at: bigint
  status: 'denied' | 'executed' | 'reverted' | 'replaced' | 'ineffective' | 'not_executed' | 'pending' | 'unknown'
  /** Of a denial. */
  code: string | null
  transactionHash: Hex | null
  receipts: { decision: string | null; outcome: string | null }
}

/** `open`: can be answered. `over`: nobody answered in time, which is a no. */
export type EscalationStatus = 'open' | 'over' | 'rejected' | 'confirmed' | 'submitted'

/** @param now - Unix seconds. */
export function escalationStatus(
  { settled, expires }: Pick<Escalation, 'settled' | 'expires'>,
  now: bigint,
): EscalationStatus {
  if (settled === null) return now < expires ? 'open' : 'over'
  if (settled.as === 'rejected') return 'rejected'
  return settled.submission === null ? 'confirmed' : 'submitted'
}

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
